import { round10 } from '../../../schemas/number.ts';
import { carriedPart } from '../../contract/carried.ts';

/** A position: base units, long above 0, and US dollars; undefined where not known. */
export interface SeenPosition {
  readonly qty: number | undefined;
  readonly usd: number | undefined;
}

/** What a strategy's orders have made otherwise about a position: base units, long above 0. */
export interface OtherPart {
  readonly strategy: string;
  /** What the log's position has of orders that would not have been placed. */
  readonly missing: number;
  /** What it lacks of orders that would have been. */
  readonly extra: number;
}

/** A close that the log's position does not show yet: from which size, and which share of it stays, there and here. */
export interface Closing {
  readonly from: number;
  readonly stays: number;
  readonly staysHere: number;
  readonly strategy: string;
}

/** What is otherwise about the position of a symbol. */
export interface OtherPosition {
  readonly parts: readonly OtherPart[];
  /** The last price that was seen, US dollars. */
  readonly price: number | undefined;
  /** The log's position as a plan last showed it, and as orders have changed it since, base units. */
  readonly seenQty?: number | undefined;
  readonly closing?: Closing | undefined;
}

/** Positions that would be others, by symbol. */
export type OtherPositions = ReadonlyMap<string, OtherPosition>;

/** The part of what is carried that all gates share which look at positions. */
export const otherPositions = carriedPart<OtherPositions>('positions', new Map());

const FLAT: SeenPosition = { qty: 0, usd: 0 };

/** The position as it would be, by the one of the log; undefined: as far as is known there is none. */
export function positionHere(seen: SeenPosition | undefined, other: OtherPosition | undefined): SeenPosition {
  const { qty, usd } = seen ?? FLAT;
  if (other === undefined) return { qty, usd };
  const moved = movedBy(other);
  const price = priceOf(seen) ?? other.price;
  if (qty === undefined) {
    if (usd === undefined || price === undefined) return { qty, usd };
    const left = Math.max(
      0,
      round10(usd + price * (sumOf(other, 'extra', Math.abs) - sumOf(other, 'missing', Math.abs))),
    );
    return left === 0 ? FLAT : { qty, usd: left };
  }
  const here = round10(qty + moved);
  if (here === 0) return FLAT;
  return { qty: here, usd: price === undefined ? undefined : round10(Math.abs(here) * price) };
}

/** Whether a position is there. */
export function isHeld({ qty, usd }: SeenPosition): boolean {
  return qty === undefined ? usd !== 0 : qty !== 0;
}

/** In how many symbols something is held that the log never had, or closed. */
export function heldMore(positions: OtherPositions): number {
  return [...positions.values()].filter((other) => sumOf(other, 'extra', Math.abs) !== 0).length;
}

/** What is otherwise once the log has shown a position: a close that was on its way, and one that nobody asked for. */
export function afterLook(
  positions: OtherPositions,
  seenOf: (symbol: string) => SeenPosition | undefined,
): OtherPositions {
  let next = positions;
  for (const [symbol, other] of positions) {
    const seen = seenOf(symbol);
    if (seen !== undefined) next = put(next, symbol, lookedAt(other, seen));
  }
  return next;
}

/** The same with the quantities and the prices that a plan showed kept, for decisions that tell of dollars alone. */
export function afterShown(
  positions: OtherPositions,
  seenOf: (symbol: string) => SeenPosition | undefined,
  { symbol: own, price }: { readonly symbol: string; readonly price: number | undefined },
): OtherPositions {
  let next = positions;
  for (const [symbol, other] of positions) {
    const seenQty = seenOf(symbol)?.qty ?? other.seenQty;
    const now = symbol === own && price !== undefined ? price : other.price;
    if (seenQty !== other.seenQty || now !== other.price) next = put(next, symbol, { ...other, seenQty, price: now });
  }
  return next;
}

/** Whether something would be held that the log does not hold, so that no price of it is told but the last that was seen. */
export function isAtLastPrice(
  positions: OtherPositions,
  seenOf: (symbol: string) => SeenPosition | undefined,
  own: { readonly symbol: string; readonly price: number | undefined },
): boolean {
  return [...positions].some(([symbol, other]) => {
    if (symbol === own.symbol && own.price !== undefined) return false;
    const seen = seenOf(symbol);
    return priceOf(seen) === undefined && isHeld(positionHere(seen, other));
  });
}

/** What is otherwise once an order of the log shows in its position, or would in the other. */
export function afterFill(
  positions: OtherPositions,
  symbol: string,
  fill: OtherPart & Pick<OtherPosition, 'price' | 'seenQty'>,
): OtherPositions {
  const { price, seenQty, ...part } = fill;
  if (part.missing === 0 && part.extra === 0) return positions;
  const other = positions.get(symbol) ?? { parts: [], price };
  const own = other.parts.find(({ strategy }) => strategy === part.strategy);
  const rest = other.parts.filter((one) => one !== own);
  const [missing, extra] = netted(part.missing + (own?.missing ?? 0), part.extra + (own?.extra ?? 0));
  return put(positions, symbol, {
    ...other,
    price: price ?? other.price,
    seenQty,
    parts: [...rest, { ...part, missing, extra }],
  });
}

