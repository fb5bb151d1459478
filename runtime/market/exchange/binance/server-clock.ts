import { MINUTE_MS } from '../../../../schemas/duration.ts';

/** After this the offset is asked again, because clocks drift. */
const LEARN_EVERY_MS = 10 * MINUTE_MS;
/** Before the exchange is asked again for a time that it did not give. */
const ASK_AGAIN_MS = MINUTE_MS;

/** The exchange's clock as seen from this machine: its offset is learned from the exchange, never assumed. */
export class ServerClock {
  readonly #machineMs: () => number;
  #offsetMs: number | undefined;
  #dueMs = 0;

  constructor(machineMs: () => number) {
    this.#machineMs = machineMs;
  }

  /** Unix ms of the exchange, as far as known. */
  nowMs(): number {
    return this.#machineMs() + (this.#offsetMs ?? 0);
  }

  /** Exchange time − machine time; undefined before it was learned. */
  get offsetMs(): number | undefined {
    return this.#offsetMs;
  }

  /** Whether the offset should be asked (again). */
  get due(): boolean {
    return this.#offsetMs === undefined || this.#machineMs() >= this.#dueMs;
  }

  /** Takes the exchange's time to have been that in the middle between request and answer. */
  learn(exchangeMs: number, sentMs: number, answeredMs: number): void {
    this.#offsetMs = Math.round(exchangeMs - (sentMs + answeredMs) / 2);
    this.#dueMs = answeredMs + LEARN_EVERY_MS;
  }

  /** What is known of the offset stands for a while longer. */
  postpone(): void {
    this.#dueMs = this.#machineMs() + ASK_AGAIN_MS;
  }

  /** A time of the exchange by this machine's clock. */
  toMachineMs(exchangeMs: number): number {
    return exchangeMs - (this.#offsetMs ?? 0);
  }
}
