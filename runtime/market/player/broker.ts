import { candleIntervalMs, formatCandle } from '../../../schemas/candle.ts';
import { families, keys, streams } from '../../../schemas/keys.ts';
import type { Strategy } from '../../../schemas/strategy.ts';
import type { Account, PriceOf } from './account.ts';
import { indicatorsAt } from './indicators.ts';
import type { HashWrite, Link } from './link.ts';
import type { Market } from './market.ts';
import type { PlayDeps } from './stage.ts';
import * as wire from './wire.ts';

const CANDLES_OF = '1h';

/** An order of the strategy, at the close of an hour. */
export interface DemoOrder {
  readonly planId: string;
  readonly symbol: string;
  /** Positive when bought, negative when sold. */
  readonly qty: number;
  readonly reduceOnly: boolean;
}

/** What became of an order: how much of it (not signed) was filled at which price, or why it was not. */
export type OrderEnd =
  | { readonly filled: true; readonly qty: number; readonly price: number }
  | { readonly filled: false; readonly error: string };

/** Where the orders are filled, and how the gates come to know of prices and positions. */
export interface Broker {
  /** Sees to it that the gates know the marks of all symbols, the portfolio and its positions at the close of an hour. */
  hourBegins(hour: number): Promise<void>;
  /** Fills an order at the close of an hour. */
  trade(order: DemoOrder, hour: number): Promise<OrderEnd>;
  /** Sees to it that the gates know of what was traded in these symbols. */
  traded(symbols: readonly string[], hour: number): Promise<void>;
}

/** Fills on paper, and publishes market and portfolio itself in the shapes that live publishers use. */
export class PaperBroker implements Broker {
  readonly #market: Market;
  readonly #link: Link;
  readonly #account: Account;
  readonly #strategy: Strategy;

  constructor({ market, link, account, strategy }: PlayDeps) {
    this.#market = market;
    this.#link = link;
    this.#account = account;
    this.#strategy = strategy;
  }

  async hourBegins(hour: number): Promise<void> {
    const held = this.#account.positions().map(({ symbol }) => symbol);
    await this.#publish(this.#market.symbols, held, hour);
    await this.#link.publish(
      this.#market.symbols.map((symbol) => this.#candle(symbol, hour)),
      [],
    );
  }

  async trade({ symbol, qty }: DemoOrder, hour: number): Promise<OrderEnd> {
    return { filled: true, qty: Math.abs(qty), price: this.#market.close(symbol, hour) };
  }

  async traded(symbols: readonly string[], hour: number): Promise<void> {
    await this.#publish(symbols, symbols, hour);
  }

  /** Publishes marks, the portfolio state, a position hash of every symbol, and snapshots of these. */
  async #publish(marked: readonly string[], snapshots: readonly string[], hour: number): Promise<void> {
    const nowMs = this.#market.closedAtMs(hour);
    const priceOf: PriceOf = (symbol) => this.#market.close(symbol, hour);
    const hashes: HashWrite[] = [
      { key: keys.portfolioState, fields: wire.portfolioFields(this.#account, priceOf, nowMs) },
    ];
    for (const symbol of marked) {
      const price = priceOf(symbol);
      const position = this.#account.get(symbol);
      hashes.push(
        { key: `${families.market}:${symbol}`, fields: this.#marketFields(symbol, hour, nowMs) },
        { key: `${families.positionSnapshot}:${symbol}`, fields: wire.positionFields(symbol, position, price, nowMs) },
      );
    }
    const entries = snapshots.map((symbol) => ({
      stream: streams.snapshots,
      fields: wire.snapshotFields(symbol, this.#account.get(symbol), priceOf(symbol), nowMs),
    }));
    await this.#link.publish(hashes, entries);
  }

  /** The close is all that is known of an hour; reports value by it. */
  #candle(symbol: string, hour: number): HashWrite {
    const close = this.#market.close(symbol, hour);
    const candle = formatCandle({ open: close, high: close, low: close, close, volume: undefined });
    const openMs = this.#market.closedAtMs(hour) - candleIntervalMs[CANDLES_OF];
    return { key: keys.candles(symbol, CANDLES_OF), fields: { [openMs]: candle } };
  }

  #marketFields(symbol: string, hour: number, nowMs: number): HashWrite['fields'] {
    const known = indicatorsAt(this.#market, symbol, hour, this.#strategy);
    const observed = known && { ...known, observations: this.#strategy.volatility_hours };
    return wire.marketFields(this.#market.close(symbol, hour), observed, nowMs);
  }
}
