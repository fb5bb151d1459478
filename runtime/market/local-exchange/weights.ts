import { MINUTE_MS } from '../../../schemas/duration.ts';

/** So many refused requests in a minute, and the address is banned, as the exchange warns. */
const REFUSALS_UNTIL_BAN = 30;
const BAN_MS = 120_000;

/** What the weight limit says of a request. */
export type WeightVerdict =
  | { readonly verdict: 'pass'; readonly used: number }
  | { readonly verdict: 'too_many'; readonly used: number; readonly retryAfterSec: number }
  | { readonly verdict: 'banned'; readonly used: number; readonly untilMs: number };

/** Counts request weights by the minute of the exchange's clock; who goes on when refused is banned for two minutes. */
export class Weights {
  readonly #limit: number;
  #minute = 0;
  #used = 0;
  #refused = 0;
  #bannedUntilMs = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Counts a request of this weight. */
  take(weight: number, nowMs: number): WeightVerdict {
    this.#turnTo(nowMs);
    if (nowMs < this.#bannedUntilMs) {
      return { verdict: 'banned', used: this.#used, untilMs: this.#bannedUntilMs };
    }
    this.#used += weight;
    if (this.#used <= this.#limit) return { verdict: 'pass', used: this.#used };
    this.#refused += 1;
    if (this.#refused > REFUSALS_UNTIL_BAN) {
      this.#bannedUntilMs = nowMs + BAN_MS;
      return { verdict: 'banned', used: this.#used, untilMs: this.#bannedUntilMs };
    }
    const retryAfterSec = Math.ceil(((this.#minute + 1) * MINUTE_MS - nowMs) / 1000);
    return { verdict: 'too_many', used: this.#used, retryAfterSec };
  }

  #turnTo(nowMs: number): void {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#used = 0;
    this.#refused = 0;
  }
}
