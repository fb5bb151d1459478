import { share } from '../../../handlers/common/report-counts.ts';
import type { Inputs, Reading } from '../../../handlers/contract/faces.ts';
import { type DecisionRecord, decisionRecord } from '../../../schemas/decision.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';

/** Two verdicts on a symbol that are further apart are no flip: the market moved. */
const FLIP_WITHIN_MS = HOUR_MS;

/** What the decisions of a gate over a time come to (docs/evidence.md, Shadow report). Shares are 0 … 1, null where nothing is to be shared. */
export interface DecisionFigures {
  readonly gate: string;
  /** Unix seconds of the first and last decision; null without any. */
  readonly from: number | null;
  readonly to: number | null;
  /** Hours from the first decision to the last. */
  readonly hours: number;
  /** Longest time without a decision between them, seconds. */
  readonly longest_gap_sec: number;
  readonly decisions: number;
  /** Decisions by the mode they were made in, by verdict and by reason. */
  readonly modes: Readonly<Record<string, number>>;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
  /** Decisions on which the gate stood in the way, or would have. */
  readonly changed: number;
  readonly changed_share: number | null;
  /** Messages that could not be judged. */
  readonly errors: number;
  /** Decisions that rest on inputs, and how many of these on fresh ones, on ones that were too old, and on missing ones. */
  readonly with_inputs: number;
  readonly fresh: number;
  readonly stale: number;
  readonly missing: number;
  readonly fresh_share: number | null;
  readonly stale_rate: number | null;
  /** Decisions on figures from which positions were left out. */
  readonly incomplete: number;
  /** Verdicts with another on the same symbol in the hour before, how many of them differ from it, and their share. */
  readonly verdict_pairs: number;
  readonly flips: number;
  readonly flip_rate: number | null;
  /** Exits that only protect (heat gate), or reduce a position (governor), and how many of them the gate touched. */
  readonly protective_exits: number;
  readonly protective_exits_changed: number;
}

/** Collects the figures of a gate, decision by decision in the order of the log; memory does not grow with their number. */
export class GateFigures {
  readonly #gate: string;
  readonly #read: (record: DecisionRecord) => Reading;
  readonly #modes = new Map<string, number>();
  readonly #verdicts = new Map<string, number>();
  readonly #reasons = new Map<string, number>();
  readonly #inputs: Record<Inputs, number> = { fresh: 0, stale: 0, missing: 0, none: 0 };
  readonly #lastVerdict = new Map<string, { readonly verdict: string; readonly atMs: number }>();
  #firstMs: number | undefined;
  #lastMs = 0;
  #longestGapMs = 0;
  #totals = { decisions: 0, changed: 0, errors: 0, incomplete: 0, pairs: 0, flips: 0, protective: 0, touched: 0 };

  /** `gate` is the handler that decides, `read` what a decision of it says (`readerOf`). */
  constructor(gate: string, read: (record: DecisionRecord) => Reading) {
    this.#gate = gate;
    this.#read = read;
  }

  /** Takes one decision in, unless another handler made it. */
  add({ id, fields }: LoggedDecision): void {
    const record = decisionRecord(fields);
    if (record.handler === this.#gate) this.take(streamIdMs(id), record);
  }

  /** Takes one decision of this gate in, made at `atMs`; answers what it says. */
  take(atMs: number, record: DecisionRecord): Reading {
    const reading = this.#read(record);
    const totals = this.#totals;
    this.#passTo(atMs);
    totals.decisions += 1;
    count(this.#modes, record.mode);
    count(this.#verdicts, record.verdict);
    count(this.#reasons, record.reason);
    this.#inputs[reading.inputs] += 1;
    if (reading.changed) totals.changed += 1;
    if (reading.failed) totals.errors += 1;
    if (reading.incomplete) totals.incomplete += 1;
    if (reading.protective !== 'none') totals.protective += 1;
    if (reading.protective === 'changed') totals.touched += 1;
    for (const [symbol, verdict] of reading.verdicts) this.#compare(symbol, verdict, atMs);
    return reading;
  }

  /** What they come to so far. */
  result(): DecisionFigures {
    const { decisions, changed, errors, incomplete, pairs, flips, protective, touched } = this.#totals;
    const { fresh, stale, missing } = this.#inputs;
    const withInputs = fresh + stale + missing;
    const fromMs = this.#firstMs;
    return {
      gate: this.#gate,
      from: fromMs === undefined ? null : Math.floor(fromMs / 1000),
      to: fromMs === undefined ? null : Math.floor(this.#lastMs / 1000),
      hours: fromMs === undefined ? 0 : (this.#lastMs - fromMs) / HOUR_MS,
      longest_gap_sec: this.#longestGapMs / 1000,
      decisions,
      modes: Object.fromEntries(this.#modes),
      verdicts: mostFirst(this.#verdicts),
      reasons: mostFirst(this.#reasons),
      changed,
      changed_share: share(changed, decisions),
      errors,
      with_inputs: withInputs,
      fresh,
      stale,
      missing,
      fresh_share: share(fresh, withInputs),
      stale_rate: share(stale, withInputs),
      incomplete,
      verdict_pairs: pairs,
      flips,
      flip_rate: share(flips, pairs),
      protective_exits: protective,
      protective_exits_changed: touched,
    };
  }

  #passTo(atMs: number): void {
    if (this.#firstMs === undefined) this.#firstMs = atMs;
    else this.#longestGapMs = Math.max(this.#longestGapMs, atMs - this.#lastMs);
    this.#lastMs = Math.max(this.#lastMs, atMs);
  }

  #compare(symbol: string, verdict: string, atMs: number): void {
    const before = this.#lastVerdict.get(symbol);
    this.#lastVerdict.set(symbol, { verdict, atMs });
    if (before === undefined || atMs - before.atMs > FLIP_WITHIN_MS) return;
    this.#totals.pairs += 1;
    if (before.verdict !== verdict) this.#totals.flips += 1;
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function mostFirst(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b)));
}
