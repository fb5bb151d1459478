import { compareStreamIds } from '../../../schemas/time.ts';
import type { Seal } from './seal.ts';

/** Seals by the ranges of ids that they cover. */
export class SealedRanges {
  /** As they follow each other in the ledger: behind a log that was taken back below the clock ids are lower. */
  readonly all: readonly Seal[];
  /** Their places, by the ids they begin with. */
  readonly #byId: readonly number[];

  constructor(seals: readonly Seal[]) {
    this.all = seals;
    this.#byId = seals
      .map((_, place) => place)
      .sort((one, other) => compareStreamIds(this.#from(one), this.#from(other)));
  }

  /** The place of the seal whose range has this id; `undefined` where none has. */
  of(id: string): number | undefined {
    let [low, high] = [0, this.#byId.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareStreamIds(this.#from(this.#byId[middle] as number), id) <= 0) low = middle + 1;
      else high = middle;
    }
    const place = this.#byId[low - 1];
    return place !== undefined && compareStreamIds(id, this.all[place]?.to ?? '0-0') <= 0 ? place : undefined;
  }

  /** Whether an id is behind the newest of them. */
  isBehind(id: string): boolean {
    const newest = this.all.at(-1);
    return newest === undefined || compareStreamIds(id, newest.to) > 0;
  }

  #from(place: number): string {
    return (this.all[place] as Seal).from;
  }
}
