import { round10 } from '../../../schemas/number.ts';
import { ExchangeAccount, type MarkOf } from './account.ts';
import { type CandleSeries, candleAt, priceAt, type ServedCandle } from './candles.ts';
import type { ExchangeClock } from './clock.ts';
import { refusals } from './errors.ts';

/** An account that a local exchange is to have. */
export interface AccountOptions {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly balanceUsd: number;
  readonly hedgeMode?: boolean;
}

/** An account with its keys, and what its next readings are made to show. */
export interface KeptAccount {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly account: ExchangeAccount;
  /** The margin balance that so many of the next account readings show instead of the true one. */
  shown: { usd: number; readings: number };
  readonly transfers: Transfer[];
}

/** Money that came in or (negative) went out. */
export interface Transfer {
  readonly id: number;
  readonly usd: number;
  readonly atMs: number;
}

/** A time without candles, by open time. */
interface Hole {
  readonly symbol: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Oddities of real answers, each off until it is asked for. */
export interface Oddities {
  /** v2 answers leave `leverage` out, as v3 ones do. */
  leverageMissing: boolean;
  /** v3 answers list flat symbols, with a mark price of 0, as v2 ones do. */
  listFlat: boolean;
  /** The user stream sends every event twice. */
  repeatEvents: boolean;
  /** The user stream sends the events of one fill in reverse. */
  reverseEvents: boolean;
  /** The user stream is silent. */
  muteEvents: boolean;
  /** Connections to streams are refused. */
  refuseStreams: boolean;
}

/** The market and the accounts of a local exchange. */
export class Venue {
  readonly series: CandleSeries;
  readonly oddities: Oddities = {
    leverageMissing: false,
    listFlat: false,
    repeatEvents: false,
    reverseEvents: false,
    muteEvents: false,
    refuseStreams: false,
  };
  /** How far the exchange's own time is off its clock, ms. */
  offsetMs = 0;
  readonly zeroMarks = new Set<string>();
  /** Symbols that are settling, and since when by the market's time: no candle opens after it. */
  readonly delisted = new Map<string, number>();
  readonly #clock: ExchangeClock;
  readonly #accounts: ReadonlyMap<string, KeptAccount>;
  readonly #setMarks = new Map<string, number>();
  readonly #holes: Hole[] = [];

  constructor(clock: ExchangeClock, series: CandleSeries, accounts: readonly AccountOptions[]) {
    this.#clock = clock;
    this.series = series;
    this.#accounts = new Map(accounts.map((one) => [one.apiKey, kept(one)] as const));
  }

  /** The time the exchange tells, stamps and checks by, Unix ms. */
  nowMs(): number {
    return this.#clock.nowMs() + this.offsetMs;
  }

  /** The time of the market, Unix ms: the clock's own. */
  marketMs(): number {
    return this.#clock.nowMs();
  }

  /** The account of a key, or `undefined`. */
  account(apiKey: string): KeptAccount | undefined {
    return this.#accounts.get(apiKey);
  }

  /** The account of a key that must be known. */
  requireAccount(apiKey: string): KeptAccount {
    const account = this.#accounts.get(apiKey);
    if (account === undefined) throw new RangeError('expected the apiKey of an account of this exchange, got another');
    return account;
  }

  /** Throws the refusal of a symbol that the exchange does not list. */
  requireSymbol(symbol: string): void {
    if (!this.series.symbols.includes(symbol)) throw refusals.badSymbol();
  }

  /** The price that positions are valued and orders filled at. */
  readonly markOf: MarkOf = (symbol) => {
    return this.#setMarks.get(symbol) ?? priceAt(this.series, symbol, this.marketMs()) ?? 0;
  };

  /** The mark price that answers show: 0 where that was asked for. */
  shownMark(symbol: string): number {
    return this.zeroMarks.has(symbol) ? 0 : this.markOf(symbol);
  }

  /** Holds the mark of a symbol at a price, or lets it go again. */
  setMark(symbol: string, price: number | null): void {
    this.requireSymbol(symbol);
    if (price === null) this.#setMarks.delete(symbol);
    else this.#setMarks.set(symbol, price);
  }

  /** Leaves candles that open between two times (both included) out of every answer. */
  addHole(hole: Hole): void {
    this.requireSymbol(hole.symbol);
    this.#holes.push(hole);
  }

  /** Pays money in, or out when it is negative. */
  transfer(kept: KeptAccount, usd: number): void {
    kept.account.walletUsd = round10(kept.account.walletUsd + usd);
    kept.transfers.push({ id: kept.transfers.length + 1, usd, atMs: this.nowMs() });
  }

  /** The candle that opens at a time, or `undefined` where there is none (yet, any more, or in a hole). */
  candle(symbol: string, openMs: number, intervalMs: number): ServedCandle | undefined {
    if (openMs > (this.delisted.get(symbol) ?? Infinity)) return undefined;
    if (this.#holes.some((hole) => isIn(hole, symbol, openMs))) return undefined;
    return candleAt(this.series, symbol, openMs, intervalMs, this.marketMs());
  }
}

function isIn(hole: Hole, symbol: string, openMs: number): boolean {
  return hole.symbol === symbol && openMs >= hole.fromMs && openMs <= hole.toMs;
}

function kept(options: AccountOptions): KeptAccount {
  const { apiKey, apiSecret, balanceUsd, hedgeMode } = options;
  return {
    apiKey,
    apiSecret,
    account: new ExchangeAccount(balanceUsd, hedgeMode ?? false),
    shown: { usd: 0, readings: 0 },
    transfers: [],
  };
}
