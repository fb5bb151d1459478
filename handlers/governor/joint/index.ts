import { actionKind } from '../../../schemas/action.ts';
import { DEFAULT_STRATEGY } from '../../../schemas/asker.ts';
import { type DecisionRecord, recorded, recordedBefore } from '../../../schemas/decision.ts';
import type { GovernorSettings } from '../../../schemas/governor.ts';
import { RecordedFigures, RecordedOrder, RecordedPositions } from '../../../schemas/governor-record.ts';
import { toJson } from '../../../schemas/json.ts';
import { formatNumber } from '../../../schemas/number.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { sideOf } from '../../common/openings.ts';
import { otherBudgets } from '../../common/otherwise/budgets.ts';
import type { Look } from '../../common/otherwise/look.ts';
import { type OrderBook, ordersAt, otherOrders, placedOrder } from '../../common/otherwise/orders.ts';
import { afterFill, afterShown, isAtLastPrice, otherPositions } from '../../common/otherwise/positions.ts';
import type { Carried, JointRuling, Logged } from '../../contract/carried.ts';
import type { Ruling } from '../../contract/effects.ts';
import type { Rules } from '../../contract/handler.ts';
import { EXPOSURE, rejudgePlan } from '../record.ts';
import { armedHere, armingAfter, otherArming } from './arming.ts';
import { budgetHere } from './budget.ts';
import { jointClose } from './close.ts';
import { figuresHere, ownUsd } from './figures.ts';
import { seenByOpen } from './look.ts';
import { afterTrade, sharesOther, strategiesIn } from './strategies.ts';
import { afterPermit, otherTimes, type Timed, timesAt, timesHere } from './times.ts';

const HAD_ITS_PERMIT: Ruling = { verdict: 'DUPLICATE', reason: 'already_permitted', checks: [] };
/** Verdicts of plans that were judged by their figures. */
const JUDGED: ReadonlySet<string> = new Set(['PERMIT', 'BLOCK', 'WOULD_PERMIT', 'WOULD_BLOCK']);

/** A plan judged again after others came out otherwise: on positions, room and rates as they would be. */
export function jointPlan(logged: Logged, under: Rules<GovernorSettings>, carried: Carried): JointRuling {
  const { record } = logged;
  const order = recorded(RecordedOrder, record.input);
  if (!JUDGED.has(record.verdict) || order === undefined) return unjudged(record, under, carried);
  if (actionKind(record.action, order.reduce_only === true) === 'CLOSE') return jointClose(logged, under, carried);
  const figures = recordedBefore(EXPOSURE, RecordedFigures, record.facts);
  if (figures === undefined) return unjudged(record, under, carried);
  return jointOpen(logged, { order, figures }, under, carried);
}

/** A plan that rests on no limit stays as it was; one sent again is not known to have been judged otherwise the first time. */
function unjudged(record: DecisionRecord, under: Rules<GovernorSettings>, carried: Carried): JointRuling {
  const isParted = record.verdict === 'DUPLICATE' && otherTimes.in(carried).had.get(record.planId)?.by === -1;
  return { ruling: rejudgePlan(record, under), carried, lost: isParted ? 'not_judged' : undefined };
}

interface Opening {
  readonly order: RecordedOrder;
  readonly figures: RecordedFigures;
}