/** The same once the log's position has changed, by what it is taken to be now. */
export function afterUnseen(positions: OtherPositions, symbol: string, seenQty: number | undefined): OtherPositions {
  const other = positions.get(symbol);
  return other === undefined || other.seenQty === seenQty ? positions : put(positions, symbol, { ...other, seenQty });
}

/** What is otherwise once a close was permitted: it shows later where the log's position is known, and at once elsewhere. */
export function afterClose(positions: OtherPositions, symbol: string, closing: Closing): OtherPositions {
  const other = positions.get(symbol) ?? { parts: [], price: undefined };
  if (other.parts.length === 0 && closing.stays === closing.staysHere) return positions;
  const settled = closedBy(other);
  const waits = closing.from !== 0;
  return put(positions, symbol, waits ? { ...settled, closing } : closedBy({ ...settled, closing }));
}

function put(positions: OtherPositions, symbol: string, other: OtherPosition): OtherPositions {
  if (other === positions.get(symbol)) return positions;
  const parts = other.parts.filter(({ missing, extra }) => missing !== 0 || extra !== 0);
  const next = new Map(positions);
  if (parts.length === 0 && other.closing === undefined) next.delete(symbol);
  else next.set(symbol, { ...other, parts });
  return next;
}

function lookedAt(other: OtherPosition, seen: SeenPosition): OtherPosition {
  const { closing } = other;
  const isClosed = closing !== undefined && seen.qty !== undefined && Math.abs(seen.qty) < Math.abs(closing.from);
  const within = clamped(isClosed ? closedBy(other) : other, seen.qty);
  const price = priceOf(seen) ?? within.price;
  return price === within.price ? within : { ...within, price };
}

/** Of an order that would not have been placed no more can be left than the log's position has. */
function clamped(other: OtherPosition, qty: number | undefined): OtherPosition {
  const missing = sumOf(other, 'missing');
  if (qty === undefined || missing === 0) return other;
  const isOpposite = qty !== 0 && Math.sign(qty) !== Math.sign(missing);
  if (isOpposite || Math.abs(qty) >= Math.abs(missing)) return other;
  return scaled(other, Math.abs(qty / missing));
}

/** What is otherwise once the log's position shows the close that was on its way. */
export function closedBy(other: OtherPosition): OtherPosition {
  const { closing, ...rest } = other;
  if (closing === undefined) return other;
  const { from, stays, staysHere, strategy } = closing;
  const kept = rest.parts.map((part) => ({ ...part, extra: round10(part.extra * staysHere) }));
  const here = (from + movedBy(other)) * staysHere;
  const extra = kept.reduce((sum, part) => sum + part.extra, 0);
  const missing = round10(from * stays + extra - here);
  const was = sumOf(other, 'missing');
  if (was !== 0 && Math.sign(missing) !== -Math.sign(was)) return scaled({ ...rest, parts: kept }, missing / was);
  const none = kept.map((part) => ({ ...part, missing: 0 }));
  const isMore = Math.sign(missing) === -Math.sign(from);
  const isOwn = (part: OtherPart) => part.strategy === strategy;
  const own = none.find(isOwn) ?? { strategy, missing: 0, extra: 0 };
  const [gone, more] = netted(isMore ? 0 : missing, own.extra - (isMore ? missing : 0));
  const left = { ...own, missing: gone, extra: more };
  return { ...rest, parts: missing === 0 ? none : [...none.filter((part) => !isOwn(part)), left] };
}

function scaled(other: OtherPosition, by: number): OtherPosition {
  return { ...other, parts: other.parts.map((part) => ({ ...part, missing: round10(part.missing * by) })) };
}

/** What is on both sides is on neither. */
function netted(missing: number, extra: number): readonly [missing: number, extra: number] {
  if (Math.sign(missing) !== Math.sign(extra)) return [round10(missing), round10(extra)];
  const both = Math.sign(missing) * Math.min(Math.abs(missing), Math.abs(extra));
  return [round10(missing - both), round10(extra - both)];
}

/** Base units that would be held beside the log's. */
export function movedBy(other: OtherPosition): number {
  return sumOf(other, 'extra') - sumOf(other, 'missing');
}

function sumOf({ parts }: OtherPosition, what: 'missing' | 'extra', as = (value: number) => value): number {
  return parts.reduce((sum, part) => sum + as(part[what]), 0);
}

/** The price that a position was seen at, US dollars; undefined where it was not. */
export function priceOf(seen: SeenPosition | undefined): number | undefined {
  if (seen?.qty === undefined || seen.usd === undefined || seen.qty === 0) return undefined;
  return seen.usd / Math.abs(seen.qty);
}
