import type { Activity, ActivitySum } from '../../../schemas/api/activity.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';

const MOST_REASONS = 10;
const REASON = 'reason ';

/** What is counted, minute by minute: memory goes with the minutes in which something was decided, not with the decisions. */
export class ActivityBins {
  readonly #minutes = new Map<number, Map<string, number>>();

  /** Counts one, at a moment (Unix ms). */
  add(atMs: number, name: string): void {
    const minute = Math.floor(atMs / MINUTE_MS);
    const counts = this.#minutes.get(minute) ?? new Map<string, number>();
    if (counts.size === 0) this.#minutes.set(minute, counts);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  /** Counts a block with its reason. */
  addBlock(atMs: number, reason: string): void {
    this.add(atMs, 'blocks');
    this.add(atMs, `${REASON}${reason}`);
  }

  /** Forgets what was before a moment, Unix ms. */
  forgetBefore(ms: number): void {
    for (const minute of this.#minutes.keys()) if ((minute + 1) * MINUTE_MS <= ms) this.#minutes.delete(minute);
  }

  /** The sum of the minutes that begin within a time, Unix ms; `waiting` permits are neither taken nor not; null: nobody knows. */
  sum(sinceMs: number, untilMs: number, waiting: number | null): ActivitySum {
    const sums = new Map<string, number>();
    for (const [minute, counts] of this.#within(sinceMs, untilMs)) {
      if (minute * MINUTE_MS < sinceMs) continue;
      for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
    }
    const of = (name: string) => sums.get(name) ?? 0;
    const reasons = [...sums]
      .flatMap(([name, count]) => (name.startsWith(REASON) ? [{ reason: name.slice(REASON.length), count }] : []))
      .sort((one, other) => other.count - one.count)
      .slice(0, MOST_REASONS);
    return {
      permits: of('permits'),
      blocks: of('blocks'),
      softened: of('softened'),
      taken: waiting === null ? null : Math.max(0, of('permits') - of('not_taken') - of('revoked') - waiting),
      not_taken: of('not_taken'),
      executed_without_permit: of('executed_without_permit'),
      reasons,
    };
  }

  /** The bins of so many seconds within a time, Unix ms, oldest first; without those in which nothing was decided. */
  bins(sinceMs: number, untilMs: number, binSec: number): Activity['bins'] {
    const bins = new Map<number, { at: number; permits: number; blocks: number; softened: number }>();
    for (const [minute, counts] of this.#within(sinceMs, untilMs)) {
      const at = Math.floor((minute * 60) / binSec) * binSec;
      const bin = bins.get(at) ?? { at, permits: 0, blocks: 0, softened: 0 };
      bins.set(at, bin);
      for (const name of ['permits', 'blocks', 'softened'] as const) bin[name] += counts.get(name) ?? 0;
    }
    const decided = [...bins.values()].filter(({ permits, blocks, softened }) => permits + blocks + softened > 0);
    return decided.sort((one, other) => one.at - other.at);
  }

  *#within(sinceMs: number, untilMs: number): Generator<[number, ReadonlyMap<string, number>]> {
    for (const [minute, counts] of this.#minutes) {
      if ((minute + 1) * MINUTE_MS > sinceMs && minute * MINUTE_MS <= untilMs) yield [minute, counts];
    }
  }
}
