import type { Ruling } from '../../../handlers/contract/effects.ts';
import { type DecisionRecord, decisionRecord } from '../../../schemas/decision.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import { differenceOf, isIdentical } from './difference.ts';
import type { JointRun, NotCarried } from './joint.ts';
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
  /** Each by itself, or each after what those before it came to. */
  readonly judged: 'alone' | 'joint';
  /** Of a joint replay: how many would come out otherwise each by itself, and how many of these with another verdict. */
  readonly alone?: AloneCounts;
  /** Of a joint replay: decisions of which something could not be carried on. */
  readonly not_carried?: NotCarried;
}

/** How many decisions come out otherwise, each judged by itself, and from what to what. */
export type AloneCounts = Pick<Differences, 'changed' | 'verdict_changed' | 'changes'>;

/** Judges logged decisions again, one after the other, and keeps what differs; memory does not grow with their number. */
export class Replay {
  readonly #rules: ReadonlyMap<string, ReplayRules>;
  readonly #totals = { decisions: 0, replayed: 0, identical: 0, without_limits: 0, not_recorded: 0 };
  readonly #alone = new DifferenceTally();
  readonly #tally = new DifferenceTally();
  readonly #joint: JointRun | undefined;
  #firstMs = Infinity;
  #lastMs = -Infinity;

  /** With a joint run, each decision is judged after those before it. */
  constructor(rules: ReadonlyMap<string, ReplayRules>, joint?: JointRun) {
    this.#rules = rules;
    this.#joint = joint;
  }

  /** Judges one decision again; one that is not counted is judged for those behind it alone. */
  add({ id, fields }: LoggedDecision, isCounted: boolean): void {
    if (!isCounted && this.#joint === undefined) return;
    const record = decisionRecord(fields);
    const rules = this.#rules.get(record.handler);
    const atMs = streamIdMs(id);
    const alone = rules?.handler.rejudge?.(record, { settings: rules.settings, mode: rules.mode ?? record.mode });
    const ruling = rules && this.#joint ? this.#joint.judge({ atMs, record }, rules, alone) : alone;
    if (!isCounted) return;
    this.#totals.decisions += 1;
    this.#firstMs = Math.min(this.#firstMs, atMs);
    this.#lastMs = Math.max(this.#lastMs, atMs);
    if (rules?.handler.rejudge === undefined) this.#totals.without_limits += 1;
    else if (ruling === undefined) this.#totals.not_recorded += 1;
    else this.#count(id, record, ruling);
    if (this.#joint !== undefined && alone !== undefined) {
      this.#alone.add(id, record, isIdentical(record, alone) ? undefined : differenceOf(record, alone));
    }
  }

  #count(id: string, record: DecisionRecord, ruling: Ruling): void {
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
      judged: this.#joint === undefined ? 'alone' : 'joint',
      ...(this.#joint && { alone: countsOf(this.#alone.result()), not_carried: this.#joint.notCarried() }),
    };
  }
}

function countsOf({ changed, verdict_changed, changes }: Differences): AloneCounts {
  return { changed, verdict_changed, changes };
}

function secondsOf(unixMs: number): number | null {
  return Number.isFinite(unixMs) ? Math.floor(unixMs / 1000) : null;
}
