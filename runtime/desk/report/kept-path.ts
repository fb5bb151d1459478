import type { EquityReading } from '../../../handlers/common/kept-exits.ts';
import { firstFrom } from './in-time.ts';

/** A moment of the equity's path: the reading, and what kept parts had earned by then, in US dollars. */
export interface PathPoint extends EquityReading {
  /** Of exits that were softened, and of exits that would have been. */
  readonly enforcedUsd: number;
  readonly shadowUsd: number;
}

/** What a kept part adds to a path: something while it is held, and the same at every moment from its end on. */
export interface PathPart {
  readonly enforced: boolean;
  /** Unix ms of its beginning, which is before the first moment that it counts at, and of its end. */
  readonly fromMs: number;
  readonly endMs: number;
  readonly endUsd: number;
}

/** The path of the equity, with what parts earned by each of its moments, which are in order of time. */
export class EquityPath {
  readonly moments: readonly EquityReading[];
  readonly #enforced: PartSums;
  readonly #shadow: PartSums;

  /** A moment for each reading, and one at the end of the report, Unix ms. */
  constructor(equity: readonly EquityReading[], endMs: number) {
    const last = equity.at(-1);
    this.moments = last !== undefined && last.atMs < endMs ? [...equity, { ...last, atMs: endMs }] : equity;
    this.#enforced = new PartSums(this.moments.length);
    this.#shadow = new PartSums(this.moments.length);
  }

  /** The moments after the beginning of a part and before its end. */
  within(fromMs: number, endMs: number): readonly EquityReading[] {
    return this.moments.slice(...this.#between(fromMs, endMs));
  }

  /** Adds a part; `earnedAt` says what it had earned by a moment of those within, US dollars. */
  add({ enforced, fromMs, endMs, endUsd }: PathPart, earnedAt: (atMs: number) => number): void {
    const sums = enforced ? this.#enforced : this.#shadow;
    const [from, to] = this.#between(fromMs, endMs);
    for (let at = from; at < to; at += 1) sums.at(at, earnedAt(this.moments[at]?.atMs ?? endMs));
    sums.from(to, endUsd);
  }

  /** The moments with what the parts so far had earned by them. */
  points(): readonly PathPoint[] {
    const [enforced, shadow] = [this.#enforced.all(), this.#shadow.all()];
    return this.moments.map((moment, at) => {
      return { ...moment, enforcedUsd: enforced[at] ?? 0, shadowUsd: shadow[at] ?? 0 };
    });
  }

  #between(fromMs: number, endMs: number): [number, number] {
    const from = firstFrom(this.moments, fromMs + 1);
    return [from, Math.max(from, firstFrom(this.moments, endMs))];
  }
}

/** Sums at moments, where some are the same from one moment on: those are added up once. */
class PartSums {
  readonly #held: Float64Array;
  readonly #ended: Float64Array;

  constructor(moments: number) {
    this.#held = new Float64Array(moments);
    this.#ended = new Float64Array(moments);
  }

  at(moment: number, usd: number): void {
    this.#held[moment] = (this.#held[moment] ?? 0) + usd;
  }

  from(moment: number, usd: number): void {
    if (moment < this.#ended.length) this.#ended[moment] = (this.#ended[moment] ?? 0) + usd;
  }

  all(): readonly number[] {
    let endedUsd = 0;
    return [...this.#held].map((heldUsd, at) => {
      endedUsd += this.#ended[at] ?? 0;
      return heldUsd + endedUsd;
    });
  }
}
