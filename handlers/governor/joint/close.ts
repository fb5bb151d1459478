import { isStopMove } from '../../../schemas/action.ts';
import { DEFAULT_STRATEGY } from '../../../schemas/asker.ts';
import { type DecisionRecord, recorded } from '../../../schemas/decision.ts';
import type { GovernorSettings } from '../../../schemas/governor.ts';
import { type RecordedClose, RecordedClosing, RecordedPositions } from '../../../schemas/governor-record.ts';
import { toJson } from '../../../schemas/json.ts';
import { round10 } from '../../../schemas/number.ts';
import type { Reservation } from '../../../schemas/reservation.ts';
import { afterFollowed, exitOf, otherExits } from '../../common/otherwise/exits.ts';
import { type OrderBook, ordersAt, otherOrders } from '../../common/otherwise/orders.ts';
import {
  afterClose,
  afterShown,
  type Closing,
  otherPositions,
  positionHere,
  type SeenPosition,
} from '../../common/otherwise/positions.ts';
import type { Carried, JointRuling, Logged } from '../../contract/carried.ts';
import type { Rules } from '../../contract/handler.ts';
import { rejudgePlan } from '../record.ts';
import { type Asked, askedOf, sharesOf } from './asked.ts';
import { seenByClose } from './look.ts';
import { afterTrade, strategiesIn } from './strategies.ts';
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
  const exits = otherExits.in(carried);
  const exit = exitOf(exits, planId, symbol);
  const asked = askedOf(record, exit, seen?.qty);
  const ruling = rejudgePlan(closeHere(record, { seen, here, book, asked }), under);
  const goes = { logged: isLetThrough(record.verdict), here: isLetThrough((ruling ?? record).verdict) };
  const [there, own] = isStopMove(record.action) ? [0, 0] : sharesOf(asked, seen?.qty, here.qty);
  const closing: Closing = {
    from: seen?.qty ?? 0,
    stays: goes.logged ? 1 - there : 1,
    staysHere: goes.here ? 1 - own : 1,
    strategy,
  };
  const permitted = { logged: record.verdict === 'PERMIT', here: (ruling ?? record).verdict === 'PERMIT' };
  const timed = { planId, symbol, strategy, order: undefined, atMs, nowMs: atMs, figures: undefined };
  const times = afterPermit(timesAt(otherTimes.in(carried), atMs), timed, permitted);
  const closed = afterClose(book.positions, symbol, closing);
  const { mark_price: price } = recorded(RecordedPositions, record.facts) ?? {};
  let next = otherTimes.put(otherOrders.put(carried, book.orders), times);
  next = otherExits.put(next, afterFollowed(exits, exit));
  if (goes.logged || goes.here) {
    next = strategiesIn.put(next, afterTrade(strategiesIn.in(carried), { symbol, strategy }, look.seenOf, book));
  }
  return {
    ruling,
    carried: otherPositions.put(next, afterShown(closed, look.seenOf, { symbol, price })),
    lost: exit !== undefined && !asked.followed ? 'exit_otherwise' : undefined,
  };
}

function isLetThrough(verdict: string): boolean {
  return verdict === 'PERMIT' || verdict === 'WOULD_PERMIT';
}

interface Sides {
  readonly seen: SeenPosition | undefined;
  readonly here: SeenPosition;
  readonly book: OrderBook;
  readonly asked: Asked;
}

/** The entry with what it is compared with as it would be; as it is where nothing is otherwise, or was not known. */
function closeHere(record: DecisionRecord, { seen, here, book, asked: said }: Sides): DecisionRecord {
  const facts = recorded(RecordedClosing, record.facts);
  const { qty: hereQty } = here;
  if (facts?.close === undefined || seen?.qty === undefined || hereQty === undefined) return record;
  const { symbol } = record;
  const reducing_side = hereQty === 0 ? null : hereQty > 0 ? 'SELL' : 'BUY';
  const loggedLive = book.orders.flatMap((one) => (one.isReserved ? (one.logged ?? []) : []));
  const underWay = (rooms: readonly Reservation[], side: RecordedClose['reducing_side']) =>
    rooms.reduce((sum, room) => (room.symbol === symbol && room.side !== side ? sum + (room.qty ?? 0) : sum), 0);
  const added =
    underWay(
      book.orders.flatMap((one) => one.here ?? []),
      reducing_side,
    ) - underWay(loggedLive, facts.close.reducing_side);
  const { qtyHere, shareHere: share } = said;
  const ofShare = share === undefined ? undefined : Math.abs(hereQty) * share;
  const asked = said.followed || qtyHere === undefined ? (qtyHere ?? ofShare) : undefined;
  const close: RecordedClose = {
    ...facts.close,
    asked_qty: asked === undefined ? facts.close.asked_qty : round10(asked),
    size_qty: Math.max(0, round10(facts.close.size_qty + Math.abs(hereQty) - Math.abs(seen.qty) + added)),
    reducing_side,
  };
  if (toJson(close) === toJson(facts.close)) return record;
  return { ...record, facts: toJson({ ...facts, close }) };
}
