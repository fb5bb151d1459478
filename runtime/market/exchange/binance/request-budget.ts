import { DAY_MS, MINUTE_MS } from '../../../../schemas/duration.ts';
import { ExchangeAuthError, ExchangeError } from '../errors.ts';

/** What the exchange allows a minute until it says otherwise (its documented figure). */
const DEFAULT_WEIGHT_LIMIT = 2_400;
/** The part of the allowance that is used; the rest is for other programs behind the same address. */
const SHARE = { reading: 0.8, backfill: 0.5 } as const;
/** The longest ban that the exchange documents; a longer one is a misreading. */
const LONGEST_PAUSE_MS = 3 * DAY_MS;

/** What a request is for: a backfill leaves room for readings. */
export type RequestPurpose = keyof typeof SHARE;

/** Why no request is sent for a while. */
export type PauseReason = 'rate_limited' | 'banned' | 'auth';

/** A time without requests, and why. */
export interface Pause {
  readonly reason: PauseReason;
  readonly untilMs: number;
  readonly message: string;
  readonly code: number | undefined;
}

/**
 * Keeps to what the exchange allows: request weight a minute, and no request at all while it said so. Times are this machine's.
 * Own, because limiters of packages count what they let through: the exchange counts all programs behind an address, and says.
 */
export class RequestBudget {
  #limit = DEFAULT_WEIGHT_LIMIT;
  #counted = 0;
  #inFlight = 0;
  #minute = 0;
  #pause: Pause | undefined;
  #authPause: Pause | undefined;

  /** Throws the reason why a request must not be sent now; otherwise its weight counts from here on. */
  take(nowMs: number, exchangeMs: number, weight: number, purpose: RequestPurpose, keyed: boolean): void {
    const pause = this.pauseAt(nowMs, keyed);
    if (pause !== undefined) throw pauseError(pause);
    const used = this.usedAt(exchangeMs);
    const allowed = this.#limit * SHARE[purpose];
    if (used + weight > allowed) {
      const waitMs = MINUTE_MS - (exchangeMs % MINUTE_MS);
      throw new ExchangeError(
        'rate_limited',
        `request weight ${used} of ${allowed} a minute is used: waiting ${Math.ceil(waitMs / 1000)} s for the next minute`,
        { retryAtMs: nowMs + waitMs },
      );
    }
    this.#inFlight += weight;
  }

  /** The answer came, with the weight that the exchange has counted in this minute, or nothing did (`undefined`). */
  settle(exchangeMs: number, weight: number, counted: number | undefined): void {
    this.usedAt(exchangeMs);
    this.#inFlight -= weight;
    this.#counted = counted === undefined ? this.#counted + weight : Math.max(this.#counted, counted);
  }

  /** Weight of the minute of that exchange time, requests under way included. */
  usedAt(exchangeMs: number): number {
    const minute = Math.floor(exchangeMs / MINUTE_MS);
    if (minute !== this.#minute) this.#counted = 0;
    this.#minute = minute;
    return this.#counted + this.#inFlight;
  }

  get limit(): number {
    return this.#limit;
  }

  /** What the exchange says it allows a minute. */
  set limit(weight: number) {
    if (weight > 0) this.#limit = weight;
  }

  /** Sends nothing until then; a refused key stops only requests that need one. A longer pause is never shortened. */
  pause(pause: Pause, nowMs: number): ExchangeError {
    const bounded = { ...pause, untilMs: Math.min(pause.untilMs, nowMs + LONGEST_PAUSE_MS) };
    const before = pause.reason === 'auth' ? this.#authPause : this.#pause;
    if (before === undefined || before.untilMs < bounded.untilMs) {
      if (pause.reason === 'auth') this.#authPause = bounded;
      else this.#pause = bounded;
    }
    return pauseError(bounded);
  }

  /** The pause that holds now, for requests that need a key or for all. */
  pauseAt(nowMs: number, keyed: boolean): Pause | undefined {
    if (this.#pause !== undefined && nowMs < this.#pause.untilMs) return this.#pause;
    if (keyed && this.#authPause !== undefined && nowMs < this.#authPause.untilMs) return this.#authPause;
    return undefined;
  }
}

function pauseError(pause: Pause): ExchangeError {
  const more = { retryAtMs: pause.untilMs, code: pause.code };
  if (pause.reason === 'auth') return new ExchangeAuthError(pause.message, more);
  return new ExchangeError(pause.reason, pause.message, more);
}
