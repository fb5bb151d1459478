import type { DecisionRecord } from '../../../schemas/decision.ts';
import { DAY_HOURS, HOUR_MS } from '../../../schemas/duration.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import type { Difference } from './difference.ts';

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

/** What differs between two ways of judging the same decisions: by gate, symbol and hour, and from what to what. */
export interface Differences {
  /** How many came out otherwise, and how many of these with another verdict. */
  readonly changed: number;
  readonly verdict_changed: number;
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

/** Counts what differs, decision by decision; memory does not grow with their number. */
export class DifferenceTally {
  #changed = 0;
  #verdictChanged = 0;
  readonly #gates = new Map<string, Count>();
  readonly #symbols = new Map<string, Count>();
  readonly #hours = Array.from({ length: DAY_HOURS }, (): Count => ({ decisions: 0, changed: 0 }));
  readonly #changes = new Map<string, { handler: string; from: string; to: string; count: number }>();
  readonly #worst = new Map<string, ChangedDecision[]>();

  /** Takes in a decision by its id in the log, with what differs about it, if anything does. */
  add(id: string, record: DecisionRecord, difference: Difference | undefined): void {
    const symbol = record.symbol === '' ? undefined : countOf(this.#symbols, record.symbol);
    const hour = this.#hours[Math.floor(streamIdMs(id) / HOUR_MS) % DAY_HOURS];
    for (const count of [countOf(this.#gates, record.handler), hour, symbol]) {
      if (count === undefined) continue;
      count.decisions += 1;
      if (difference !== undefined) count.changed += 1;
    }
    if (difference === undefined) return;
    this.#changed += 1;
    if (difference.verdictChanged) this.#verdictChanged += 1;
    this.#keep(id, record, difference);
  }

  /** What was found so far. */
  result(): Differences {
    const hours = this.#hours.map((count, hour) => ({ name: String(hour).padStart(2, '0'), ...count }));
    return {
      changed: this.#changed,
      verdict_changed: this.#verdictChanged,
      gates: sorted(this.#gates),
      symbols: sorted(this.#symbols),
      hours: hours.filter(({ decisions }) => decisions > 0),
      changes: [...this.#changes.values()].sort((a, b) => b.count - a.count),
      worst: [...this.#worst.values()].flat(),
    };
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

function countOf(counts: Map<string, Count>, name: string): Count {
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
