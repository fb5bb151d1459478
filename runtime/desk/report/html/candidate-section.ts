import { dollars } from '../../../../schemas/amount-text.ts';
import { HOUR_SEC } from '../../../../schemas/duration.ts';
import { counted } from '../../../../schemas/figure-text.ts';
import { fundingText } from '../../../../schemas/funding-text.ts';
import { surenessText } from '../../../../schemas/sureness-text.ts';
import type { CandidateReport } from '../candidate.ts';
import { signed } from '../differences.ts';
import type { ReportPage, Section } from './page.ts';
import { hoursText, minute, section } from './words.ts';

/** What the candidate said otherwise, in sentences. */
function candidateSentences(report: CandidateReport): readonly string[] {
  const { decisions, differ, passed, candidate_passed: candidates, failed, money } = report;
  const failures = failed === 0 ? [] : [`The candidate failed on ${counted(failed, 'decision')}: see the log.`];
  const through = `${passed} went through, ${candidates} by the candidate`;
  return [
    `The candidate said something else on ${differ} of ${counted(decisions, 'decision')}: ${through}.`,
    ...failures,
    ...(money === null ? [] : [moneySentence(money)]),
  ];
}

function moneySentence(money: NonNullable<CandidateReport['money']>): string {
  const { effects, valued, pnl_usd } = money;
  if (effects === 0) return 'None of that moves money.';
  if (valued === 0) return 'What that would have come to is not known: there are no prices to value it by.';
  const horizon = hoursText(money.horizon_sec / HOUR_SEC);
  const of = valued === effects ? '' : `; ${effects - valued} of ${effects} could not be valued`;
  return `By the candidate it would have been ${signed(pnl_usd)} (direct, horizon ${horizon})${of}: ${surenessText(money, 'change')}${fundingText(money.funding, valued, 'change')}.`;
}

/** The page with what candidates said; as it is where none was asked. */
export function withCandidate(page: ReportPage, report: CandidateReport | null): ReportPage {
  if (report === null) return page;
  const { sentences, sections } = candidatePart(report);
  return { ...page, sentences: [...page.sentences, ...sentences], sections: [...page.sections, ...sections] };
}

/** The page of the candidate alone. */
export function candidatePage(page: ReportPage, report: CandidateReport): ReportPage {
  return { ...page, title: `${page.title}, candidate`, tiles: [], ...candidatePart(report) };
}

function candidatePart(report: CandidateReport): Pick<ReportPage, 'sentences' | 'sections'> {
  return { sentences: candidateSentences(report), sections: [days(report), changes(report), versions(report)] };
}

function days({ days: all, money }: CandidateReport): Section {
  const rows = all.map((day) => [
    minute(day.at).slice(0, 'YYYY-MM-DD'.length),
    ...[day.decisions, day.differ, day.passed, day.candidate_passed].map(String),
    signed(day.usd),
    money === null ? '-' : `${signed(day.pnl_usd)}${day.not_valued === 0 ? '' : ` (${day.not_valued} not valued)`}`,
  ]);
  const head = ['Day', 'Decisions', 'Differ', 'Went through', 'By the candidate', 'Worth of plans', 'Earned'];
  const text = 'The candidate less what was decided, each decision by itself; a day is that of the decision, UTC.';
  return section('The candidate by day', text, { head, rows, bars: all.map(({ differ }) => differ) });
}

function changes({ changes: all }: CandidateReport): Section {
  const rows = all.map(({ in_force, candidate, decisions, usd }) => [
    ...[in_force, candidate, String(decisions)],
    usd === null ? '-' : dollars(usd),
  ]);
  const head = ['Decided', 'Candidate', 'Decisions', 'Worth'];
  return section('What the candidate said otherwise', 'The 50 most frequent.', { head, rows });
}

function versions({ versions: all }: CandidateReport): Section {
  const rows = all.map(({ version, from, to, decisions, differ }) => [
    ...[version.slice(0, 8), minute(from), minute(to), String(decisions), String(differ)],
  ]);
  return section('Candidates', '', { head: ['Version', 'From', 'To', 'Decisions', 'Differ'], rows });
}
