import { type CandleInterval, candleIntervalMs, formatCandle } from '../../../schemas/candle.ts';
import { DAY_SEC } from '../../../schemas/duration.ts';
import { keys } from '../../../schemas/keys.ts';
import { ExchangeError } from '../exchange/errors.ts';
import type { CandlesReading, ExchangeCandle } from '../exchange/port.ts';
import type { CollectorDeps } from './turns.ts';

/** The candle stream has so long to bring a candle that is over before it is asked for, ms. */
const STREAM_HAS_MS = 1_500;
/** A symbol that did not give what was asked for is asked again after so long, doubling up to the other, ms. */
const FIRST_AGAIN_MS = 10_000;
const LONGEST_AGAIN_MS = 600_000;
const AT_ONCE = 5;
/** Symbols that nobody watches any more lose their candles after twice the look-back, a day at least. */

interface Known {
  /** Open time of the newest candle before which none is missing that the exchange has; undefined before the first. */
  newestMs: number | undefined;
  askedMs: number;
  againMs: number;
}

/** Keeps the closed candles of the watched symbols in Redis, as many as the look-back, without holes of our making. */
export class CandleStore {
  readonly #deps: CollectorDeps;
  readonly #interval: CandleInterval;
  readonly #lookback: number;
  readonly #known = new Map<string, Known>();

  constructor(deps: CollectorDeps, interval: CandleInterval, lookback: number) {
    this.#deps = deps;
    this.#interval = interval;
    this.#lookback = lookback;
  }

  /** Asks for what is missing of these symbols and resolves with what went wrong, a line each. Rejects on a failing exchange. */
  async refresh(symbols: readonly string[]): Promise<readonly string[]> {
    for (const symbol of this.#known.keys()) if (!symbols.includes(symbol)) this.#known.delete(symbol);
    const nowMs = this.#exchangeNowMs();
    const due = symbols.filter((symbol) => this.#isDue(symbol, nowMs));
    const problems: string[] = [];
    for (let from = 0; from < due.length; from += AT_ONCE) {
      const some = due.slice(from, from + AT_ONCE);
      problems.push(...(await Promise.all(some.map((symbol) => this.#fetch(symbol, nowMs)))).flat());
    }
    return problems;
  }

  /** Takes a candle of the stream; one that is still open, or of a symbol not asked for yet, waits. */
  async take(candle: ExchangeCandle): Promise<boolean> {
    const known = this.#known.get(candle.symbol);
    if (!candle.closed || known?.newestMs === undefined) return false;
    await this.#put(candle.symbol, [candle]);
    if (candle.openMs === known.newestMs + this.#stepMs) known.newestMs = candle.openMs;
    return true;
  }

  /** After a gap of the stream everything since the last candle is asked for at once. */
  askAgain(): void {
    for (const known of this.#known.values()) known.askedMs = -Infinity;
  }

  /** Open time of the newest stored candle of a symbol. */
  newestMs(symbol: string): number | undefined {
    return this.#known.get(symbol)?.newestMs;
  }

  get #stepMs(): number {
    return candleIntervalMs[this.#interval];
  }

  #exchangeNowMs(): number {
    return Date.now() + (this.#deps.exchange.health().clockOffsetMs ?? 0);
  }

  #isDue(symbol: string, nowMs: number): boolean {
    const known = this.#known.get(symbol);
    if (known === undefined) return true;
    const lastClosedMs = Math.floor((nowMs - STREAM_HAS_MS) / this.#stepMs) * this.#stepMs - this.#stepMs;
    if (known.newestMs !== undefined && known.newestMs >= lastClosedMs) return false;
    return performance.now() - known.askedMs >= known.againMs;
  }

  async #fetch(symbol: string, nowMs: number): Promise<readonly string[]> {
    const { exchange } = this.#deps;
    const known = this.#known.get(symbol) ?? { newestMs: undefined, askedMs: 0, againMs: FIRST_AGAIN_MS / 2 };
    const oldestMs = (Math.floor(nowMs / this.#stepMs) - this.#lookback) * this.#stepMs;
    const startMs = Math.max(oldestMs, known.newestMs === undefined ? 0 : known.newestMs + this.#stepMs);
    known.askedMs = performance.now();
    this.#known.set(symbol, known);
    const reading = await orRefused(exchange.candles(symbol, this.#interval, { startMs, limit: this.#lookback + 1 }));
    const closed = reading.candles.filter((candle) => candle.closed);
    await this.#put(symbol, closed);
    await this.#forget(symbol, oldestMs);
    const newest = closed.at(-1)?.openMs;
    known.againMs = newest === undefined ? Math.min(LONGEST_AGAIN_MS, known.againMs * 2) : FIRST_AGAIN_MS / 2;
    if (newest !== undefined) known.newestMs = newest;
    return reading.problems;
  }

  async #put(symbol: string, candles: readonly ExchangeCandle[]): Promise<void> {
    if (candles.length === 0) return;
    const { redis, portfolio } = this.#deps;
    const key = portfolio.key(keys.candles(symbol, this.#interval));
    const fields = candles.flatMap((candle) => [String(candle.openMs), formatCandle(candle)]);
    const ttlSec = Math.max(DAY_SEC, Math.ceil((2 * this.#lookback * this.#stepMs) / 1000));
    await redis
      .pipeline()
      .hset(key, ...fields)
      .expire(key, ttlSec)
      .exec();
  }

  async #forget(symbol: string, beforeMs: number): Promise<void> {
    const { redis, portfolio } = this.#deps;
    const key = portfolio.key(keys.candles(symbol, this.#interval));
    const old = (await redis.hkeys(key)).filter((name) => !(Number(name) >= beforeMs));
    if (old.length > 0) await redis.hdel(key, ...old);
  }
}

/** A symbol that the exchange does not know, or trades no more, must not keep the others from their candles. */
async function orRefused(asked: Promise<CandlesReading>): Promise<CandlesReading> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof ExchangeError) || error.kind !== 'rejected') throw error;
    return { candles: [], problems: [error.message] };
  }
}
