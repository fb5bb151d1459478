import { round10 } from '../../schemas/number.ts';

/** A position of the demo's account. */
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

/** Balance and positions of the demo's account. Fills are at the close, without fees or funding. Dollars throughout. */
export class Account {
  #balanceUsd: number;
  #highWaterUsd: number;
  readonly #positions = new Map<string, Position>();

  constructor(startUsd: number) {
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
  }

  /** Closes up to `qty` (absolute) of a position at `price`; answers the signed quantity that was closed. */
  reduce(symbol: string, qty: number, price: number): number {
    const position = this.#positions.get(symbol);
    if (position === undefined) return 0;
    const closed = Math.sign(position.qty) * Math.min(qty, Math.abs(position.qty));
    this.#balanceUsd = round10(this.#balanceUsd + closed * (price - position.entryPrice));
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

  grossNotionalUsd(priceOf: PriceOf): number {
    return round10(this.positions().reduce((sum, { symbol, qty }) => sum + Math.abs(qty) * priceOf(symbol), 0));
  }

  /** Percent below the highest equity seen by an earlier call or this one. */
  drawdownPercent(priceOf: PriceOf): number {
    const equityUsd = this.equityUsd(priceOf);
    this.#highWaterUsd = Math.max(this.#highWaterUsd, equityUsd);
    return round10((1 - equityUsd / this.#highWaterUsd) * 100);
  }
}

/** What a position has gained at a price, US dollars. */
export function gainUsd(position: Position, price: number): number {
  return round10(position.qty * (price - position.entryPrice));
}
