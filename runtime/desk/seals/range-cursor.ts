import { compareStreamIds } from '../../../schemas/time.ts';
import type { Seal } from './seal.ts';

/**
 * Where decisions that follow each other belong: to the seal of that place, to none because they are newer than all
 * (`unsealed`), or to none where one would have them (`added`).
 */
export type Group = number | 'unsealed' | 'added';

/**
 * Tells to which seals the decisions of a log belong, as they are read in its order. Seals cover the log in the order
 * they were made in; ids alone do not say it, for behind entries that were ahead of the clock they begin again lower.
 */
export class RangeCursor {
  readonly #seals: readonly Seal[];
  readonly #byFrom: ReadonlyMap<string, number>;
  /** The places that the open group may have; several only for what is left of the first. Empty for one outside. */
  #places: readonly number[] = [];
  #outside: 'unsealed' | 'added' | undefined;
  /** The newest place that was read; -1 before any. */
  #passed = -1;
  #last = '';

  constructor(seals: readonly Seal[]) {
    this.#seals = seals;
    this.#byFrom = new Map(seals.map(({ from }, place) => [from, place]));
  }

  /** Takes the next decision, by the id it was written under. Where it begins another group, answers which one has ended. */
  take(id: string): Group | undefined {
    if (this.#isOn(id)) {
      this.#last = id;
      return undefined;
    }
    const ended = this.end();
    this.#begin(id);
    return ended;
  }

  /** What the decision that was taken last is, where it is in no range. */
  get outside(): 'unsealed' | 'added' | undefined {
    return this.#outside;
  }

  /** Which group has ended, behind the last decision; undefined where nothing was read. */
  end(): Group | undefined {
    const place = this.#places.find((at) => this.#seals[at]?.to === this.#last) ?? this.#places[0];
    if (place !== undefined) this.#passed = Math.max(this.#passed, place);
    const ended = place ?? this.#outside;
    this.#places = [];
    this.#outside = undefined;
    return ended;
  }

  /** Whether the decision goes on with the open group. */
  #isOn(id: string): boolean {
    if (this.#outside !== undefined) return this.#begins(id) === undefined && this.#outsideOf(id) === this.#outside;
    if (this.#begins(id) !== undefined || compareStreamIds(id, this.#last) <= 0) return false;
    if (this.#places.some((at) => this.#seals[at]?.to === this.#last)) return false;
    const places = this.#places.filter((at) => this.#has(at, id));
    if (places.length === 0) return false;
    this.#places = places;
    return true;
  }

  #begin(id: string): void {
    const begun = this.#begins(id);
    if (begun !== undefined) this.#places = [begun];
    // Of a log whose front is gone the first decision may be in any range that has its id.
    else if (this.#passed < 0) this.#places = this.#ahead(id);
    else this.#places = this.#ahead(id).slice(0, 1);
    if (this.#places.length === 1) this.#passed = this.#places[0] as number;
    if (this.#places.length === 0) this.#outside = this.#outsideOf(id);
    this.#last = id;
  }

  /** The place of a range ahead that begins with this decision, or has it where the open one is outside. */
  #begins(id: string): number | undefined {
    const place = this.#byFrom.get(id);
    if (place !== undefined && place > this.#passed) return place;
    return this.#outside === undefined ? undefined : this.#ahead(id)[0];
  }

  #ahead(id: string): number[] {
    const places: number[] = [];
    for (let at = this.#passed + 1; at < this.#seals.length; at += 1) if (this.#has(at, id)) places.push(at);
    return places;
  }

  #has(place: number, id: string): boolean {
    const { from, to } = this.#seals[place] as Seal;
    return compareStreamIds(from, id) <= 0 && compareStreamIds(id, to) <= 0;
  }

  #outsideOf(id: string): 'unsealed' | 'added' {
    const newest = this.#seals.at(-1);
    const isBehind = newest === undefined || this.#passed === this.#seals.length - 1;
    return isBehind || compareStreamIds(id, newest.to) > 0 ? 'unsealed' : 'added';
  }
}
