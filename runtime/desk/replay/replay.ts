import { decisionRecord } from '../../../schemas/decision.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import { differenceOf, isIdentical } from './difference.ts';
import type { ReplayRules } from './rules.ts';
import { type Differences, DifferenceTally } from './tally.ts';

/** What a replay found (docs/evidence.md, Replay). */
export interface ReplayResult extends Differences {
  /** Unix seconds of the first and last decision; null without any. */
  readonly from: number | null;
  readonly to: number | null;
  readonly decisions: number;
  readonly replayed: number;
  /** Of these, how many came out as logged, to the byte. */
  readonly identical: number;
  /** Decisions that were not judged again: of handlers without limits, and such whose entry lacks what it takes. */
  readonly without_limits: number;
  readonly not_recorded: number;
}

/** Judges logged decisions again, one after the other, and keeps what differs; memory does not grow with their number. */
export class Replay {
  readonly #rules: ReadonlyMap<string, ReplayRules>;
  readonly #totals = { decisions: 0, replayed: 0, identical: 0, without_limits: 0, not_recorded: 0 };
  readonly #tally = new DifferenceTally();
  #firstMs = Infinity;
  #lastMs = -Infinity;

  constructor(rules: ReadonlyMap<string, ReplayRules>) {
    this.#rules = rules;
  }

  /** Judges one decision again. */
  add({ id, fields }: LoggedDecision): void {
    const record = decisionRecord(fields);
    this.#totals.decisions += 1;
    const atMs = streamIdMs(id);
    if (atMs < this.#firstMs) this.#firstMs = atMs;
    if (atMs > this.#lastMs) this.#lastMs = atMs;
    const rules = this.#rules.get(record.handler);
    if (rules === undefined) {
      this.#totals.without_limits += 1;
      return;
    }
    const { handler, settings, mode = record.mode } = rules;
    const ruling = handler.rejudge?.(record, { settings, mode });
    if (ruling === undefined) {
      this.#totals.not_recorded += 1;
      return;
    }
    const identical = isIdentical(record, ruling);
    if (identical) this.#totals.identical += 1;
    this.#totals.replayed += 1;
    this.#tally.add(id, record, identical ? undefined : differenceOf(record, ruling));
  }

  /** What was found so far. */
  result(): ReplayResult {
    return {
      from: secondsOf(this.#firstMs),
      to: secondsOf(this.#lastMs),
      ...this.#totals,
      ...this.#tally.result(),
    };
  }
}

function secondsOf(unixMs: number): number | null {
  return Number.isFinite(unixMs) ? Math.floor(unixMs / 1000) : null;
}
