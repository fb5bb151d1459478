import { round10 } from '../../../schemas/number.ts';

/** A position of a strategy's account. */
export interface Position {
  readonly symbol: string;
  /** Positive when long, negative when short. */
  readonly qty: number;
  readonly entryPrice: number;
  /** Daily sigma of the symbol when it was entered: what take profit and stop loss are measured in. */
  readonly entrySigmaDaily: number;
  readonly openedHour: number;
  /** Whether it belongs to the core book, which is kept all month. */
  readonly core: boolean;
}

/** The price of a symbol, US dollars. */
export type PriceOf = (symbol: string) => number;

/** Balance and positions of a strategy's account. Fills are at the close, without funding; each costs its fee. Dollars throughout. */
export class Account {
  #balanceUsd: number;
  #highWaterUsd: number;
  readonly #feeShare: number;
  readonly #realizedUsd = new Map<string, number>();
  readonly #positions = new Map<string, Position>();

  /** `feeBps`: hundredths of a percent of the notional of a fill. */
  constructor(startUsd: number, feeBps = 0) {
    this.#feeShare = feeBps / 10_000;
    this.#balanceUsd = startUsd;
    this.#highWaterUsd = startUsd;
  }

  /** Realised balance. */
  get balanceUsd(): number {
    return this.#balanceUsd;
  }

  get(symbol: string): Position | undefined {
    return this.#positions.get(symbol);
  }

  /** All open positions, in the order in which they were opened. */
  positions(): readonly Position[] {
    return [...this.#positions.values()];
  }

  /** Takes a filled entry in. A symbol has one position at a time. */
  open(position: Position): void {
    if (this.#positions.has(position.symbol)) throw new Error(`expected no position in ${position.symbol} yet`);
    this.#positions.set(position.symbol, position);
    this.#book(position.symbol, -this.#feeUsd(position.qty, position.entryPrice));
  }

  /** Closes up to `qty` (absolute) of a position at `price`; answers the signed quantity that was closed. */
  reduce(symbol: string, qty: number, price: number): number {
    const position = this.#positions.get(symbol);
    if (position === undefined) return 0;
    const closed = Math.sign(position.qty) * Math.min(qty, Math.abs(position.qty));
    this.#book(symbol, closed * (price - position.entryPrice) - this.#feeUsd(closed, price));
    const rest = round10(position.qty - closed);
    if (rest === 0) this.#positions.delete(symbol);
    else this.#positions.set(symbol, { ...position, qty: rest });
    return closed;
  }

  unrealizedUsd(priceOf: PriceOf): number {
    return round10(this.positions().reduce((sum, position) => sum + gainUsd(position, priceOf(position.symbol)), 0));
  }

  equityUsd(priceOf: PriceOf): number {
    return round10(this.#balanceUsd + this.unrealizedUsd(priceOf));
  }

  /** What each symbol that was ever held has gained, realised and not, less fees. */
  gainsUsd(priceOf: PriceOf): Readonly<Record<string, number>> {
    const gains = [...this.#realizedUsd].map(([symbol, usd]) => {
      const position = this.#positions.get(symbol);
      return [symbol, round10(usd + (position === undefined ? 0 : gainUsd(position, priceOf(symbol))))] as const;
    });
    return Object.fromEntries(gains.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  grossNotionalUsd(priceOf: PriceOf): number {
    return round10(this.positions().reduce((sum, { symbol, qty }) => sum + Math.abs(qty) * priceOf(symbol), 0));
  }

  /** Percent below the highest equity seen by an earlier call or this one. */
  drawdownPercent(priceOf: PriceOf): number {
    const equityUsd = this.equityUsd(priceOf);
    this.#highWaterUsd = Math.max(this.#highWaterUsd, equityUsd);
    return round10((1 - equityUsd / this.#highWaterUsd) * 100);
  }

  #feeUsd(qty: number, price: number): number {
    return this.#feeShare * Math.abs(qty) * price;
  }

  #book(symbol: string, usd: number): void {
    this.#balanceUsd = round10(this.#balanceUsd + usd);
    this.#realizedUsd.set(symbol, round10((this.#realizedUsd.get(symbol) ?? 0) + usd));
  }
}

/** What a position has gained at a price, US dollars. */
export function gainUsd(position: Position, price: number): number {
  return round10(position.qty * (price - position.entryPrice));
}
