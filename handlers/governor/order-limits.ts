import { MINUTE_MS } from '../../schemas/duration.ts';
import type { DataGap, GovernorSettings } from '../../schemas/governor.ts';
import type { GovernorGate } from '../../schemas/governor-gates.ts';
import { figuredGates, type LimitFigures } from '../../schemas/governor-record.ts';
import { round10 } from '../../schemas/number.ts';
import type { PriceRange } from '../../schemas/permit.ts';
import type { Plan } from '../../schemas/plan.ts';
import { limitOf } from '../../schemas/symbol-setting.ts';
import type { HeldPosition } from '../common/exposure.ts';
import type { KnownExposure } from '../common/known-exposure.ts';
import type { Reservations } from '../common/reservations.ts';
import { bookFigures, bookGates } from './book-limits.ts';
import { filterFigures, filterGates } from './exchange-filters.ts';
import { atMost, below, figure, type GateResult, judged, skipped } from './gate-result.ts';
import type { GateFigures, GateOf, Limits } from './gates.ts';
import type { PlanFacts } from './reads.ts';
import { strategyFigures, strategyGates } from './strategy-limits.ts';
import { streakFigures, streakGates } from './streak-limit.ts';
import { countWithin, lastTime } from './times.ts';

/** What the optional gates take their figures from: US dollars; undefined where it is not known. */
export interface OrderWorld {
  readonly markUsd: number | undefined;
  readonly planUsd: number | undefined;
  /** The last report of its symbol; undefined when there is none. */
  readonly report: HeldPosition | undefined;
  readonly reservations: Reservations;
  readonly exposure: KnownExposure;
  /** Above 0; undefined without a fresh portfolio state that says so. */
  readonly equityUsd: number | undefined;
  /** Maintenance margin of what is held; undefined without a fresh portfolio state that says so. */
  readonly maintenanceUsd: number | undefined;
  readonly facts: Pick<
    PlanFacts,
    | 'permitTimes'
    | 'lastOrder'
    | 'filters'
    | 'streaks'
    | 'pauses'
    | 'portfolio'
    | 'risk'
    | 'reserved'
    | 'strategyUse'
    | 'strategyPermits'
  >;
  /** Unix ms. */
  readonly nowMs: number;
}

/** The figures of the optional gates in force, and of no other: what is off is computed nowhere and written nowhere. */
export function limitFigures(plan: Plan, world: OrderWorld, settings: GovernorSettings): LimitFigures {
  const { GOV_MAX_QTY, GOV_PRICE_COLLAR_PCT, GOV_MAX_SYMBOL_NOTIONAL_USDT } = settings;
  return {
    ...timeFigures(world, settings),
    ...bookFigures(plan, world, settings),
    ...streakFigures(plan.symbol, world, settings),
    ...filterFigures(plan, world, settings),
    ...strategyFigures(plan, world, settings),
    ...(GOV_MAX_QTY !== undefined && { max_qty: { qty: figure(quantityOf(plan, world)) } }),
    ...(GOV_PRICE_COLLAR_PCT !== undefined && {
      price_collar: { price: figure(plan.ownPrice), mark: figure(world.markUsd) },
    }),
    ...(GOV_MAX_SYMBOL_NOTIONAL_USDT !== undefined && { symbol_notional: symbolUsd(plan.symbol, world) }),
  };
}

/** Those of when other orders were permitted. */
function timeFigures({ facts, nowMs }: OrderWorld, settings: GovernorSettings): LimitFigures {
  const { permitTimes, lastOrder } = facts;
  const { sinceMs, readable } = lastTime(lastOrder, nowMs);
  return {
    ...(settings.GOV_MAX_PERMITS_PER_MINUTE !== undefined && {
      permits_per_minute: { count: permitTimes === null ? null : countWithin(permitTimes, MINUTE_MS, nowMs) },
    }),
    ...(settings.GOV_DUPLICATE_SEC !== undefined && { duplicate_order: { since_ms: sinceMs ?? null, readable } }),
  };
}

/** Whether a gate in force needs figures that these facts do not hold: by it such a decision cannot be judged again. */
export function lacksFigures(limits: LimitFigures, inForce: readonly GovernorGate[]): boolean {
  return inForce.some((gate) => figuredGates.has(gate) && limits[gate as keyof LimitFigures] === undefined);
}

/** The prices between which an order may be executed, US dollars: so much percent around the mark. Undefined without either. */
export function priceRange({ price_collar }: LimitFigures, percent: number | undefined): PriceRange | undefined {
  const mark = price_collar?.mark ?? null;
  if (mark === null || percent === undefined) return undefined;
  return { max_price: round10(mark * (1 + percent / 100)), min_price: round10(mark * (1 - percent / 100)) };
}

