import { closeFraction, isStopMove } from '../../../schemas/action.ts';
import { DEFAULT_STRATEGY } from '../../../schemas/asker.ts';
import { type DecisionRecord, recorded } from '../../../schemas/decision.ts';
import type { GovernorSettings } from '../../../schemas/governor.ts';
import { type RecordedClose, RecordedClosing, RecordedOrder } from '../../../schemas/governor-record.ts';
import { toJson } from '../../../schemas/json.ts';
import { round10 } from '../../../schemas/number.ts';
import type { Reservation } from '../../../schemas/reservation.ts';
import { type OrderBook, ordersAt, otherOrders } from '../../common/otherwise/orders.ts';
import {
  afterClose,
  type Closing,
  otherPositions,
  positionHere,
  type SeenPosition,
} from '../../common/otherwise/positions.ts';
import type { Carried, JointRuling, Logged } from '../../contract/carried.ts';
import type { Rules } from '../../contract/handler.ts';
import { rejudgePlan } from '../record.ts';
import { seenByClose } from './look.ts';
import { afterPermit, otherTimes, timesAt } from './times.ts';

/** A CLOSE judged again on the position as it would be. Of one that closes all there is, all that is there here is closed too. */
export function jointClose(logged: Logged, under: Rules<GovernorSettings>, carried: Carried): JointRuling {
  const { record, atMs } = logged;
  const { symbol, planId } = record;
  const strategy = record.strategy || DEFAULT_STRATEGY;
  const look = { seenOf: seenByClose(record), nowMs: atMs, live: undefined };
  const book = ordersAt({ orders: otherOrders.in(carried), positions: otherPositions.in(carried) }, look);
  const seen = look.seenOf(symbol);
  const here = positionHere(seen, book.positions.get(symbol));
  const ruling = rejudgePlan(closeHere(record, { seen, here, book }), under);
  const goes = { logged: isLetThrough(record.verdict), here: isLetThrough((ruling ?? record).verdict) };
  const [there, own] = sharesOf(record, seen?.qty, here.qty);
  const closing: Closing = {
    from: seen?.qty ?? 0,
    stays: goes.logged ? 1 - there : 1,
    staysHere: goes.here ? 1 - own : 1,
    strategy,
  };
  const permitted = { logged: record.verdict === 'PERMIT', here: (ruling ?? record).verdict === 'PERMIT' };
  const timed = { planId, symbol, strategy, order: undefined, atMs, nowMs: atMs, figures: undefined };
  const times = afterPermit(timesAt(otherTimes.in(carried), atMs), timed, permitted);
  const withOrders = otherOrders.put(carried, book.orders);
  const withTimes = otherTimes.put(withOrders, times);
  return { ruling, carried: otherPositions.put(withTimes, afterClose(book.positions, symbol, closing)) };
}

function isLetThrough(verdict: string): boolean {
  return verdict === 'PERMIT' || verdict === 'WOULD_PERMIT';
}

/** Which share of the position a CLOSE takes, in the log and here: by quantity where it says one. */
function sharesOf(record: DecisionRecord, loggedQty = 0, hereQty = 0): readonly [logged: number, here: number] {
  if (isStopMove(record.action)) return [0, 0];
  const order = recorded(RecordedOrder, record.input);
  const qty = order?.qty ?? order?.close_qty;
  const share = closeFraction(record.action);
  if (qty === undefined) return [share ?? 0, share ?? 0];
  const of = (held: number) => (held === 0 ? 1 : Math.min(1, qty / Math.abs(held)));
  const isWhole = loggedQty !== 0 && qty >= Math.abs(loggedQty);
  return [of(loggedQty), isWhole ? 1 : of(hereQty)];
}

interface Sides {
  readonly seen: SeenPosition | undefined;
  readonly here: SeenPosition;
  readonly book: OrderBook;
}

/** The entry with what it is compared with as it would be; as it is where nothing is otherwise, or was not known. */
function closeHere(record: DecisionRecord, { seen, here, book }: Sides): DecisionRecord {
  const facts = recorded(RecordedClosing, record.facts);
  const { qty: hereQty } = here;
  if (facts?.close === undefined || seen?.qty === undefined || hereQty === undefined) return record;
  const { symbol } = record;
  const order = recorded(RecordedOrder, record.input);
  const reducing_side = hereQty === 0 ? null : hereQty > 0 ? 'SELL' : 'BUY';
  const loggedLive = book.orders.flatMap((one) => (one.isReserved ? (one.logged ?? []) : []));
  const underWay = (rooms: readonly Reservation[], side: RecordedClose['reducing_side']) =>
    rooms.reduce((sum, room) => (room.symbol === symbol && room.side !== side ? sum + (room.qty ?? 0) : sum), 0);
  const added =
    underWay(
      book.orders.flatMap((one) => one.here ?? []),
      reducing_side,
    ) - underWay(loggedLive, facts.close.reducing_side);
  const said = order?.qty ?? order?.close_qty;
  const share = closeFraction(record.action);
  const asked = said ?? (share === undefined ? undefined : Math.abs(hereQty) * share);
  const close: RecordedClose = {
    ...facts.close,
    asked_qty: said !== undefined || asked === undefined ? facts.close.asked_qty : round10(asked),
    size_qty: Math.max(0, round10(facts.close.size_qty + Math.abs(hereQty) - Math.abs(seen.qty) + added)),
    reducing_side,
  };
  if (toJson(close) === toJson(facts.close)) return record;
  return { ...record, facts: toJson({ ...facts, close }) };
}
