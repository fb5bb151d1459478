import { span } from '../../../schemas/amount-text.ts';
import { percentTo } from '../../../schemas/figure-text.ts';
import { notCarriedWords } from '../../../schemas/not-carried-text.ts';
import type { TimedReplay } from '../../desk/replay/index.ts';
import type { ChangedDecision, Differences, NamedCount } from '../../desk/replay/tally.ts';
import { moment, table } from './output.ts';

const SYMBOLS_SHOWN = 15;

/** What a replay found, for a reader. */
export function replayText(found: TimedReplay): string {
  const { decisions, from, to } = found;
  if (from === null || to === null) return 'No decisions in that time.\n';
  const parts = [
    `${decisions} decisions from ${moment(String(from))} to ${moment(String(to))}, judged again in ${speed(found)}\n`,
    found.stopped ? 'Stopped before the end: what follows is not all.\n' : '',
    summary(found),
  ];
  if (found.changed > 0) parts.push(...differenceTables(found));
  return parts.filter((part) => part !== '').join('\n');
}

/** What differs, in tables: from what to what, by gate, symbol and hour, and what is furthest from a limit. */
export function differenceTables({ changes, gates, symbols, hours, worst }: Differences): readonly string[] {
  const rows = changes.map(({ handler, from, to, count }) => [handler, from, to, String(count)]);
  return [
    table(['GATE', 'WAS', 'WOULD BE', 'DECISIONS'], rows),
    counts('GATE', gates),
    counts('SYMBOL', symbols.slice(0, SYMBOLS_SHOWN)),
    counts('HOUR (UTC)', hours),
    'Furthest from a limit:\n',
    worstTable(worst),
  ];
}

function speed({ decisions, took_ms, from, to }: TimedReplay): string {
  const seconds = Math.max(took_ms, 1) / 1000;
  const times = Math.floor(((to ?? 0) - (from ?? 0)) / seconds);
  const rate = Math.round(decisions / seconds);
  const faster = times > 1 ? `, ${times} times faster than they were made` : '';
  return `${took_ms < 1_000 ? `${took_ms} ms` : span(seconds)} (${rate} a second${faster}).`;
}

function summary(found: TimedReplay): string {
  const { replayed, changed, verdict_changed, identical, without_limits, not_recorded } = found;
  const share = replayed === 0 ? '' : ` (${percentTo(1, changed / replayed)})`;
  const verdicts = changed === 0 ? '' : `, ${verdict_changed} of them with another verdict`;
  const lines = [
    ...howJudged(found),
    `  ${changed} of ${replayed} would have come out otherwise${share}${verdicts}.`,
    `  ${identical} came out as logged, to the byte.`,
  ];
  if (without_limits > 0) lines.push(`  ${without_limits} are of handlers without limits.`);
  if (not_recorded > 0) lines.push(`  ${not_recorded} were logged without what judging them again takes.`);
  return `${lines.join('\n')}\n`;
}

/** How decisions were judged, and what that leaves out. */
function howJudged({ judged, alone, not_carried: lost }: TimedReplay): readonly string[] {
  if (judged === 'alone') {
    return [
      '  Each decision is judged alone: what it decides otherwise changes nothing for those behind it (--joint).',
    ];
  }
  const lines = ['  Judged jointly: each decision after what those before it came to.'];
  if (alone !== undefined) {
    lines.push(`  Each judged alone, ${alone.changed} would, ${alone.verdict_changed} of them with another verdict.`);
  }
  lines.push(...notCarriedWords({ ...lost }).map((words) => `  ${words}`));
  return lines;
}

function counts(head: string, rows: readonly NamedCount[]): string {
  const changed = rows.filter((row) => row.changed > 0);
  return table(
    [head, 'DECISIONS', 'OTHERWISE', 'SHARE'],
    changed.map((row) => [
      row.name,
      String(row.decisions),
      String(row.changed),
      percentTo(1, row.changed / row.decisions),
    ]),
  );
}

function worstTable(changed: readonly ChangedDecision[]): string {
  return table(
    ['TIME', 'GATE', 'SYMBOL', 'PLAN', 'ACTION', 'WAS', 'WOULD BE', 'CHECK', 'VALUE', 'LIMIT'],
    changed.map((one) => [
      moment(String(one.at)),
      one.handler,
      one.symbol,
      one.plan_id,
      one.action,
      one.from,
      one.to,
      one.check?.gate ?? '',
      String(one.check?.value ?? ''),
      String(one.check?.limit ?? ''),
    ]),
  );
}
