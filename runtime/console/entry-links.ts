import { randomBytes } from 'node:crypto';

/** How long a one-time link can be used (ms). */
export const LINK_LIFE_MS = 600_000;

/** One-time links into the console, known to the process that printed them and to no other place. */
export class EntryLinks {
  readonly #untilMs = new Map<string, number>();
  readonly #nowMs: () => number;

  /** `nowMs` is a clock that only goes forward (ms). */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** The code of a new link. */
  make(): string {
    const code = randomBytes(24).toString('base64url');
    this.#untilMs.set(code, this.#nowMs() + LINK_LIFE_MS);
    return code;
  }

  /** Whether the code opens the console now; it never does again. */
  take(code: string): boolean {
    const untilMs = this.#untilMs.get(code);
    this.#untilMs.delete(code);
    return untilMs !== undefined && this.#nowMs() < untilMs;
  }
}
