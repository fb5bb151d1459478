import { toJson } from '../../schemas/json.ts';
import { keys } from '../../schemas/keys.ts';
import { formatNumber, round10 } from '../../schemas/number.ts';
import { KEPT_SINCE, type StrategyFill } from '../../schemas/strategy-use.ts';
import type { BestEffort, Effect } from '../contract/effects.ts';
import { type HashFact, hash, type TextFact, text } from '../contract/reads.ts';
import { isDataLost } from './data-loss.ts';
import type { KnownExposure } from './known-exposure.ts';
import type { Reservations } from './reservations.ts';
import { endedFills, type Fills, grouped, isCounted, left, liveIds, storedFills } from './strategy-use.ts';

/** How many fills of a strategy in a symbol are kept one by one, and how long after the last a position has to be reported to tell of it. */
const KEPT_APART = 20;
const SETTLED_MS = 10_000;

/** Nothing else waits for it: with a key of another type nothing opens while it is limited. */
const BESIDE: BestEffort = { warning: 'what strategies hold is in a key of another type' };

/** What is kept of strategies, and of what it follows. */
export const bookingReads = { strategyUse: hash(keys.strategyUse), strategySince: text(keys.strategySince) };

/** What it is kept by. */
interface Booking {
  readonly strategyUse: HashFact;
  readonly strategySince: TextFact;
  readonly reserved: HashFact;
  readonly dataLost: HashFact;
}

/** Stores what a plan came to, in the place of what was stored of it before. */
export function booked(id: string, fill: StrategyFill): Effect {
  return { do: 'hset', key: keys.strategyUse, fields: { [id]: toJson(fill) }, bestEffort: BESIDE };
}

/**
 * Keeps what strategies hold: it is begun with the first limit, orders whose room is kept no more are stored, and what
 * positions hold no more is forgotten. What adds comes before what takes away: in between too much is counted, never too little.
 */
export function keptUse(
  facts: Booking,
  exposure: KnownExposure,
  reservations: Reservations,
  nowMs: number,
): readonly Effect[] {
  const { strategyUse: stored, reserved } = facts;
  if (stored.wrongType) return [];
  if (stored.fields?.[KEPT_SINCE] === undefined) return begun(facts, exposure, reservations, nowMs);
  const { fills, unreadable } = storedFills(stored);
  const ended = endedFills(fills, reserved, reservations, exposure.reportOf);
  const isDropped = unreadable.length > 0 && isFlat(facts, exposure, reservations);
  return [
    ...(isDropped ? [gone(unreadable)] : []),
    ...ended.flatMap(({ id, fill }): Effect[] => [booked(id, fill), { do: 'del', key: keys.strategyOrder(id) }]),
    ...settled(facts, exposure, reservations),
  ];
}

/** Where no limit rests on it nothing is kept: what happens meanwhile would be missing from it. */
export function forgottenUse({ strategyUse: stored, strategySince }: Pick<Booking, 'strategyUse' | 'strategySince'>) {
  return [
    ...(stored.fields === null || stored.wrongType ? [] : [{ do: 'del', key: keys.strategyUse } as const]),
    ...(strategySince.text === null ? [] : [{ do: 'del', key: keys.strategySince } as const]),
  ];
}

/** What was there and is gone is not begun again beside positions: whose they are is not known any more. */
function begun(facts: Booking, exposure: KnownExposure, reservations: Reservations, nowMs: number): readonly Effect[] {
  const { strategySince } = facts;
  const isFirst = strategySince.text === null && !strategySince.wrongType;
  const isClear = isFlat(facts, exposure, reservations);
  if (!isFirst && !isClear) return [];
  const since = formatNumber(nowMs);
  // With the data of the server gone it is not known whether this is the first time: it is noted as lost.
  if (isDataLost(facts.dataLost) && !isClear) return [{ do: 'set', key: keys.strategySince, value: since }];
  return [
    { do: 'hset', key: keys.strategyUse, fields: { [KEPT_SINCE]: since }, bestEffort: BESIDE },
    { do: 'set', key: keys.strategySince, value: since },
  ];
}

/** Whether no strategy can hold anything: what is stored of them says nothing then. */
function isFlat({ reserved, dataLost }: Booking, exposure: KnownExposure, { live }: Reservations): boolean {
  const nothingReserved = live.length === 0 && !reserved.wrongType;
  return exposure.known && exposure.held.length === 0 && nothingReserved && !isDataLost(dataLost);
}

/**
 * A position that was reported flat, or smaller than what a strategy had, after the permit of its last order is what that
 * strategy has at most from then on: a close of before that is told later takes nothing off it. Many fills are put together.
 */
function settled({ strategyUse: stored, reserved }: Booking, { reportOf }: KnownExposure, reservations: Reservations) {
  const live = liveIds(reserved, reservations);
  const ending = new Set(reservations.released);
  const fills = [...storedFills(stored).fills].flatMap(([id, fill]) =>
    live.has(id) || ending.has(id) ? [] : [{ id, fill }],
  );
  return grouped(fills).flatMap((own) => settledFills(own, reportOf));
}

function settledFills(own: Fills, reportOf: KnownExposure['reportOf']): readonly Effect[] {
  const { strategy, symbol, at_ms: firstMs } = own[0].fill;
  const report = reportOf(symbol);
  const reportMs = report?.atMs ?? -Infinity;
  const isLater = reportMs >= (own.at(-1)?.fill.at_ms ?? 0) + SETTLED_MS;
  const [qty, usd] = [left(own, (fill) => fill.qty ?? 0), left(own, ({ notional_usd }) => notional_usd)];
  const size = isLater && report?.hedged === false ? report.qty : undefined;
  const mostQty = isCounted(own) && size !== undefined ? Math.min(qty, Math.abs(size)) : qty;
  const isNothing = isLater && (report?.held === false || (isCounted(own) ? mostQty : usd) === 0);
  const ids = own.map(({ id }) => id);
  if (isNothing) return [gone(ids)];
  const isSmaller = mostQty < qty;
  if (!isSmaller && (own.length <= KEPT_APART || !isLater)) return [];
  const id = `${strategy}:${symbol}`;
  const leftUsd = qty === 0 ? usd : round10((usd * mostQty) / qty);
  const amounts = { qty: isCounted(own) ? mostQty : null, notional_usd: leftUsd };
  const sum = { strategy, symbol, ...amounts, at_ms: isSmaller ? reportMs : firstMs };
  const others = ids.filter((one) => one !== id);
  return [booked(id, sum), ...(others.length === 0 ? [] : [gone(others)])];
}

function gone(ids: readonly string[]): Effect {
  return { do: 'hdel', key: keys.strategyUse, fields: ids, bestEffort: BESIDE };
}
