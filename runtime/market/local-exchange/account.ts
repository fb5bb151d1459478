import { round10 } from '../../../schemas/number.ts';

const DEFAULT_LEVERAGE = 10;
/** Maintenance margin as a share of notional: the `maintMarginPercent` that the exchange lists, without its brackets. */
const MAINTENANCE_SHARE = 0.025;

/** Which position of a symbol: `BOTH` in one-way mode, the others in hedge mode. */
export const POSITION_SIDES = ['BOTH', 'LONG', 'SHORT'] as const;
export type PositionSide = (typeof POSITION_SIDES)[number];

/** A position as the account keeps it. `qty` is signed (a SHORT one is negative) and never 0. */
export interface HeldPosition {
  readonly symbol: string;
  readonly side: PositionSide;
  readonly qty: number;
  readonly entryPrice: number;
  /** Profit realised on this symbol and side since the account was opened. */
  readonly realizedUsd: number;
  readonly updatedMs: number;
}

/** Something to fill: `qty` is signed, positive when bought. */
export interface Fill {
  readonly symbol: string;
  readonly side: PositionSide;
  readonly qty: number;
  readonly price: number;
  readonly atMs: number;
}

/** What a fill did: the profit it realised, and the position after it (`qty` 0 when it is gone). */
export interface Filled {
  readonly realizedUsd: number;
  readonly position: HeldPosition;
}

/** What the account is worth at the marks, US dollars. */
export interface AccountFigures {
  readonly walletUsd: number;
  readonly unrealizedUsd: number;
  /** Wallet and unrealized profit. */
  readonly marginUsd: number;
  readonly initialMarginUsd: number;
  readonly maintenanceUsd: number;
  /** Margin balance without the initial margin, not below 0. */
  readonly availableUsd: number;
}

/** The mark price of a symbol, US dollars. */
export type MarkOf = (symbol: string) => number;

/** One account of a local exchange, in USDT at cross margin. No fees, no funding, no liquidation. */
export class ExchangeAccount {
  walletUsd: number;
  readonly leverage = new Map<string, number>();
  /** Assets beside USDT, by name: listed, and in no total. */
  readonly foreignAssets = new Map<string, number>();
  readonly #positions = new Map<string, HeldPosition>();
  readonly #realized = new Map<string, number>();
  #hedgeMode: boolean;

  constructor(balanceUsd: number, hedgeMode: boolean) {
    this.walletUsd = balanceUsd;
    this.#hedgeMode = hedgeMode;
  }

  get hedgeMode(): boolean {
    return this.#hedgeMode;
  }

  /** Changes the mode; answers false, and changes nothing, while there are positions. */
  setHedgeMode(on: boolean): boolean {
    if (on !== this.#hedgeMode && this.#positions.size > 0) return false;
    this.#hedgeMode = on;
    return true;
  }

  /** Open positions by symbol, then side. */
  positions(): readonly HeldPosition[] {
    return [...this.#positions.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  /** The signed quantity held; 0 when flat. */
  qtyOf(symbol: string, side: PositionSide): number {
    return this.#positions.get(keyOf({ symbol, side }))?.qty ?? 0;
  }

  leverageOf(symbol: string): number {
    return this.leverage.get(symbol) ?? DEFAULT_LEVERAGE;
  }

  /** Takes a fill in: what is closed realises its profit, what goes through zero opens the other way at the fill's price. */
  fill(fill: Fill): Filled {
    const key = keyOf(fill);
    const held = this.#positions.get(key);
    const closed = held === undefined ? 0 : closedBy(held.qty, fill.qty);
    const realizedUsd = held === undefined ? 0 : round10(-closed * (fill.price - held.entryPrice));
    const qty = round10((held?.qty ?? 0) + fill.qty);
    this.walletUsd = round10(this.walletUsd + realizedUsd);
    this.#realized.set(key, round10((this.#realized.get(key) ?? 0) + realizedUsd));
    const position = {
      symbol: fill.symbol,
      side: fill.side,
      qty,
      entryPrice: entryAfter(held, fill, qty),
      realizedUsd: this.#realized.get(key) ?? 0,
      updatedMs: fill.atMs,
    };
    if (qty === 0) this.#positions.delete(key);
    else this.#positions.set(key, position);
    return { realizedUsd, position };
  }

  /** What the account is worth at these marks. */
  figures(markOf: MarkOf): AccountFigures {
    const held = this.positions();
    const sum = (of: (position: HeldPosition) => number) => round10(held.reduce((total, one) => total + of(one), 0));
    const unrealizedUsd = sum((position) => unrealizedOf(position, markOf));
    const initialMarginUsd = sum((position) => notionalOf(position, markOf) / this.leverageOf(position.symbol));
    const marginUsd = round10(this.walletUsd + unrealizedUsd);
    return {
      walletUsd: this.walletUsd,
      unrealizedUsd,
      marginUsd,
      initialMarginUsd,
      maintenanceUsd: sum((position) => maintenanceOf(position, markOf)),
      availableUsd: Math.max(0, round10(marginUsd - initialMarginUsd)),
    };
  }
}

/** What a position has gained at the mark, US dollars. */
export function unrealizedOf(position: HeldPosition, markOf: MarkOf): number {
  return round10(position.qty * (markOf(position.symbol) - position.entryPrice));
}

/** |quantity| × mark, US dollars. */
export function notionalOf(position: HeldPosition, markOf: MarkOf): number {
  return round10(Math.abs(position.qty) * markOf(position.symbol));
}

/** Maintenance margin of a position at the mark: 2.5 % of its notional. */
export function maintenanceOf(position: HeldPosition, markOf: MarkOf): number {
  return round10(notionalOf(position, markOf) * MAINTENANCE_SHARE);
}

/**
 * The mark of its symbol at which the margin balance is the maintenance margin, all other marks as they are: US dollars,
 * 0 where no price above 0 is one.
 */
export function liquidationPriceOf(
  { qty, symbol }: HeldPosition,
  { marginUsd, maintenanceUsd }: AccountFigures,
  markOf: MarkOf,
): number {
  const size = Math.abs(qty);
  const slope = qty - MAINTENANCE_SHARE * size;
  const price = round10(markOf(symbol) - (marginUsd - maintenanceUsd) / slope);
  return Number.isFinite(price) && price > 0 ? price : 0;
}

function keyOf({ symbol, side }: { readonly symbol: string; readonly side: PositionSide }): string {
  return `${symbol}:${side}`;
}

/** The part of a fill that closes what is held, signed as the fill; 0 when it adds. */
function closedBy(heldQty: number, fillQty: number): number {
  if (Math.sign(heldQty) === Math.sign(fillQty)) return 0;
  return Math.sign(fillQty) * Math.min(Math.abs(heldQty), Math.abs(fillQty));
}

function entryAfter(held: HeldPosition | undefined, fill: Fill, qty: number): number {
  if (qty === 0) return 0;
  if (held === undefined || Math.sign(held.qty) !== Math.sign(qty)) return fill.price;
  const added = Math.sign(held.qty) === Math.sign(fill.qty);
  return added ? round10((held.qty * held.entryPrice + fill.qty * fill.price) / qty) : held.entryPrice;
}
