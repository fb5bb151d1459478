import type { TimeRange } from '../decisions/decision-export.ts';

/** Where marks may come from, best first. */
export type MarkSourceName = 'candle_file' | 'position_snapshots' | 'candle_store' | 'decision_log';

/** A price that was seen, US dollars. */
export interface Mark {
  readonly symbol: string;
  readonly atMs: number;
  readonly price: number;
  /** It stands for the price for so long. */
  readonly countsMs: number;
}

/** Something that holds marks. */
export interface MarkSource {
  readonly name: MarkSourceName;
  /** The marks of these symbols in a time, in order of time for each symbol, a page at a time. */
  pages(symbols: ReadonlySet<string>, range: TimeRange): AsyncIterable<readonly Mark[]>;
}

/** How long a mark counts where no newer one comes: as long as the heat gate counts a position that fell silent (900 s). */
export const MARK_COUNTS_MS = 900_000;

/** The marks of a symbol at moments asked for: the last one before or at each, unless it is too old by then. */
export class Quotes {
  readonly #times: readonly number[];
  readonly #answers = new Map<number, number>();
  #next = 0;
  #last: Mark | undefined;

  constructor(times: Iterable<number>) {
    this.#times = [...new Set(times)].sort((a, b) => a - b);
  }

  /** Takes the next mark in; one that is older than the one before is left out. */
  take(mark: Mark): void {
    if (this.#last !== undefined && mark.atMs < this.#last.atMs) return;
    this.#answerBefore(mark.atMs);
    this.#last = mark;
  }

  /** Answers what is left: no more marks come. */
  finish(): void {
    this.#answerBefore(Infinity);
  }

  /** The mark at a moment that was asked for, US dollars. */
  at(atMs: number): number | undefined {
    return this.#answers.get(atMs);
  }

  #answerBefore(endMs: number): void {
    for (;;) {
      const time = this.#times[this.#next];
      if (time === undefined || time >= endMs) return;
      const last = this.#last;
      if (last !== undefined && time - last.atMs <= last.countsMs) this.#answers.set(time, last.price);
      this.#next += 1;
    }
  }
}
