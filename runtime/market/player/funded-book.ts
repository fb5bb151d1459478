import { HOUR_MS } from '../../../schemas/duration.ts';
import { cents, round10 } from '../../../schemas/number.ts';
import type { Account, Position, PriceOf } from './account.ts';
import {
  FUNDING_BOUNDS,
  type FundedUsd,
  type FundingBounds,
  type FundingPayment,
  type FundingSum,
  fundedUsd,
  fundingSum,
  type HeldFunding,
  heldFunding,
  type SymbolFunding,
} from './held-funding.ts';
import type { Market } from './market.ts';

/** The funding of a play: what is recorded, by symbol, and between which rates what is not is taken to be. */
export interface FundingRules {
  readonly recorded: ReadonlyMap<string, SymbolFunding>;
  readonly bounds: FundingBounds;
}

/** Nothing is recorded. */
export const NOTHING_RECORDED: FundingRules = { recorded: new Map(), bounds: FUNDING_BOUNDS };

/** What is held since the close of an hour: coins, above 0 long, and the price of that hour, US dollars. */
export interface HeldCoins {
  readonly symbol: string;
  readonly qty: number;
  readonly price: number;
  readonly hour: number;
}

/** A payment of a play: on so many US dollars, those of its beginning, above 0 long. */
export interface PositionPayment extends FundingPayment {
  readonly symbol: string;
  readonly usd: number;
}

/** What funding came to over a play, US dollars, and each payment there was. */
export interface PlayPayments {
  readonly paidUsd: number;
  readonly payments: readonly PositionPayment[];
}

/** What funding came to over the positions of a play. */
export interface PlayFunding extends FundingSum {
  /** Positions that were held. */
  readonly positions: number;
}

/** What was held up to the close of an hour. */
interface Piece {
  readonly part: HeldCoins;
  readonly hour: number;
}

/**
 * The book of a play with what its positions pay for being held, beside the account: the gates and the sizes of entries
 * see an equity without funding, so that rates change no decision. A payment at the close of an hour is paid by what was
 * held before the trades of that hour.
 */
export class FundedBook {
  readonly #market: Market;
  readonly #account: Account;
  readonly #rules: FundingRules;
  readonly #ended: Piece[] = [];
  readonly #paidUsd = new Map<string, number>();

  constructor(market: Market, account: Account, rules: FundingRules) {
    this.#market = market;
    this.#account = account;
    this.#rules = rules;
  }

  get bounds(): FundingBounds {
    return this.#rules.bounds;
  }

