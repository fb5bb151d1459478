import { type ChecklistItem, checklistItems } from '../../../schemas/activation.ts';
import type { ChecklistLine } from '../../../schemas/api/activation.ts';
import { DAY_HOURS, DAY_MS, HOUR_MS } from '../../../schemas/duration.ts';
import { counted, percent } from '../../../schemas/figure-text.ts';
import { round10 } from '../../../schemas/number.ts';
import type { ActivationLimits } from '../../settings/activation-settings.ts';
import type { LogEvidence, Wiring } from './log-evidence.ts';
import type { UpTime } from './up-time.ts';

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
  readonly limits: ActivationLimits;
  readonly upTime: UpTime;
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
  hours_with_decisions: ({ log, limits }) => atLeast(log.hours.length, limits.ACTIVATION_HOURS_WITH_DECISIONS),
  newest_decision: newestLine,
  longest_gap: gapLine,
  days: ({ nowMs, log, limits }) => atLeast(daysOf(log.hours, nowMs), limits.ACTIVATION_DAYS),
  decisions: ({ log }) => ({
    found: String(log.figures.decisions),
    wanted: `${REQUIREMENTS.decisions} or more`,
    ok: log.figures.decisions >= REQUIREMENTS.decisions,
  }),
  exits: exitsLine,
  symbols: symbolsLine,
  up_time: upTimeLine,
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

function newestLine({ nowMs, log, limits }: ActivationEvidence): Line {
  const most = limits.ACTIVATION_NEWEST_HOURS;
  const wanted = `at most ${most} h old`;
  const newestSec = log.figures.to;
  if (newestSec === null) return { found: 'no decision', wanted, ok: false };
  const ageMs = nowMs - newestSec * 1000;
  const found = `${hoursUp(ageMs)} h old, ${moment(newestSec * 1000)}`;
  return { found, wanted, ok: ageMs <= most * HOUR_MS };
}

function gapLine({ log: { figures }, limits }: ActivationEvidence): Line {
  const most = limits.ACTIVATION_GAP_HOURS;
  const gapMs = figures.longest_gap_sec * 1000;
  const found = figures.decisions === 0 ? 'no decision' : `${hoursUp(gapMs)} h without one`;
  return { found, wanted: `at most ${most} h`, ok: figures.decisions > 0 && gapMs <= most * HOUR_MS };
}

/** In how many spans of 24 hours, counted back from the hour that it is, there was a decision. */
function daysOf(hours: readonly number[], nowMs: number): number {
  const hour = Math.floor(nowMs / HOUR_MS);
  return new Set(hours.map((one) => Math.floor((hour - one) / DAY_HOURS))).size;
}

function exitsLine({ log: { exits, figures }, limits }: ActivationEvidence): Line {
  if (exits !== null) return atLeast(exits, limits.ACTIVATION_EXITS);
  const found = figures.decisions === 0 ? 'no decision' : 'it judges none';
  return { found, wanted: `${limits.ACTIVATION_EXITS} or more`, ok: figures.decisions > 0 };
}

function symbolsLine({ log: { symbols_judged, inputs_told }, limits }: ActivationEvidence): Line {
  const line = atLeast(symbols_judged, limits.ACTIVATION_SYMBOLS);
  return symbols_judged > 0 || inputs_told ? line : { ...line, found: 'its decisions name none', ok: true };
}

function upTimeLine({ upTime: { minutes, up }, limits }: ActivationEvidence): Line {
  const least = limits.ACTIVATION_UPTIME_PCT;
  const found =
    minutes === 0 ? 'nothing to judge it by' : `${percent(up / minutes, CUT)} (${up} of ${minutes} minutes)`;
  return { found, wanted: `${least} % or more`, ok: minutes > 0 && round10(up * 100) >= round10(least * minutes) };
}

function atLeast(count: number, least: number): Line {
  return { found: String(count), wanted: `${least} or more`, ok: count >= least };
}

/** Rounded up: what is shown as 6.0 h is no more. */
function hoursUp(ms: number): string {
  return (Math.ceil((ms / HOUR_MS) * 10 - 1e-9) / 10).toFixed(1);
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
