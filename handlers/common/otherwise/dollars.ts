import { round10 } from '../../../schemas/number.ts';
import type { Order, OrderBook } from './orders.ts';
import { closedBy, movedBy, type OtherPosition, positionHere } from './positions.ts';

/** What a position would be worth by a decision that tells of dollars alone. */
export interface Dollars {
  /** US dollars, gross, of each thing that it may be, the likeliest at the last price first; undefined: it has no price. */
  readonly each: readonly (number | undefined)[];
  /** Whether it is one of these: false where the log's quantity was not seen. */
  readonly isKnown: boolean;
  /** Whether it is reckoned at the last price that was seen, because the log holds nothing of it now. */
  readonly atLastPrice: boolean;
}

const FLAT = { qty: 0, usd: 0 };

/** What the log's position may be, and what would be held here then: base units. */
interface Possible {
  readonly there: number;
  readonly here: number;
}

/** Symbols in which something may be otherwise. */
export function otherSymbols({ orders, positions }: OrderBook): ReadonlySet<string> {
  return new Set([
    ...positions.keys(),
    ...orders.filter(({ placed }) => placed !== 'both').map(({ symbol }) => symbol),
  ]);
}

/** A position as it would be, by US dollars of the log's; null: it has no price. */
export function dollarsHere(usd: number | null, symbol: string, { orders, positions }: OrderBook): Dollars {
  const other = positions.get(symbol);
  const told = { isKnown: true, atLastPrice: false };
  if (usd === 0) {
    const here = other && positionHere(FLAT, other.closing === undefined ? unshown(other) : closedBy(other));
    return { ...told, each: [here === undefined ? 0 : here.usd], atLastPrice: here !== undefined && here.usd !== 0 };
  }
  const onTheWay = orders.filter((order) => order.symbol === symbol && order.logged !== undefined);
  const possible = possibilities(other, onTheWay);
  const price = other?.price ?? onTheWay[0]?.price ?? 0;
  if (possible.length === 0) {
    const here = other && positionHere({ qty: undefined, usd: usd ?? undefined }, other);
    return { ...told, each: [here === undefined ? (usd ?? undefined) : here.usd], isKnown: false };
  }
  const far = ({ there }: Possible) => Math.abs((usd ?? 0) / Math.abs(there) - price);
  const likely = [...possible].sort((one, two) => far(one) - far(two)).map(({ there, here }) => Math.abs(here / there));
  const shares = likely.filter((one, at) => likely.findIndex((other) => round10(other) === round10(one)) === at);
  if (usd === null) return { ...told, each: [shares.every((share) => share === 0) ? 0 : undefined] };
  return { ...told, each: shares.map((share) => usd * share) };
}

/** Of an order that would not have been placed nothing is left where the log holds nothing. */
function unshown(other: OtherPosition): OtherPosition {
  return { ...other, parts: other.parts.map((part) => ({ ...part, missing: 0 })) };
}

/** All that the log's position may be while it holds something; nothing where its quantity was not seen. */
function possibilities(other: OtherPosition | undefined, onTheWay: readonly Order[]): readonly Possible[] {
  if (other === undefined && onTheWay.length === 0) return [{ there: 1, here: 1 }];
  const from = other === undefined ? seenBeside(onTheWay[0]) : other.seenQty;
  if (from === undefined) return [];
  const settled = other?.closing && closedBy(other);
  const begun: Possible[] = [{ there: from, here: from + (other === undefined ? 0 : movedBy(other)) }];
  if (other?.closing !== undefined && settled !== undefined) {
    const there = other.closing.from * other.closing.stays;
    begun.push({ there, here: there + movedBy(settled) });
  }
  const all = [...begun];
  for (const { there, here } of begun) {
    let moved = { there, here };
    for (const { qty, side, placed } of onTheWay) {
      if (qty === undefined || side === undefined) return [];
      const by = side === 'BUY' ? qty : -qty;
      moved = { there: moved.there + by, here: moved.here + (placed === 'logged' ? 0 : by) };
      all.push(moved);
    }
  }
  return all.filter((one) => one.there !== 0);
}

/** The log's position beside an order on its way, as it was shown last; undefined where it was not. */
function seenBeside(order: Order | undefined): number | undefined {
  const qty = order?.seenQty === undefined ? order?.logged?.base_qty : order.seenQty;
  return qty ?? undefined;
}
