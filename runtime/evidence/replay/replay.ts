import { type DecisionRecord, decisionRecord } from '../../../schemas/decision.ts';
import { compareStreamIds, streamIdMs } from '../../../schemas/time.ts';
import type { LoggedDecision } from '../../ops/decisions.ts';
import { type Difference, differenceOf, isIdentical } from './difference.ts';
import type { ReplayRules } from './rules.ts';

/** Worst decisions kept of each gate: figures of one gate are not to be compared with those of another. */
const WORST = 5;

/** How many decisions were judged again, and of how many the outcome is another. */
export interface Count {
  decisions: number;
  changed: number;
}

/** The same of one gate, symbol or hour. */
export interface NamedCount extends Readonly<Count> {
  readonly name: string;
}

/** A decision whose outcome would have been another. */
export interface ChangedDecision extends Omit<Difference, 'verdictChanged'> {
  readonly verdict_changed: boolean;
  /** Its id in the decision log. */
  readonly id: string;
  /** Unix seconds. */
  readonly at: number;
  readonly handler: string;
  readonly symbol: string;
  readonly plan_id: string;
  readonly action: string;
}

/** What a replay found (docs/evidence.md, Replay). */
export interface ReplayResult {
  /** Unix seconds of the first and last decision; null without any. */
  readonly from: number | null;
  readonly to: number | null;
  readonly decisions: number;
  readonly replayed: number;
  /** Of these, how many came out as logged, to the byte. */
  readonly identical: number;
  /** How many came out otherwise, and how many of these with another verdict. */
  readonly changed: number;
  readonly verdict_changed: number;
  /** Decisions that were not judged again: of handlers without limits, and such whose entry lacks what it takes. */
  readonly without_limits: number;
  readonly not_recorded: number;
  readonly gates: readonly NamedCount[];
  readonly symbols: readonly NamedCount[];
  /** By hour of the day, UTC, `00` … `23`. */
  readonly hours: readonly NamedCount[];
  /** From what to what, most frequent first. */
  readonly changes: readonly {
    readonly handler: string;
    readonly from: string;
    readonly to: string;
    readonly count: number;
  }[];
  /** The changed decisions of each gate whose check is furthest from its limit, those with another verdict first. */
  readonly worst: readonly ChangedDecision[];
}

/** Judges logged decisions again, one after the other, and keeps what differs; memory does not grow with their number. */
export class Replay {
  readonly #rules: ReadonlyMap<string, ReplayRules>;
  readonly #totals = {
    decisions: 0,
    replayed: 0,
    identical: 0,
    changed: 0,
    verdict_changed: 0,
    without_limits: 0,
    not_recorded: 0,
  };
  readonly #gates = new Map<string, Count>();
  readonly #symbols = new Map<string, Count>();
  readonly #hours = new Map<string, Count>();
  readonly #changes = new Map<string, { handler: string; from: string; to: string; count: number }>();
  readonly #worst = new Map<string, ChangedDecision[]>();
  #first: string | undefined;
  #last: string | undefined;

  constructor(rules: ReadonlyMap<string, ReplayRules>) {
    this.#rules = rules;
  }

  /** Judges one decision again. */
  add({ id, fields }: LoggedDecision): void {
    const record = decisionRecord(fields);
    this.#totals.decisions += 1;
    if (this.#first === undefined || compareStreamIds(id, this.#first) < 0) this.#first = id;
    if (this.#last === undefined || compareStreamIds(id, this.#last) > 0) this.#last = id;
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
    this.#count(id, record, identical ? undefined : differenceOf(record, ruling));
  }

  /** What was found so far. */
  result(): ReplayResult {
    return {
      from: this.#first === undefined ? null : secondsOf(this.#first),
      to: this.#last === undefined ? null : secondsOf(this.#last),
      ...this.#totals,
      gates: sorted(this.#gates),
      symbols: sorted(this.#symbols),
      hours: sorted(this.#hours).sort((a, b) => a.name.localeCompare(b.name)),
      changes: [...this.#changes.values()].sort((a, b) => b.count - a.count),
      worst: [...this.#worst.values()].flat(),
    };
  }

  #count(id: string, record: DecisionRecord, difference: Difference | undefined): void {
    this.#totals.replayed += 1;
    const counts = [counted(this.#gates, record.handler), counted(this.#hours, hourOf(id))];
    if (record.symbol !== '') counts.push(counted(this.#symbols, record.symbol));
    for (const count of counts) count.decisions += 1;
    if (difference === undefined) return;
    this.#totals.changed += 1;
    for (const count of counts) count.changed += 1;
    if (difference.verdictChanged) this.#totals.verdict_changed += 1;
    this.#keep(id, record, difference);
  }

  #keep(id: string, record: DecisionRecord, difference: Difference): void {
    const { from, to } = difference;
    const { handler, symbol, planId, action, timestampSec } = record;
    const key = JSON.stringify([handler, from, to]);
    const change = this.#changes.get(key);
    if (change === undefined) this.#changes.set(key, { handler, from, to, count: 1 });
    else change.count += 1;
    const worst = this.#worst.get(handler) ?? [];
    const { check, distance, verdictChanged: verdict_changed } = difference;
    const changed = {
      id,
      at: timestampSec,
      handler,
      symbol,
      plan_id: planId,
      action,
      from,
      to,
      verdict_changed,
      check,
      distance,
    };
    const least = worst.at(-1);
    if (worst.length === WORST && least !== undefined && worstFirst(changed, least) >= 0) return;
    this.#worst.set(handler, [...worst, changed].sort(worstFirst).slice(0, WORST));
  }
}

function worstFirst(a: ChangedDecision, b: ChangedDecision): number {
  return Number(b.verdict_changed) - Number(a.verdict_changed) || b.distance - a.distance;
}

function counted(counts: Map<string, Count>, name: string): Count {
  const known = counts.get(name);
  if (known !== undefined) return known;
  const fresh = { decisions: 0, changed: 0 };
  counts.set(name, fresh);
  return fresh;
}

function sorted(counts: ReadonlyMap<string, Count>): NamedCount[] {
  const all = [...counts].map(([name, count]) => ({ name, ...count }));
  return all.sort((a, b) => b.changed - a.changed || b.decisions - a.decisions || a.name.localeCompare(b.name));
}

function secondsOf(id: string): number {
  return Math.floor(streamIdMs(id) / 1000);
}

function hourOf(id: string): string {
  return new Date(streamIdMs(id)).toISOString().slice(11, 13);
}
