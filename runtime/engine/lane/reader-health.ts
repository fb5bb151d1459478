/** At least twice what judging a message may take. */
const STUCK_MS = 15_000;
const BEHIND_MS = 30_000;

/** How the reader of a stream gets on, by a clock that cannot be set. */
export class ReaderHealth {
  #turnedMs = performance.now();
  #behindSinceMs: number | undefined;

  /** When it last turned: ms of this process's life. */
  get turnedMs(): number {
    return this.#turnedMs;
  }

  /** Notes that it turned. */
  turned(): void {
    this.#turnedMs = performance.now();
  }

  /** Notes whether a read found all that it asked for, and more may be waiting. */
  found(all: boolean): void {
    this.#behindSinceMs = all ? (this.#behindSinceMs ?? performance.now()) : undefined;
  }

  /** Whether it should go on reading: not once it is stuck, nor where it is behind for half a minute and another worker stands by. */
  readsOn(contested: boolean): boolean {
    const nowMs = performance.now();
    const behind = this.#behindSinceMs !== undefined && nowMs - this.#behindSinceMs >= BEHIND_MS;
    return nowMs - this.#turnedMs < STUCK_MS && !(behind && contested);
  }
}
