import type { PlanSide } from '../../schemas/plan.ts';
import type { StoredCorrelation, StoredDays } from '../common/book-risk/stored.ts';
import type { HeldPosition } from '../common/exposure.ts';

/** An order that is not in the positions yet: US dollars; one without a side counts on both. */
export interface Coming {
  readonly symbol: string;
  readonly side: PlanSide | null | undefined;
  readonly usd: number;
}

type Side = 'long' | 'short' | 'both';

/**
 * What positions and orders lose with each long in the worst day of its symbol and each short in the best, US dollars. A
 * symbol without data has the worst of all; what has no side, or both open at once, loses the larger of both.
 */
export function lostInWorstDays(
  held: readonly HeldPosition[],
  coming: readonly Coming[],
  { bySymbol, worst, best }: StoredDays,
): number {
  const lost = (symbol: string, side: Side, usd: number) => {
    const [fall, rise] = bySymbol.get(symbol) ?? [worst, best];
    const [long, short] = [usd * Math.max(0, -fall), usd * Math.max(0, rise)];
    return side === 'long' ? long : side === 'short' ? short : Math.max(long, short);
  };
  let sum = 0;
  for (const one of held) sum += lost(one.symbol, sideOf(one), one.notionalUsd ?? 0);
  for (const { symbol, side, usd } of coming) sum += lost(symbol, orderSide(side), usd);
  return sum;
}

/**
 * The correlated heat with an order, US dollars, never below what it would be: the order is added to the stored Σw by
 * rank-one arithmetic, √(wᵀΣw + 2u(Σw)ᵢ + u²σᵢ²), on the worse of both sides where it has none. What changed since Σw was
 * stored, and what is reserved, adds all of its own risk (a volatility is a norm). Undefined where a volatility is not known.
 */
export function correlatedWith(
  order: Coming,
  reserved: readonly Coming[],
  { held, stored }: { readonly held: readonly HeldPosition[]; readonly stored: StoredCorrelation },
): number | undefined {
  let sum = stored.alone;
  const add = (symbol: string, usd: number) => {
    if (usd !== 0) sum += Math.abs(usd) * (stored.bySymbol.get(symbol)?.sigma ?? Number.NaN);
  };
  for (const one of held) add(one.symbol, changedUsd(one, stored.bySymbol.get(one.symbol)?.usd ?? 0));
  const now = new Set(held.map(({ symbol }) => symbol));
  for (const [symbol, { usd }] of stored.bySymbol) if (!now.has(symbol)) add(symbol, usd);
  for (const { symbol, usd } of reserved) add(symbol, usd);
  const row = stored.bySymbol.get(order.symbol);
  const root = Math.sqrt(stored.variance);
  if (order.usd === 0) sum += root;
  else if (row?.together === undefined) sum += root + order.usd * (row?.sigma ?? Number.NaN);
  else {
    const { together, sigma } = row;
    const moved = (usd: number) => stored.variance + 2 * usd * together + usd * usd * sigma * sigma;
    const side = orderSide(order.side);
    const [long, short] = [side === 'short' ? 0 : moved(order.usd), side === 'long' ? 0 : moved(-order.usd)];
    sum += Math.sqrt(Math.max(0, long, short));
  }
  return Number.isFinite(sum) ? sum : undefined;
}

/** By how much a position is not what was stored: one whose side is not known may be on either. */
function changedUsd(position: HeldPosition, storedUsd: number): number {
  const usd = position.notionalUsd ?? 0;
  const side = sideOf(position);
  if (side === 'both') return usd + Math.abs(storedUsd);
  return (side === 'long' ? usd : -usd) - storedUsd;
}

function sideOf({ hedged, qty = 0 }: HeldPosition): Side {
  if (hedged || qty === 0) return 'both';
  return qty > 0 ? 'long' : 'short';
}

function orderSide(side: PlanSide | null | undefined): Side {
  return side === 'BUY' ? 'long' : side === 'SELL' ? 'short' : 'both';
}
