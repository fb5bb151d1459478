import { rangeText, span } from '../../../schemas/amount-text.ts';
import { candidateText } from '../../../schemas/candidate-text.ts';
import { checkCells, figure, type ToldCheck } from '../../../schemas/check-words.ts';
import { printable } from '../../../schemas/printable.ts';
import type { Fields } from '../../../schemas/wire.ts';
import type { Explanation, PermitFate, Step } from '../../desk/explain/explanation.ts';
import type { Reading } from '../../desk/explain/reading.ts';
import type { Searched } from '../../desk/explain/search.ts';
import { heatText } from './explain-heat.ts';
import { brief, moment, table } from './output.ts';
import { stated, type Tone, toned } from './style.ts';

const FATES: Readonly<Record<PermitFate, string>> = {
  waiting: 'Permit waits for the executor',
  taken: 'Permit taken by the executor',
  taken_or_expired: 'Permit gone: taken by the executor, or expired while no governor ran',
  withdrawn: 'Permit taken back',
  revoked: 'Permit revoked',
};

/** Characters of a line at most: `--json` has all of it. */
const MOST_LINE = 500;

const LIVE_CHECKS = [
  '  - the portfolio: --portfolio PREFIX',
  '  - the producer: does it write to the streams above, with a field plan_id?',
  '  - its age: older entries are trimmed (STREAM_MAX_AGE_DAYS, STREAM_MAX_LEN)',
];

/** The way of a plan as a page of text; `isLive` where it was looked for in Redis, not in a run that was kept. */
export function explanationText(explanation: Explanation, isLive = true): string {
  const { plan_id, symbol, portfolio, summary, steps } = explanation;
  if (explanation.end === 'unknown') return unknownText(explanation, isLive);
  const head = `Plan ${printable(plan_id)}${symbol === '' ? '' : `, ${brief(symbol)}`} (portfolio ${portfolio})\n${brief(summary, MOST_LINE)}\n`;
  return [head, ...steps.map((step) => stepText(step)), searchedLine(explanation.searched, isLive)].join('\n');
}

function stepText(step: Step): string {
  switch (step.step) {
    case 'proposal':
      return section(step, `Exit proposed: ${step.action}`, [because(step.reason), gone(step.entry)]);
    case 'heat':
      return section(step, `Heat gate (${step.mode}): ${heatTitle(step)}`, [...heatText(step), candidateLine(step)]);
    case 'lookup':
      return section(step, `${step.words}, for another ${span(step.left_sec)}`, []);
    case 'plan':
      return section(step, `Plan: ${step.action}${orderText(step.action, step.entry)}`, [gone(step.entry)]);
    case 'governor':
      return section(step, `Governor (${step.mode}): ${step.verdict}`, [...governorLines(step), candidateLine(step)]);
    case 'permit':
      return section(step, FATES[step.fate], [
        because(step.words),
        step.range === undefined ? '' : rangeText(step.range),
        leftText(step.left_sec),
      ]);
    case 'result':
      return section(step, `Executor: ${executedText(step.executed)}`, [because(step.error)]);
    case 'alarm':
      return section(step, `ALARM ${step.event}`, [step.words]);
    case 'released':
      return section(step, 'Reservation freed: the room under the caps is there again', [because(step.words)]);
    case 'decision':
      return section(step, `${step.handler}${step.mode === '' ? '' : ` (${step.mode})`}: ${step.verdict}`, [
        ...decisionLines(step),
        candidateLine(step),
      ]);
    case 'dead_letter':
      return section(step, `Set aside: ${step.stream} could not be understood or judged`, [
        because(step.reason),
        `See \`portcullis dlq show ${step.id}\`.`,
      ]);
    case 'undecided':
      return section(step, `Written to ${step.stream}`, [undecidedText(step)]);
  }
}

/** Lines below a title; a table among them has no text that is not printable. */
type Line = string | { readonly table: string };

function section(step: Step, title: string, lines: readonly Line[]): string {
  const when = step.at === null ? 'at an unknown time' : moment(String(step.at));
  const body = lines.flatMap((line) => (typeof line === 'string' ? printed(line) : line.table.split('\n')));
  const head = `${when}  ${titled(step, brief(title, MOST_LINE))}`;
  return `${[head, ...body.map((line) => `    ${line}`.trimEnd())].join('\n')}\n`;
}

function printed(text: string): string[] {
  return text === '' ? [] : text.split('\n').map((line) => brief(line, MOST_LINE));
}

/** The title in the colour of what the step came to. */
function titled(step: Step, title: string): string {
  if (step.step === 'alarm' || step.step === 'dead_letter') return toned('bad', title);
  if (step.step === 'permit') return toned(PERMIT_TONES[step.fate], title);
  return 'verdict' in step ? stated(title, step.verdict) : title;
}

const PERMIT_TONES: Readonly<Record<PermitFate, Tone>> = {
  waiting: 'watch',
  taken: 'good',
  taken_or_expired: 'unknown',
  withdrawn: 'watch',
  revoked: 'bad',
};

function because(text: string): string {
  return text === '' ? '' : `Reason: ${text}.`;
}

