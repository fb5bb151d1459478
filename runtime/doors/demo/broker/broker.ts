import { candleIntervalMs } from '../../../../schemas/candle.ts';
import { keys, streams } from '../../../../schemas/keys.ts';
import type { AccountCollector } from '../../../market/feeds/account-collector.ts';
import type { MarketCollector } from '../../../market/feeds/market-collector.ts';
import type { ManualClock } from '../../../market/local-exchange/clock.ts';
import type { Broker, DemoOrder, OrderEnd } from '../../../market/player/broker.ts';
import type { Link } from '../../../market/player/link.ts';
import type { Market } from '../../../market/player/market.ts';
import type { Fills } from './fills.ts';
import { type OrderAccount, sendOrder } from './orders.ts';

/** The candles that the demo's market state is made of. */
export const INTERVAL = '1h';
const PATIENCE_MS = 30_000;
const LOOK_MS = 5;
/** When the candle stream has not brought a candle, it is asked for. */
const ASK_EVERY_MS = 500;

/** What an exchange broker works with. */
export interface ExchangeBrokerOptions {
  readonly market: Market;
  readonly link: Link;
  readonly clock: ManualClock;
  readonly account: AccountCollector;
  readonly candles: MarketCollector;
  readonly fills: Fills;
  readonly orders: OrderAccount;
}

/** Orders that were sent to the exchange, and readings of the account that were taken from it. */
export interface ExchangeCounts {
  readonly orders_filled: number;
  /** By the exchange's error. */
  readonly orders_refused: readonly string[];
  readonly account_readings: number;
}

/** Trades on a local exchange; the gates know of it what the feeds collect there, and nothing else. */
export class ExchangeBroker implements Broker {
  readonly #options: ExchangeBrokerOptions;
  readonly #refused: string[] = [];
  #filled = 0;
  #readings = 0;
  /** Whether the candle stream was asked for. */
  #followed = false;
  /** Readings of one hour are a millisecond apart: a feed takes none that is not newer than the last. */
  #readingsOfHour = 0;

  constructor(options: ExchangeBrokerOptions) {
    this.#options = options;
  }

  get counts(): ExchangeCounts {
    return { orders_filled: this.#filled, orders_refused: this.#refused, account_readings: this.#readings };
  }

  async hourBegins(hour: number): Promise<void> {
    const { candles, link } = this.#options;
    const nowMs = this.#moveTo(hour);
    await this.#readAccount(nowMs);
    await this.#candlesOf(hour, nowMs);
    await link.caughtUp(streams.feedMarket);
    await candles.collectClusters(nowMs);
    await link.caughtUp(streams.feedCluster);
  }

  async trade(order: DemoOrder, hour: number): Promise<OrderEnd> {
    this.#moveTo(hour);
    const end = await sendOrder(this.#options.orders, order);
    if (end.filled) {
      this.#filled += 1;
      await this.#options.fills.told(order.planId);
    } else {
      this.#refused.push(end.error);
    }
    return end;
  }

  async traded(symbols: readonly string[], hour: number): Promise<void> {
    if (symbols.length > 0) await this.#readAccount(this.#moveTo(hour));
  }

  #moveTo(hour: number): number {
    const { clock, market } = this.#options;
    const nowMs = market.closedAtMs(hour);
    if (clock.nowMs() < nowMs) {
      this.#readingsOfHour = 0;
      clock.set(nowMs);
    }
    return nowMs;
  }

  async #readAccount(nowMs: number): Promise<void> {
    const { account, link } = this.#options;
    await account.collect(nowMs + this.#readingsOfHour);
    this.#readingsOfHour += 1;
    this.#readings += 1;
    await link.caughtUp(streams.feedAccount);
  }

  /** Waits until the candle that closed with the hour is there of every symbol, then reports it. */
  async #candlesOf(hour: number, nowMs: number): Promise<void> {
    const { market, candles } = this.#options;
    const begunMs = performance.now();
    let askedMs = this.#followed ? begunMs : -Infinity;
    this.#followed = true;
    for (;;) {
      const missing = await this.#missingOf(hour);
      if (missing.length === 0) break;
      const lookedMs = performance.now();
      if (lookedMs - begunMs > PATIENCE_MS) {
        const at = new Date(market.closedAtMs(hour)).toISOString();
        throw new Error(
          `expected candles up to ${at} within ${PATIENCE_MS / 1000} s, got none for ${missing.join(', ')}`,
        );
      }
      if (lookedMs - askedMs > ASK_EVERY_MS) {
        askedMs = lookedMs;
        await candles.collect(nowMs);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    await candles.collect(nowMs);
  }

  async #missingOf(hour: number): Promise<readonly string[]> {
    const { market, link } = this.#options;
    const openMs = market.closedAtMs(hour) - candleIntervalMs[INTERVAL];
    return await link.without(
      String(openMs),
      market.symbols.map((symbol) => keys.candles(symbol, INTERVAL)),
    );
  }
}
