const KEPT = 8;
/** From when on a way counts as long, milliseconds: no server of the same site is so far away. */
const LONG_MS = 40;
const MOST = 3;

/** How long an answer of Redis takes at least, there and back: what the way costs, not what Redis or this process do. */
export class RoundTrip {
  readonly #last: number[] = [];

  /** Notes how many milliseconds an answer took. */
  note(tookMs: number): void {
    this.#last.push(tookMs);
    if (this.#last.length > KEPT) this.#last.shift();
  }

  /** Milliseconds: the least of the last eight; 0 while nothing is known, or where the way is not long. */
  get ms(): number {
    const least = this.#last.length === 0 ? 0 : Math.min(...this.#last);
    return least < LONG_MS ? 0 : least;
  }

  /** How many times as much to ask for at once as where the way is short: from 1 to 3. */
  get share(): number {
    return Math.max(1, Math.min(MOST, Math.floor(this.ms / LONG_MS)));
  }
}
