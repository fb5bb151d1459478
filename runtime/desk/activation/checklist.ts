import { type ChecklistItem, checklistItems } from '../../../schemas/activation.ts';
import type { ChecklistLine } from '../../../schemas/api/activation.ts';
import { DAY_MS, HOUR_MS } from '../../../schemas/duration.ts';
import { counted, percent } from '../../../schemas/figure-text.ts';
import type { LogEvidence, Wiring } from './log-evidence.ts';

/** What an activation wants: shares 0 … 1, hours, counts (docs/evidence.md, Activation). */
const REQUIREMENTS = {
  hours: 24,
  decisions: 100,
  fresh_share: 0.999,
  stale_rate: 0.05,
  flip_rate: 0.1,
  rehearsed_days: 7,
  waiting_ms: 30_000,
} as const;

/** Cut, not rounded: what is shown as 99.9 % is no less. */
const CUT = { digits: 2, whole: (value: number) => Math.floor(value + 1e-9) };

/** Everything an activation is judged by, times in Unix ms by Redis's clock. */
export interface ActivationEvidence {
  readonly nowMs: number;
  readonly mode: string;
  readonly resting: string;
  readonly enforcing: string;
  /** Since when the gate was in that mode, under the limits it has; undefined where that is not known, and why. */
  readonly sinceMs: number | undefined;
  readonly sinceProblem: string;
  readonly log: LogEvidence;
  readonly deadLetters: number;
  /** Keys that the gate will write when it is activated, and those of them that hold something else. */
  readonly liveKeys: number;
  readonly unwritableKeys: readonly string[];
  readonly wiring: Wiring;
  readonly workers: readonly string[];
  /** How long the oldest message of the gate has been waiting, milliseconds. */
  readonly waitingMs: number;
  readonly rehearsal:
    | {
        readonly atMs: number;
        readonly passed: boolean;
        readonly workers: number;
        readonly slowestMs: number;
        readonly missing: string;
      }
    | undefined;
}

type Line = Omit<ChecklistLine, 'item'>;

const LINES: Readonly<Record<ChecklistItem, (evidence: ActivationEvidence) => Line>> = {
  mode: ({ mode, resting }) => ({ found: mode || 'not set', wanted: resting, ok: mode === resting }),
  worker: ({ workers, waitingMs }) => ({
    found: `${workers.length} running, oldest message waiting ${seconds(waitingMs)}`,
    wanted: `1 or more, at most ${seconds(REQUIREMENTS.waiting_ms)}`,
    ok: workers.length > 0 && waitingMs <= REQUIREMENTS.waiting_ms,
  }),
  hours_in_shadow: hoursLine,
  decisions: ({ log }) => ({
    found: String(log.figures.decisions),
    wanted: `${REQUIREMENTS.decisions} or more`,
    ok: log.figures.decisions >= REQUIREMENTS.decisions,
  }),
  errors: ({ log }) => none(log.figures.errors),
  dead_letters: ({ deadLetters }) => none(deadLetters),
  inputs_fresh: ({ log }) =>
    ofInputs(log, {
      found: shareOf(log.figures.fresh, log.figures.with_inputs),
      wanted: `${percent(REQUIREMENTS.fresh_share, CUT)} or more`,
      ok: log.figures.fresh_share !== null && log.figures.fresh_share >= REQUIREMENTS.fresh_share,
    }),
  stale_rate: ({ log }) =>
    ofInputs(log, {
      found: shareOf(log.figures.stale, log.figures.with_inputs),
      wanted: `under ${percent(REQUIREMENTS.stale_rate, CUT)}`,
      ok: log.figures.stale_rate !== null && log.figures.stale_rate < REQUIREMENTS.stale_rate,
    }),
  flip_rate: ({ log: { figures } }) => ({
    found: shareOf(figures.flips, figures.verdict_pairs),
    wanted: `at most ${percent(REQUIREMENTS.flip_rate, CUT)}`,
    ok: (figures.flip_rate ?? 0) <= REQUIREMENTS.flip_rate,
  }),
  write_failures: writesLine,
  protective_exits_changed: ({ log: { figures } }) => ({
    found: `${figures.protective_exits_changed} of ${figures.protective_exits}`,
    wanted: '0',
    ok: figures.protective_exits_changed === 0,
  }),
  consumer_wired: ({ wiring }) => ({ found: wiring.found, wanted: 'somebody uses what it writes', ok: wiring.wired }),
  rollback_rehearsed: rehearsalLine,
};

/** The checklist with its figures: every line is judged, whatever the others say. */
export function checklistOf(evidence: ActivationEvidence): ChecklistLine[] {
  return checklistItems.map((item) => ({ item, ...LINES[item](evidence) }));
}

/** Since when there is evidence about the limits in force: the decisions of the gate since they are, in the mode it is in. */
function hoursLine({ nowMs, sinceMs, sinceProblem, log }: ActivationEvidence): Line {
  const wanted = `${REQUIREMENTS.hours} or more`;
  const firstSec = log.figures.from;
  if (sinceMs === undefined) return { found: sinceProblem, wanted, ok: false };
  if (firstSec === null) return { found: `0, no decision since ${moment(sinceMs)}`, wanted, ok: false };
  const fromMs = Math.max(sinceMs, firstSec * 1000);
  const hours = Math.max(0, nowMs - fromMs) / HOUR_MS;
  const unbroken = `${(Math.floor(hours * 10) / 10).toFixed(1)}, with these limits since ${moment(sinceMs)}`;
  const first = fromMs > sinceMs + HOUR_MS ? `, first decision ${moment(fromMs)}` : '';
  return { found: `${unbroken}${first}`, wanted, ok: hours >= REQUIREMENTS.hours };
}

function writesLine({ log, liveKeys, unwritableKeys }: ActivationEvidence): Line {
  const [first] = unwritableKeys;
  const writable = `${liveKeys - unwritableKeys.length} of ${liveKeys} live hashes can be written`;
  const named = first === undefined ? '' : `: ${first} is no hash`;
  const found = liveKeys === 0 ? String(log.write_failures) : `${log.write_failures}, and ${writable}${named}`;
  return { found, wanted: '0', ok: log.write_failures === 0 && unwritableKeys.length === 0 };
}

function rehearsalLine({ nowMs, rehearsal }: ActivationEvidence): Line {
  const wanted = `within ${REQUIREMENTS.rehearsed_days} days, every worker within 1 s`;
  if (rehearsal === undefined) return { found: 'never', wanted, ok: false };
  const { atMs, passed, workers, slowestMs, missing } = rehearsal;
  const late = missing === '' ? '' : `, never in ${missing}`;
  const found = `${moment(atMs)}: ${counted(workers, 'worker')}, the slowest after ${slowestMs} ms${late}`;
  return { found, wanted, ok: passed && nowMs - atMs <= REQUIREMENTS.rehearsed_days * DAY_MS };
}

/** A gate whose decisions say nothing of their inputs is not held by that: it refuses what it cannot judge, as an error. */
function ofInputs({ inputs_told }: LogEvidence, line: Line): Line {
  return inputs_told ? line : { ...line, found: 'its decisions do not tell', ok: true };
}

function none(count: number): Line {
  return { found: String(count), wanted: '0', ok: count === 0 };
}

function shareOf(part: number, whole: number): string {
  return whole === 0 ? 'nothing to judge it by' : `${percent(part / whole, CUT)} (${part} of ${whole})`;
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}

function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
