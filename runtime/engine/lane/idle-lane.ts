import type { SharedWaiter, SharedWaits } from './shared-wait.ts';

/** Two reads that find something within so long make a lane busy. */
const BUSY_WITHIN_MS = 1_000;
/** A busy lane that found nothing for so long is idle again, and one that finds something not so soon after the last is so at once: a tick every two seconds keeps none busy. */
const IDLE_AFTER_MS = 5_000;

/** Whether a lane waits for its stream together with others, or reads with a connection of its own. */
export class IdleLane {
  readonly #waits: SharedWaits;
  readonly #stream: string;
  #waiter: SharedWaiter | undefined;
  #busy = false;
  #foundMs = Number.NEGATIVE_INFINITY;
  #idleFromMs = 0;
  #wasWoken = true;

  constructor(waits: SharedWaits, stream: string) {
    this.#waits = waits;
    this.#stream = stream;
  }

  /** Whether a wait together with others is under way, or was the last. */
  get rests(): boolean {
    return !this.#busy && this.#waiter !== undefined;
  }

  /** Whether the next read is one that does not block. A busy lane that grows idle keeps its connection until the others' wakes it too. */
  shares(): boolean {
    if (this.#busy && performance.now() < this.#idleFromMs) return false;
    this.#waiter ??= this.#waits.join(this.#stream);
    if (this.#waiter.watched) this.#busy = false;
    return !this.#busy;
  }

  /** Notes how many entries a read found. Those that woke nobody may have lower ids than were waited for: the stream was made anew. */
  found(count: number): void {
    if (count === 0) return;
    const nowMs = performance.now();
    const isQuick = nowMs - this.#foundMs < BUSY_WITHIN_MS;
    this.#busy ||= isQuick;
    this.#idleFromMs = isQuick ? nowMs + IDLE_AFTER_MS : nowMs;
    if (isQuick || !this.#wasWoken) this.leave();
    this.#foundMs = nowMs;
  }

  /** Resolves when there may be something to read; after `blockMs` where something was found lately, for whoever waits behind this read. */
  async wait(blockMs: number): Promise<void> {
    const isCalm = performance.now() - this.#foundMs > this.#waits.lookMs;
    this.#wasWoken = (await this.#waiter?.wait(isCalm ? this.#waits.lookMs : blockMs)) ?? true;
  }

  /** Nobody waits any more; a wait under way ends. */
  leave(): void {
    this.#wasWoken = true;
    this.#waiter?.leave();
    this.#waiter = undefined;
  }
}