/** How each of them judges. */
export const limitGates = {
  ...strategyGates,
  ...filterGates,
  ...bookGates,
  ...streakGates,
  allowed_symbols({ symbol }, { settings }) {
    const allowed = settings.GOV_ALLOWED_SYMBOLS;
    const listed = allowed === undefined || allowed.has(symbol);
    const about = { value: symbol, limit: allowed?.size ?? null };
    return judged('allowed_symbols', about, listed ? undefined : 'symbol_not_allowed');
  },
  permits_per_minute({ limits }, { settings }) {
    const limit = settings.GOV_MAX_PERMITS_PER_MINUTE;
    const count = limits.permits_per_minute?.count ?? null;
    if (count === null || limit === undefined) return skipped('permits_per_minute', count, limit ?? null);
    return below('permits_per_minute', count, limit, 'permits_per_minute_exceeded');
  },
  /** Headroom is how much longer than asked for it is since then, as with a cooldown. */
  duplicate_order({ limits }, { settings }) {
    const limit = settings.GOV_DUPLICATE_SEC ?? 0;
    const { since_ms: sinceMs = null, readable = true } = limits.duplicate_order ?? {};
    if (!readable) return skipped('duplicate_order', null, limit);
    if (sinceMs === null) return judged('duplicate_order', { value: null, limit });
    const value = round10(sinceMs / 1000);
    const repeated = value < limit ? 'duplicate_order' : undefined;
    return judged('duplicate_order', { value, limit }, repeated, round10(value - limit));
  },
  max_qty({ symbol, limits }, { settings }) {
    const limit = limitOf(settings.GOV_MAX_QTY, symbol);
    const qty = limits.max_qty?.qty ?? null;
    if (limit === undefined || qty === null) return skipped('max_qty', qty, limit ?? null);
    return atMost('max_qty', qty, limit, 'max_qty_exceeded');
  },
  price_collar: ({ limits }, { settings }) => collar(limits.price_collar, settings.GOV_PRICE_COLLAR_PCT ?? null),
  /** What is known is a lower bound, as with all positions. */
  symbol_notional({ symbol, limits, planUsd, exposure, reservationsReadable }, { settings }) {
    const limit = limitOf(settings.GOV_MAX_SYMBOL_NOTIONAL_USDT, symbol);
    const { position_usd: positionUsd = null, reserved_usd: reservedUsd = 0 } = limits.symbol_notional ?? {};
    const value = round10((positionUsd ?? 0) + reservedUsd + (planUsd ?? 0));
    if (limit === undefined) return skipped('symbol_notional', value);
    const result = atMost('symbol_notional', value, limit, 'symbol_notional_exceeded');
    const whole = exposure.known && positionUsd !== null && planUsd !== undefined && reservationsReadable;
    return result.reason !== undefined || whole ? result : skipped('symbol_notional', value, limit);
  },
} as const satisfies Partial<Record<GovernorGate, GateOf>>;

/** What they could not evaluate. Without a mark there is no collar, also where the plan has no price to compare: its permit could carry none. */
export function limitGaps(
  { symbol, limits, riskUnknown }: Pick<GateFigures, 'symbol' | 'limits' | 'riskUnknown'>,
  { settings }: Limits,
): readonly DataGap[] {
  const { max_qty: qty, price_collar: prices, permits_per_minute: permits, duplicate_order: last } = limits;
  const { leverage, shock, correlated_heat: correlated, margin } = limits;
  const gaps: DataGap[] = [];
  if (qty?.qty === null && limitOf(settings.GOV_MAX_QTY, symbol) !== undefined) gaps.push('plan_qty');
  if (prices?.mark === null && settings.GOV_PRICE_COLLAR_PCT !== undefined) gaps.push('mark_price');
  if (permits?.count === null && settings.GOV_MAX_PERMITS_PER_MINUTE !== undefined) gaps.push('permit_times');
  const isEquityMissing =
    (leverage?.equity_usd === null && settings.GOV_MAX_LEVERAGE !== undefined) ||
    (shock?.equity_usd === null && settings.GOV_MAX_SHOCK_PCT !== undefined) ||
    (correlated?.equity_usd === null && settings.GOV_MAX_CORRELATED_HEAT_PCT !== undefined) ||
    (margin?.equity_usd === null && settings.GOV_MAX_MARGIN_PCT !== undefined);
  if (isEquityMissing) gaps.push('equity_unknown');
  else if (margin?.maintenance_usd === null && settings.GOV_MAX_MARGIN_PCT !== undefined) gaps.push('margin_unknown');
  const isRiskMissing =
    (shock?.days_known === false && settings.GOV_MAX_SHOCK_PCT !== undefined) ||
    (correlated?.heat_usd === null && settings.GOV_MAX_CORRELATED_HEAT_PCT !== undefined);
  if (isRiskMissing && !riskUnknown) gaps.push('risk_unknown');
  if (last?.readable === false && settings.GOV_DUPLICATE_SEC !== undefined) gaps.push('last_order');
  return gaps;
}

/** How far the plan's own price is from the mark, in percent; one without a price has nothing to compare. */
function collar(figures: LimitFigures['price_collar'], percent: number | null): GateResult {
  const { price = null, mark = null } = figures ?? {};
  if (price === null || mark === null || percent === null) return skipped('price_collar', null, percent);
  const away = round10(Math.abs(price / mark - 1) * 100);
  if (Number.isFinite(away)) return atMost('price_collar', away, percent, 'price_collar_exceeded');
  return judged('price_collar', { value: null, limit: percent }, 'price_collar_exceeded');
}

/** The quantity that a plan asks for; of one that says a notional alone, what that buys at the lower of its price and the mark. */
function quantityOf({ qty, ownPrice }: Plan, { markUsd, planUsd }: OrderWorld): number | undefined {
  if (qty !== undefined || planUsd === undefined || planUsd === 0) return qty ?? planUsd;
  const lowest = Math.min(ownPrice ?? Infinity, markUsd ?? Infinity);
  return lowest === Infinity ? undefined : planUsd / lowest;
}

function symbolUsd(symbol: string, { report, reservations }: OrderWorld): LimitFigures['symbol_notional'] {
  const own = reservations.live.filter((one) => one.symbol === symbol);
  const reservedUsd = own.reduce((sum, { notional_usd }) => sum + notional_usd, 0);
  return { position_usd: report === undefined ? 0 : figure(report.notionalUsd), reserved_usd: round10(reservedUsd) };
}
