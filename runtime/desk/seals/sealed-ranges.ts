import { compareStreamIds } from '../../../schemas/time.ts';
import type { Seal } from './seal.ts';

/** Seals by the ranges of ids that they cover. */
export class SealedRanges {
  readonly #seals: readonly Seal[];
  readonly #newest: Seal | undefined;

  /** The seals as they follow each other in the ledger. */
  constructor(seals: readonly Seal[]) {
    this.#newest = seals.at(-1);
    this.#seals = seals.toSorted((one, other) => compareStreamIds(one.from, other.from));
  }

  /** All of them, by the ids they begin with. */
  get all(): readonly Seal[] {
    return this.#seals;
  }

  /** The place of the seal whose range has this id; `undefined` where none has. */
  of(id: string): number | undefined {
    const at = this.#lastFrom(id);
    const seal = this.#seals[at];
    return seal !== undefined && compareStreamIds(id, seal.to) <= 0 ? at : undefined;
  }

  /** Whether an id is behind the newest of them. */
  isBehind(id: string): boolean {
    return this.#newest === undefined || compareStreamIds(id, this.#newest.to) > 0;
  }

  /** The place of the last one that begins at this id or before; -1 where none does. */
  #lastFrom(id: string): number {
    let [low, high] = [0, this.#seals.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareStreamIds((this.#seals[middle] as Seal).from, id) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