function gone(entry: Fields | null): string {
  return entry === null ? 'The entry itself is no longer in its stream.' : '';
}

function heatTitle({ verdict, action, calibrated_action: to }: Extract<Step, { step: 'heat' }>): string {
  return verdict === 'DOWNGRADE' ? `${action} softened to ${to ?? 'a partial close'}` : `${action} passes unchanged`;
}

function orderText(action: string, entry: Fields | null): string {
  if (entry === null) return '';
  const { side = '', qty = '', price = '', mark_price = '', notional_usd = '', reduceOnly } = entry;
  const at = price === '' ? mark_price : price;
  const parts = [
    side === '' || side === action ? '' : ` ${side}`,
    qty === '' ? '' : ` ${qty}`,
    at === '' ? '' : ` at ${at}`,
    notional_usd === '' ? '' : `, worth ${notional_usd} USD`,
    reduceOnly === 'true' ? ', reduce-only' : '',
  ];
  return parts.join('');
}

function governorLines(step: Extract<Step, { step: 'governor' }>): readonly Line[] {
  const { reason, words, checks } = step;
  const why = reason === 'ok' ? '' : because(`${words} (${reason})`);
  const judged = checks.filter(({ verdict }) => verdict !== 'skipped');
  const skipped = checks.filter(({ verdict }) => verdict === 'skipped');
  return [why, judged.length === 0 ? '' : checksTable(judged), skippedText(skipped)];
}

function candidateLine({ candidate }: Pick<Extract<Step, { step: 'governor' }>, 'candidate'>): string {
  return candidate === undefined ? '' : candidateText(candidate);
}

function decisionLines({ reason, words, checks }: Extract<Step, { step: 'decision' }>): readonly Line[] {
  const why = words === reason ? because(reason) : because(`${words} (${reason})`);
  const judged = checks.filter(({ verdict }) => verdict !== 'skipped');
  return [why, judged.length === 0 ? '' : checksTable(judged)];
}

function checksTable(checks: readonly ToldCheck[]): Line {
  const head = ['CHECK', 'VALUE', 'LIMIT', 'ROOM LEFT', 'VERDICT', 'SETTING'];
  return { table: table(head, checks.map(checkCells)).trimEnd() };
}

/** A check without a value was not needed; of the others the value tells something all the same. */
function skippedText(checks: readonly ToldCheck[]): string {
  if (checks.length === 0) return '';
  if (checks.every(({ value, limit }) => value === null && limit === null) && checks.length > 1) {
    return 'Nothing else is judged: a plan that reduces risk is stopped by the kill switch alone.';
  }
  const listed = checks.map((check) => {
    const [name = '', value = '-'] = checkCells(check);
    return value === '-' ? name : `${name} (${value})`;
  });
  return `Not judged: ${listed.join('; ')}.`;
}

function leftText(leftSec: number | null): string {
  return leftSec === null ? '' : `It can be taken for another ${figure(leftSec, 's')}.`;
}

function executedText(executed: boolean | null): string {
  if (executed === null) return 'a result that does not say whether it was executed';
  return executed ? 'executed' : 'not executed';
}

function undecidedText({ decision, reading }: Extract<Step, { step: 'undecided' }>): string {
  const skip = decision !== '' && decision !== 'EXECUTE';
  return skip ? `Its own decision is ${decision}: no gate looks at it.` : READINGS[reading];
}

const READINGS: Readonly<Record<Reading, string>> = {
  waiting: 'No gate has judged it yet: see `portcullis status`.',
  in_hand: 'A worker has read it, and has not judged it yet: see `portcullis status`.',
  finished: 'Its gate is finished with it. No decision about it is in the log any more, as far as was looked.',
  unknown: 'Whether a gate has read it cannot be told: the group of the gate is not there, or may not be asked about.',
};

function searchedLine(searched: readonly Searched[], isLive: boolean): string {
  const [log] = searched;
  if (log === undefined) return '';
  const back = log.back_to === null ? '' : `, back to ${moment(String(log.back_to))}`;
  const more = log.finished ? '' : ' Time ran out: --within looks longer.';
  const earlier = isLive ? ' Earlier ones: --since 7d.' : '';
  return `Looked at ${log.entries} decisions${back}.${earlier}${more}\n`;
}

function unknownText({ plan_id, portfolio, searched }: Explanation, isLive: boolean): string {
  const rows = searched.map(({ stream, entries, back_to, finished }) => [
    stream,
    String(entries),
    back_to === null ? '-' : moment(String(back_to)),
    finished ? 'all' : 'time ran out',
  ]);
  return [
    `No trace of plan ${printable(plan_id)} in portfolio ${portfolio}.\n`,
    table(['LOOKED IN', 'ENTRIES', 'BACK TO', 'OF WHAT WAS ASKED'], rows),
    'What to check:',
    '  - the plan id: it is compared to the letter',
    ...(isLive
      ? LIVE_CHECKS
      : ['  - the run, and its play: --run NAME/PLAY', '  - its time: without --since all of it is looked at']),
    ...(searched.every(({ finished }) => finished) ? [] : ['  - time ran out: look longer with --within 300']),
    '',
  ].join('\n');
}
