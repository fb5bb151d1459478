import { formatNumber } from '../../schemas/number.ts';
import type { Fields } from '../../schemas/wire.ts';

/** Nothing is asked for above this: a plan that passes with it is limited by no size. */
const MOST_USD = 1e12;
const UNITS_PER_QTY = 1e8;

/** What the gate says of an entry: whether it passes, and what a quantity of 1 is worth where a price is known. */
export interface Asked {
  readonly passes: (entry: Fields) => boolean;
  readonly priceUsd: (entry: Fields) => number | undefined;
  /** The exchange's step of quantity, where it is known: sizes are multiples of it. */
  readonly stepQty?: number | undefined;
}

/** The largest size that passes now: whole cents, and eight digits of quantity or steps of the exchange. */
export interface Largest {
  /** Null: no size is too large. */
  readonly notional_usd: number | null;
  /** Null without a price, or without a limit. */
  readonly qty: number | null;
  readonly price_usd: number | null;
}

/** The largest size with which an entry passes, found by asking the gate itself; undefined when none does: something else refuses. */
export function largestPassing(entry: Fields, asked: Asked): Largest | undefined {
  const rest = unsized(entry);
  if (!passesSmallest(entry, asked)) return undefined;
  const price = asked.priceUsd({ ...rest, qty: '1' });
  const usd = largestUsd(entry, asked, MOST_USD);
  if (usd === MOST_USD) return { notional_usd: null, qty: null, price_usd: price ?? null };
  const most = price === undefined ? undefined : (usd + 0.01) / price + 2 / UNITS_PER_QTY;
  const isCountable = most !== undefined && Number.isSafeInteger(Math.ceil(most * UNITS_PER_QTY));
  return {
    notional_usd: usd,
    qty: isCountable ? largestQty(entry, asked, most) : null,
    price_usd: price ?? null,
  };
}

/** The largest quantity up to `mostQty` with which an entry passes, 0 where none does: whole steps, rounded down. */
export function largestQty(entry: Fields, { passes, stepQty }: Omit<Asked, 'priceUsd'>, mostQty: number): number {
  const rest = unsized(entry);
  let step = Math.max(1, Math.round((stepQty ?? 0) * UNITS_PER_QTY));
  while (mostQty * UNITS_PER_QTY > Number.MAX_SAFE_INTEGER * step) step *= 10;
  const quantity = (steps: number) => (steps * step) / UNITS_PER_QTY;
  const most = Math.floor(Math.round(mostQty * UNITS_PER_QTY * 100) / 100 / step);
  return quantity(lastGood(most, (steps) => passes({ ...rest, qty: formatNumber(quantity(steps)) })));
}

/** The largest notional up to `mostUsd` with which an entry passes, 0 where none does: whole cents, rounded down. */
export function largestUsd(entry: Fields, { passes }: Pick<Asked, 'passes'>, mostUsd: number): number {
  const rest = unsized(entry);
  const most = Math.floor(Math.round(mostUsd * 10_000) / 100);
  return lastGood(most, (cents) => passes({ ...rest, notional_usd: formatNumber(cents / 100) })) / 100;
}

/** Whether an entry passes at no size at all: where not, something else than its size refuses. */
export function passesSmallest(entry: Fields, { passes }: Pick<Asked, 'passes'>): boolean {
  return passes({ ...unsized(entry), notional_usd: '0' });
}

/** An entry without its size, and without leave to make it smaller. */
export function unsized(entry: Fields): Fields {
  const { qty: _qty, notional_usd: _usd, resize: _resize, min_qty: _least, ...rest } = entry;
  return rest;
}

/** The last whole number up to `most` that is good, where 0 is and all after the first bad one are bad. */
function lastGood(most: number, isGood: (value: number) => boolean): number {
  if (most <= 0) return 0;
  if (isGood(most)) return most;
  let good = 0;
  let bad = most;
  while (bad - good > 1) {
    const middle = good + Math.floor((bad - good) / 2);
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
