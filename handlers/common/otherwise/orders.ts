import { round10 } from '../../../schemas/number.ts';
import type { PlanSide } from '../../../schemas/plan.ts';
import { parseReservation, type Reservation } from '../../../schemas/reservation.ts';
import { type Carried, carriedPart, type Logged } from '../../contract/carried.ts';
import { hasMoved, newReservation, type ReportOf, shownQty } from '../reservations.ts';
import { type Look, reportsOf } from './look.ts';
import { afterFill, afterLook, afterUnseen, type OtherPositions } from './positions.ts';

/**
 * An order of a plan that opens, from its decision until its position shows it, or its time is over. Placed on `both` sides,
 * in the log alone, or here alone, though the log may show it all the same (a dry run tells of plans that others carry out).
 */
export interface Order {
  readonly planId: string;
  readonly symbol: string;
  readonly strategy: string;
  readonly side: PlanSide | undefined;
  /** Base units; undefined where neither plan nor price say. */
  readonly qty: number | undefined;
  readonly price: number | undefined;
  readonly placed: 'both' | 'logged' | 'here';
  /** Whether the log keeps room for it: a dry run keeps none. */
  readonly isReserved: boolean;
  /** Its room in the log, and here; undefined where there is none, or none any more. */
  readonly logged: Reservation | undefined;
  readonly here: Reservation | undefined;
  /** The log's position as a plan showed it last, base units: null where it changed unseen since; left out: as it was when this was placed. */
  readonly seenQty?: number | null;
}

/** The part of what is carried that holds orders on their way, oldest first: no older than a reservation lives. */
export const otherOrders = carriedPart<readonly Order[]>('governor orders', []);

/** Orders on their way, and what they have made otherwise about positions. */
export interface OrderBook {
  readonly orders: readonly Order[];
  readonly positions: OtherPositions;
}

/** What has become of orders by the time that a decision shows. */
export function ordersAt(book: OrderBook, look: Look): OrderBook {
  const logged = reportsOf(look.seenOf);
  let positions = afterLook(book.positions, look.seenOf);
  let orders: Order[] = [];
  const changed = new Set<string>();
  for (const order of book.orders) {
    const end = order.logged === undefined ? undefined : endOf(order.logged, logged, look);
    if (end === undefined) orders.push(order);
    else {
      positions = filled(positions, order, end.shown, logged(order.symbol)?.qty);
      orders.push({ ...order, logged: undefined });
      changed.add(order.symbol);
    }
  }
  orders = freed(orders, look.live).map((order) => shown(order, look, changed));
  const here = reportsOf(look.seenOf, positions);
  const kept = orders.map((order) => (isOver(order.here, here, look) ? { ...order, here: undefined } : order));
  const left = kept.filter((order) => order.logged !== undefined || order.here !== undefined);
  const isSame = left.length === book.orders.length && left.every((order, at) => order === book.orders[at]);
  return { orders: isSame ? book.orders : left, positions };
}

/** An order beside what has become of its position: that another order has ended which nobody saw come is not known. */
function shown(order: Order, { seenOf }: Look, changed: ReadonlySet<string>): Order {
  const seenQty = seenOf(order.symbol)?.qty ?? (changed.has(order.symbol) ? null : order.seenQty);
  return seenQty === order.seenQty || seenQty === undefined ? order : { ...order, seenQty };
}

/** A new order with its room: in the log, and here. */
export function placedOrder(
  about: Omit<Order, 'logged' | 'here'> & { readonly usd: number | undefined },
  { orders, positions }: OrderBook,
  { seenOf, nowMs }: Look,
  time: { readonly atMs: number; readonly ttlSec: number },
): Order {
  const { usd, ...order } = about;
  const { symbol, side, strategy, qty } = order;
  const room = (live: readonly (Reservation | undefined)[], reportOf: ReportOf) => {
    const own = { symbol, side, strategy, qty, notionalUsd: usd };
    const there = live.filter((one) => one !== undefined);
    return parseReservation(
      newReservation(own, there, reportOf, { nowMs: Math.max(time.atMs, nowMs), ttlSec: time.ttlSec }),
    );
  };
  const logged = room(
    orders.map((one) => one.logged),
    reportsOf(seenOf),
  );
  if (order.placed === 'logged') return { ...order, logged, here: undefined };
  return {
    ...order,
    logged,
    here: room(
      orders.map((one) => one.here),
      reportsOf(seenOf, positions),
    ),
  };
}

/** What is otherwise once the log says that an order was not executed: it came to nothing here too, for it was the same order. */
export function withoutRoom({ record }: Logged, carried: Carried): Carried {
  const orders = otherOrders.in(carried);
  const isMeant = ({ planId }: Order) => planId === record.planId;
  if (record.verdict !== 'RELEASED' || !orders.some(isMeant)) return carried;
  return otherOrders.put(
    carried,
    orders.filter((order) => !isMeant(order)),
  );
}

function endOf(
  room: Reservation,
  reportOf: ReportOf,
  { seenOf, nowMs }: Look,
): { readonly shown: number | 'all' } | undefined {
  const isSeen = seenOf(room.symbol) !== undefined;
  if (isSeen && hasMoved(room, reportOf)) return { shown: 'all' };
  if (nowMs < room.expires_ms) return undefined;
  return { shown: isSeen ? (shownQty(room, reportOf) ?? 0) : 'all' };
}

function isOver(room: Reservation | undefined, reportOf: ReportOf, { seenOf, nowMs }: Look): boolean {
  if (room === undefined) return false;
  return nowMs >= room.expires_ms || (seenOf(room.symbol) !== undefined && hasMoved(room, reportOf));
}

/** What an order came to in the log is missing where it was placed there alone; one that it never shows is taken at its size where it is placed here. */
function filled(
  positions: OtherPositions,
  order: Order,
  shown: number | 'all',
  heldQty: number | undefined,
): OtherPositions {
  const { placed, symbol, strategy, qty = 0, price, side } = order;
  const sign = side === undefined ? Math.sign(heldQty ?? 0) || 1 : side === 'BUY' ? 1 : -1;
  const came = shown === 'all' ? qty : shown;
  const seenQty = heldQty ?? unseenQty(positions, order, sign * came);
  if (placed === 'both') return afterUnseen(positions, symbol, seenQty);
  const [missing, extra] = placed === 'logged' ? [sign * came, 0] : [0, sign * (qty - came)];
  return afterFill(afterUnseen(positions, symbol, seenQty), symbol, { strategy, price, missing, extra, seenQty });
}

/** The log's position once an order has come that no plan has shown since; undefined where it was not known before. */
function unseenQty(positions: OtherPositions, { symbol, logged }: Order, came: number): number | undefined {
  const other = positions.get(symbol);
  const from = other === undefined ? logged?.base_qty : other.seenQty;
  return from === undefined || from === null ? undefined : round10(from + came);
}

/** Where the log keeps room for fewer orders than were on their way, the oldest came to nothing: a permit was taken back. */
function freed(orders: readonly Order[], live: number | undefined): Order[] {
  const reserved = orders.filter(({ logged, isReserved }) => logged !== undefined && isReserved);
  const over = live === undefined ? 0 : reserved.length - live;
  if (over <= 0) return [...orders];
  const gone = new Set(reserved.slice(0, over));
  return orders.filter((order) => !gone.has(order));
}
