import { formatNumber } from '../../../schemas/number.ts';
import type { Fields } from '../../../schemas/wire.ts';

/** Nothing is asked for above this: a plan that passes with it is limited by no size. */
const MOST_USD = 1e12;
const UNITS_PER_QTY = 1e8;

/** What the gate says of an entry: whether it passes, and what a quantity of 1 is worth where a price is known. */
export interface Asked {
  readonly passes: (entry: Fields) => boolean;
  readonly priceUsd: (entry: Fields) => number | undefined;
}

/** The largest size that passes now: whole cents, and eight digits of quantity. */
export interface Largest {
  /** Null: no size is too large. */
  readonly notional_usd: number | null;
  /** Null without a price, or without a limit. */
  readonly qty: number | null;
  readonly price_usd: number | null;
}

/** The largest size with which an entry passes, found by asking the gate itself; undefined when none does: something else refuses. */
export function largestPassing(entry: Fields, { passes, priceUsd }: Asked): Largest | undefined {
  const { qty: _qty, notional_usd: _notional, ...rest } = entry;
  const worth = (cents: number) => ({ ...rest, notional_usd: formatNumber(cents / 100) });
  const amounting = (units: number) => ({ ...rest, qty: formatNumber(units / UNITS_PER_QTY) });
  if (!passes(worth(0))) return undefined;
  const price = priceUsd({ ...rest, qty: '1' });
  if (passes(worth(MOST_USD * 100))) return { notional_usd: null, qty: null, price_usd: price ?? null };
  const cents = last(MOST_USD * 100, (value) => passes(worth(value)));
  const most = price === undefined ? undefined : Math.ceil(((cents + 1) / 100 / price) * UNITS_PER_QTY) + 1;
  const units =
    most === undefined || !Number.isSafeInteger(most) ? undefined : last(most, (value) => passes(amounting(value)));
  return {
    notional_usd: cents / 100,
    qty: units === undefined ? null : units / UNITS_PER_QTY,
    price_usd: price ?? null,
  };
}

/** The last whole number below `above` that is good, where 0 is and all after the first bad one are bad. */
function last(above: number, isGood: (value: number) => boolean): number {
  let good = 0;
  let bad = above;
  while (bad - good > 1) {
    const middle = good + Math.floor((bad - good) / 2);
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