function jointOpen(logged: Logged, opening: Opening, under: Rules<GovernorSettings>, carried: Carried): JointRuling {
  const { record, atMs } = logged;
  const { order, figures } = opening;
  const nowMs = streamIdMs(record.sourceId) + figures.age_ms;
  const look: Look = { seenOf: seenByOpen(record, figures), nowMs, live: figures.reservations };
  const own = { symbol: record.symbol, price: recorded(RecordedPositions, record.facts)?.market_mark };
  const before = ordersAt({ orders: otherOrders.in(carried), positions: otherPositions.in(carried) }, look);
  const book = { ...before, positions: afterShown(before.positions, look.seenOf, own) };
  const times = timesAt(otherTimes.in(carried), nowMs);
  const arming = otherArming.in(carried);
  const strategies = strategiesIn.in(carried);
  const about = { symbol: record.symbol, strategy: record.strategy || DEFAULT_STRATEGY, settings: under.settings };
  const timed: Timed = { ...about, planId: record.planId, order: orderOf(record, order), atMs, nowMs, figures };
  const summed = figuresHere(figures, book, look.seenOf, about);
  const { limits: ofTime, ...timesNow } = timesHere(figures, times, timed);
  const limits = figures.limits && { ...summed.limits, ...ofTime };
  const positionUsd = ownUsd(book.positions, look.seenOf, record.symbol);
  const budgeted = budgetHere(figures, { symbol: record.symbol, nowMs, positionUsd }, otherBudgets.in(carried));
  const { lost: ofBudget, ...withBudget } = budgeted;
  const armedNow = armedHere(figures.armed, arming);
  const here: RecordedFigures = { ...summed, ...timesNow, ...withBudget, limits, armed: armedNow };
  const hadPermit = JUDGED.has(record.verdict) && times.had.get(record.planId)?.by === 1;
  const again = toJson(here) === toJson(figures) ? record : { ...record, facts: toJson(here) };
  const ruling = hadPermit ? HAD_ITS_PERMIT : rejudgePlan(again, under);
  const verdict = (ruling ?? record).verdict;
  const permitted = { logged: record.verdict === 'PERMIT', here: verdict === 'PERMIT' || hadPermit };
  const placed = afterOpen({ logged, opening, look, verdict, hadPermit }, under.settings, book);
  const armed = armingAfter(arming, { record, ruling, logged: figures.armed, settings: under.settings });
  let next = otherTimes.put(otherArming.put(carried, armed), afterPermit(times, timed, permitted));
  if (isTraded(record.verdict) || isTraded(verdict)) {
    next = strategiesIn.put(next, afterTrade(strategies, about, look.seenOf, before));
  }
  const { orders, lost } = placed;
  const positions = afterShown(placed.positions, look.seenOf, own);
  const isShared = summed !== figures && isOfStrategies(figures) && sharesOther(strategies, about.strategy, book);
  const ofOthers = isShared ? 'strategy_unknown' : undefined;
  const ofPrice = isAtLastPrice(book.positions, look.seenOf, own) ? 'at_last_price' : undefined;
  return {
    ruling,
    carried: otherPositions.put(otherOrders.put(next, orders), positions),
    lost: lost ?? ofBudget ?? ofOthers ?? ofPrice,
  };
}

function isTraded(verdict: string): boolean {
  return verdict === 'PERMIT' || verdict === 'WOULD_PERMIT';
}

function isOfStrategies({ limits }: RecordedFigures): boolean {
  return limits?.strategy_positions !== undefined || limits?.strategy_notional !== undefined;
}

interface Opened {
  readonly logged: Logged;
  readonly opening: Opening;
  readonly look: Look;
  /** What it comes to here. */
  readonly verdict: string;
  readonly hadPermit: boolean;
}

/**
 * What becomes of the order: a permit of the log has the result that the log shows, one that it refused is taken at the size
 * it asked for. A dry run refuses nobody: what others carried out shows in its positions.
 */
function afterOpen(opened: Opened, settings: GovernorSettings, book: OrderBook): OrderBook & Pick<JointRuling, 'lost'> {
  const { logged, opening, look, verdict, hadPermit } = opened;
  const { record, atMs } = logged;
  const isDry = record.verdict.startsWith('WOULD_');
  const isHere = verdict === 'PERMIT';
  if (isDry ? verdict.startsWith('WOULD_') : record.verdict === 'BLOCK' && !isHere) return book;
  const { symbol, planId } = record;
  const strategy = record.strategy || DEFAULT_STRATEGY;
  const { usd, qty, price } = sizeOf(record, opening);
  const lost = qty === undefined && (isDry || record.verdict !== verdict) ? 'size_unknown' : undefined;
  const side = opening.order.side ?? sideOf(record.action);
  if (!isDry && record.verdict === 'BLOCK') {
    const extra = (side === 'SELL' ? -1 : 1) * (qty ?? 0);
    return { ...book, positions: afterFill(book.positions, symbol, { strategy, missing: 0, extra, price }), lost };
  }
  const placed = isHere && !hadPermit ? (isDry ? 'here' : 'both') : 'logged';
  const about = { planId, symbol, strategy, side, qty, price, placed, isReserved: !isDry, usd } as const;
  const order = placedOrder(about, book, look, { atMs, ttlSec: settings.GOV_RESERVATION_TTL_SEC });
  return { orders: [...book.orders, order], positions: book.positions, lost };
}

/** What a plan is for: US dollars, base units, and US dollars a unit; undefined where neither it nor the market says. */
function sizeOf(record: DecisionRecord, { order, figures }: Opening) {
  const { market_mark: mark, resized } = recorded(RecordedPositions, record.facts) ?? {};
  const usd = figures.plan_notional_usd ?? undefined;
  const price = mark ?? order.price;
  const worth = usd === undefined || price === undefined || price <= 0 ? undefined : usd / price;
  return { usd, price, qty: resized?.given_qty ?? order.qty ?? worth };
}

/** By what it is known whether the same order was permitted before: symbol, side and size. */
function orderOf({ symbol }: DecisionRecord, { side, qty, notional_usd: usd }: RecordedOrder): string {
  const size = qty === undefined ? `usd-${usd === undefined ? '-' : formatNumber(usd)}` : formatNumber(qty);
  return `${symbol} ${side ?? '-'} ${size}`;
}