  /** What funding does to something that is held from the close of an hour on. */
  of({ symbol, qty, price, hour }: HeldCoins): HeldFunding {
    const part = {
      symbol,
      fromMs: this.#market.closedAtMs(hour),
      fromPrice: price,
      side: qty < 0 ? (-1 as const) : (1 as const),
      markAt: (atMs: number) => this.#closeAt(symbol, atMs),
    };
    return heldFunding(part, this.#rules.recorded.get(symbol) ?? {}, this.#rules.bounds);
  }

  /** The same in US dollars, up to the close of an hour. */
  fundedUsd(part: HeldCoins, hour: number): FundedUsd {
    return fundedUsd(this.of(part), usdOf(part), this.#market.closedAtMs(hour));
  }

  /** Closes up to `qty` (absolute) of a position at the close of an hour. */
  reduce(symbol: string, qty: number, hour: number, price: number): void {
    const position = this.#account.get(symbol);
    if (position === undefined) return;
    const part = { ...heldOf(position), qty: this.#account.reduce(symbol, qty, price) };
    this.#ended.push({ part, hour });
    this.#paidUsd.set(symbol, (this.#paidUsd.get(symbol) ?? 0) + this.fundedUsd(part, hour).paidUsd);
  }

  /** The equity at the close of the hour that is played, less what was paid, US dollars. */
  equityUsd(hour: number): number {
    return round10(this.#account.equityUsd(this.#priceAt(hour)) - this.#paidTo(hour));
  }

  /** What each symbol that was ever held has gained, less what it paid, US dollars. */
  gainsUsd(hour: number): Readonly<Record<string, number>> {
    const paid = this.#paidBySymbol(hour);
    const gains = Object.entries(this.#account.gainsUsd(this.#priceAt(hour)));
    return Object.fromEntries(gains.map(([symbol, usd]) => [symbol, round10(usd - (paid.get(symbol) ?? 0))] as const));
  }

  /** The funding of all positions up to the close of an hour. */
  sum(hour: number): PlayFunding {
    const positions = new Map<string, FundedUsd[]>();
    for (const { part, hour: to } of this.#pieces(hour)) {
      const name = `${part.symbol} ${part.hour}`;
      positions.set(name, [...(positions.get(name) ?? []), this.fundedUsd(part, to)]);
    }
    return { ...fundingSum([...positions.values()], this.bounds), positions: positions.size };
  }

  /** Each payment up to the close of an hour, and what they came to. */
  payments(hour: number): PlayPayments {
    const payments = this.#pieces(hour).flatMap(({ part, hour: to }) => {
      const usd = Math.sign(part.qty) * usdOf(part);
      const each = this.of(part).paymentsBy(this.#market.closedAtMs(to));
      return each.map((payment) => ({ ...payment, symbol: part.symbol, usd }));
    });
    return { paidUsd: this.#paidTo(hour), payments };
  }

  #paidTo(hour: number): number {
    return [...this.#paidBySymbol(hour).values()].reduce((sum, usd) => sum + usd, 0);
  }

  #paidBySymbol(hour: number): ReadonlyMap<string, number> {
    const paid = new Map(this.#paidUsd);
    for (const { part } of this.#openPieces(hour)) {
      paid.set(part.symbol, (paid.get(part.symbol) ?? 0) + this.fundedUsd(part, hour).paidUsd);
    }
    return paid;
  }

  #pieces(hour: number): readonly Piece[] {
    return [...this.#ended, ...this.#openPieces(hour)];
  }

  #openPieces(hour: number): readonly Piece[] {
    return this.#account.positions().map((position) => ({ part: heldOf(position), hour }));
  }

  #priceAt(hour: number): PriceOf {
    return (symbol) => this.#market.close(symbol, hour);
  }

  #closeAt(symbol: string, atMs: number): number | undefined {
    const hour = Math.floor((atMs - this.#market.closedAtMs(0)) / HOUR_MS);
    return hour < 0 || hour >= this.#market.hours ? undefined : this.#market.close(symbol, hour);
  }
}

/**
 * What funding comes to in the difference of two plays, the second less the first. What is not recorded has one rate for
 * both: it moves what they do not hold alike, each payment of a symbol at its worst.
 */
export function fundingBetween(
  first: PlayPayments,
  second: PlayPayments,
  { low, high }: FundingBounds,
): FundingSum & { readonly payments: number } {
  const apart = new Map<string, { usd: number; isRecorded: boolean }>();
  const add = (all: readonly PositionPayment[], sign: 1 | -1) => {
    for (const { symbol, atMs, usd, isRecorded } of all) {
      const name = `${symbol} ${atMs}`;
      apart.set(name, { usd: (apart.get(name)?.usd ?? 0) + sign * usd, isRecorded });
    }
  };
  add(second.payments, 1);
  add(first.payments, -1);
  const differing = [...apart.values()].filter(({ usd }) => round10(usd) !== 0);
  const missing = differing.filter(({ isRecorded }) => !isRecorded);
  const sum = (of: (usd: number) => number) => missing.reduce((total, { usd }) => total + of(usd), 0);
  return {
    low_rate: low,
    high_rate: high,
    paid_usd: second.paidUsd - first.paidUsd,
    not_recorded: missing.length,
    moves_usd: {
      low: sum((usd) => Math.min(-usd * low, -usd * high)),
      high: sum((usd) => Math.max(-usd * low, -usd * high)),
    },
    payments: differing.length,
  };
}

function heldOf({ symbol, qty, entryPrice, openedHour }: Position): HeldCoins {
  return { symbol, qty, price: entryPrice, hour: openedHour };
}

function usdOf({ qty, price }: HeldCoins): number {
  return Math.abs(qty) * price;
}

/** The same with dollars in cents. */
export function fundingInCents<F extends FundingSum>(funding: F): F {
  const { paid_usd, moves_usd } = funding;
  const moves = { low: cents(moves_usd.low), high: cents(moves_usd.high) };
  return { ...funding, paid_usd: cents(paid_usd), moves_usd: moves };
}
