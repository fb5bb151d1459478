import { toJson } from '../../schemas/json.ts';
import { round10 } from '../../schemas/number.ts';
import type { PlanSide } from '../../schemas/plan.ts';
import { parseReservation, type Reservation } from '../../schemas/reservation.ts';
import type { HashFact } from '../contract/reads.ts';
import type { HeldPosition } from './exposure.ts';
import { lastOf } from './last-of.ts';

/** The last report of a symbol's position, closed ones included; undefined when there is none. */
export type ReportOf = (symbol: string) => HeldPosition | undefined;

/** The reservations of a portfolio, sorted by what has become of them. */
export interface Reservations {
  readonly live: readonly Reservation[];
  /** Plan ids whose reservation has expired, or whose order shows in the position. */
  readonly released: readonly string[];
  /** Plan ids whose reservation cannot be read. */
  readonly unreadable: readonly string[];
  /** US dollars that the live ones keep, at 10 digits. */
  readonly notionalUsd: number;
}

/** What becomes of every reservation at this moment (contract §4): a report that merely arrives releases nothing. */
export const reservationsAt = lastOf(computeReservations);

function computeReservations(stored: HashFact, reportOf: ReportOf, nowMs: number): Reservations {
  const live: Reservation[] = [];
  const released: string[] = [];
  const unreadable: string[] = [];
  for (const [planId, text] of Object.entries(stored.fields ?? {})) {
    const reservation = parseReservation(text);
    if (reservation === undefined) unreadable.push(planId);
    else if (nowMs >= reservation.expires_ms || hasMoved(reservation, reportOf)) released.push(planId);
    else live.push(reservation);
  }
  const sum = live.reduce((total, reservation) => total + reservation.notional_usd, 0);
  return { live, released, unreadable, notionalUsd: round10(sum) };
}

/** How many symbols have a live reservation and no position yet. */
export function reservedNewSymbols(live: readonly Reservation[], reportOf: ReportOf): number {
  const symbols = new Set(live.map((reservation) => reservation.symbol));
  let count = 0;
  for (const symbol of symbols) if (reportOf(symbol)?.held !== true) count += 1;
  return count;
}

/** An order to keep room for: absolute quantity and US dollars; a notional that is unknown keeps none. */
export interface Order {
  readonly symbol: string;
  readonly side: PlanSide | undefined;
  /** Undefined where the plan names none. */
  readonly strategy: string | undefined;
  readonly qty: number | undefined;
  readonly notionalUsd: number | undefined;
}

/** The times in the JSON text of a reservation: room is kept from the permit on, not from its judging. */
export const RESERVED_TIMES = ['created_ms', 'expires_ms'] as const satisfies readonly (keyof Reservation)[];

/** The JSON text of a new reservation. It is released only once the position shows it and all that were live before it. */
export function newReservation(
  order: Order,
  live: readonly Reservation[],
  reportOf: ReportOf,
  time: { readonly nowMs: number; readonly ttlSec: number },
): string {
  const before = furthest(live.filter((reservation) => reservation.symbol === order.symbol));
  const base = before ?? baseOf(reportOf(order.symbol));
  const notional = order.notionalUsd ?? 0;
  const reservation: Reservation = {
    symbol: order.symbol,
    side: order.side ?? null,
    notional_usd: notional,
    qty: order.qty ?? null,
    through_qty: throughQty(order.qty, before),
    through_notional_usd: round10(notional + (before?.through_notional_usd ?? 0)),
    base_qty: base.base_qty,
    base_notional_usd: base.base_notional_usd,
    created_ms: time.nowMs,
    expires_ms: time.nowMs + time.ttlSec * 1000,
    ...(order.strategy !== undefined && { strategy: order.strategy }),
  };
  return toJson(reservation);
}

function furthest(live: readonly Reservation[]): Reservation | undefined {
  let last: Reservation | undefined;
  for (const reservation of live) {
    if (last === undefined || reservation.through_notional_usd >= last.through_notional_usd) last = reservation;
  }
  return last;
}

function throughQty(qty: number | undefined, before: Reservation | undefined): number | null {
  if (qty === undefined || before?.through_qty === null) return null;
  return round10(qty + (before?.through_qty ?? 0));
}

function baseOf(report: HeldPosition | undefined): Pick<Reservation, 'base_qty' | 'base_notional_usd'> {
  if (report === undefined) return { base_qty: 0, base_notional_usd: 0 };
  return { base_qty: report.qty ?? null, base_notional_usd: report.notionalUsd ?? null };
}

/** Whether the position shows the order of a reservation, and all that were live before it. */
export function hasMoved(reservation: Reservation, reportOf: ReportOf): boolean {
  const now = baseOf(reportOf(reservation.symbol));
  const { side, base_qty: from, base_notional_usd: fromUsd, through_notional_usd: throughUsd } = reservation;
  if (from !== null && now.base_qty !== null) {
    const growth = growthOf(from, now.base_qty, side);
    if (reservation.through_qty !== null) return covers(growth, reservation.through_qty);
    if (now.base_qty === 0 || now.base_notional_usd === null) return false;
    return covers((growth * now.base_notional_usd) / Math.abs(now.base_qty), throughUsd);
  }
  if (fromUsd === null || now.base_notional_usd === null) return false;
  return covers(now.base_notional_usd - fromUsd, throughUsd);
}

/** How many units of its own order the position shows, those before it taken off; undefined where quantities do not say. */
export function shownQty(reservation: Reservation, reportOf: ReportOf): number | undefined {
  const { symbol, side, qty, base_qty: from, through_qty: through } = reservation;
  const now = baseOf(reportOf(symbol)).base_qty;
  if (qty === null || through === null || from === null || now === null) return undefined;
  return round10(Math.min(qty, Math.max(0, growthOf(from, now, side) - (through - qty))));
}

/** Growth of the position on the order's own side, so that a close beside it is never taken for its fill. */
function growthOf(from: number, to: number, side: PlanSide | null): number {
  if (side === null) return Math.abs(to) - Math.abs(from);
  const sign = side === 'BUY' ? 1 : -1;
  return Math.max(0, sign * to) - Math.max(0, sign * from);
}

function covers(growth: number, amount: number): boolean {
  return amount > 0 && round10(growth) >= amount;
}
