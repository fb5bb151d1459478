import type { GovernorSettings } from '../../schemas/governor.ts';
import type { GovernorGate } from '../../schemas/governor-gates.ts';
import type { LimitFigures } from '../../schemas/governor-record.ts';
import { round10 } from '../../schemas/number.ts';
import type { Plan, PlanSide } from '../../schemas/plan.ts';
import { countsWorstDays } from '../common/book-risk/needs.ts';
import { shockOfSums } from '../common/book-risk/shock.ts';
import { storedCorrelation, storedDays } from '../common/book-risk/stored.ts';
import { type Coming, correlatedWith, lostInWorstDays } from './book-days.ts';
import { atMost, figure, type GateResult, skipped } from './gate-result.ts';
import type { GateFigures, GateOf } from './gates.ts';
import type { OrderWorld } from './order-limits.ts';

/** The figures of leverage, shock, correlated heat and margin, where they are limited: what is held, what is reserved, and the plan. */
export function bookFigures(plan: Plan, world: OrderWorld, settings: GovernorSettings): LimitFigures {
  const { GOV_MAX_LEVERAGE: leverage, GOV_MAX_SHOCK_PCT: shock, GOV_MAX_MARGIN_PCT: margin } = settings;
  const correlated = settings.GOV_MAX_CORRELATED_HEAT_PCT;
  if ([leverage, shock, correlated, margin].every((limit) => limit === undefined)) return {};
  const { exposure, reservations, planUsd = 0 } = world;
  const reserved: readonly Coming[] = reservations.live.map(({ symbol, side, notional_usd }) => ({
    symbol,
    side,
    usd: notional_usd,
  }));
  const order: Coming = { symbol: plan.symbol, side: plan.side, usd: planUsd };
  const coming = [...reserved, order];
  const on = (other: PlanSide) => sumOf(coming.filter(({ side }) => side !== other));
  const book = {
    long: exposure.longUsd + on('SELL'),
    short: exposure.shortUsd + on('BUY'),
    largest: largestUsd(coming, world),
  };
  const equity_usd = figure(world.equityUsd);
  return {
    ...(leverage !== undefined && {
      leverage: { gross_usd: figure(exposure.grossNotionalUsd + sumOf(coming)), equity_usd },
    }),
    ...(shock !== undefined && { shock: { ...shockFigures(shockOfSums(book), coming, world, settings), equity_usd } }),
    ...(correlated !== undefined && {
      correlated_heat: { heat_usd: figure(correlatedUsd(order, reserved, world)), equity_usd },
    }),
    ...(margin !== undefined && {
      margin: {
        maintenance_usd: figure(world.maintenanceUsd ?? (exposure.known && exposure.count === 0 ? 0 : undefined)),
        held_usd: figure(exposure.grossNotionalUsd),
        added_usd: figure(sumOf(coming)),
        equity_usd,
      },
    }),
  };
}

/** The worst of the scenarios, those of the data among them where the feeds tell them. */
function shockFigures(
  datalessUsd: number,
  coming: readonly Coming[],
  { exposure, facts, nowMs }: OrderWorld,
  settings: GovernorSettings,
) {
  if (!countsWorstDays(settings)) return { loss_usd: figure(datalessUsd) };
  const days = storedDays(facts.risk, nowMs);
  if (days === undefined) return { loss_usd: figure(datalessUsd), days_known: false };
  return { loss_usd: figure(Math.max(datalessUsd, lostInWorstDays(exposure.held, coming, days))), days_known: true };
}

function correlatedUsd(order: Coming, reserved: readonly Coming[], { exposure, facts, nowMs }: OrderWorld) {
  const stored = storedCorrelation(facts.risk, nowMs);
  return stored && correlatedWith(order, reserved, { held: exposure.held, stored });
}

/** How they judge: what is known is a lower bound, as with all positions. */
export const bookGates = {
  leverage(figures, { settings }) {
    const { gross_usd: gross = null, equity_usd: equity = null } = figures.limits.leverage ?? {};
    return judgedBook('leverage', { part: gross, equity, times: 1 }, settings.GOV_MAX_LEVERAGE, figures);
  },
  shock(figures, { settings }) {
    const { loss_usd: loss = null, equity_usd: equity = null } = figures.limits.shock ?? {};
    const result = judgedBook('shock', { part: loss, equity, times: 100 }, settings.GOV_MAX_SHOCK_PCT, figures);
    const isWhole = result.reason !== undefined || figures.limits.shock?.days_known !== false;
    return isWhole ? result : skipped('shock', result.check.value, settings.GOV_MAX_SHOCK_PCT);
  },
  correlated_heat(figures, { settings }) {
    const { heat_usd: heat = null, equity_usd: equity = null } = figures.limits.correlated_heat ?? {};
    const limit = settings.GOV_MAX_CORRELATED_HEAT_PCT;
    if (heat === null) return skipped('correlated_heat', null, limit ?? null);
    return judgedBook('correlated_heat', { part: heat, equity, times: 100 }, limit, figures);
  },
  margin(figures, { settings }) {
    const { equity_usd: equity = null } = figures.limits.margin ?? {};
    const part = marginUsd(figures.limits.margin, settings.GOV_MARGIN_RATE_PCT / 100);
    if (part === undefined) return skipped('margin', null, settings.GOV_MAX_MARGIN_PCT ?? null);
    return judgedBook('margin', { part, equity, times: 100 }, settings.GOV_MAX_MARGIN_PCT, figures);
  },
} as const satisfies Partial<Record<GovernorGate, GateOf>>;

interface PartOfEquity {
  /** US dollars; null went beyond every limit. */
  readonly part: number | null;
  readonly equity: number | null;
  readonly times: number;
}

/**
 * What the exchange would ask for, US dollars: for what comes at the rate of what is held, at `rate` at least. Null went
 * beyond every limit; undefined where nobody says what is asked for now.
 */
function marginUsd(figures: LimitFigures['margin'], rate: number): number | null | undefined {
  const { maintenance_usd: now = null, held_usd: held = null, added_usd: added = null } = figures ?? {};
  if (now === null) return undefined;
  if (added === null) return null;
  const ofHeld = held === null || held === 0 ? 0 : now / held;
  return now + added * Math.max(rate, ofHeld);
}

function judgedBook(
  gate: 'leverage' | 'shock' | 'correlated_heat' | 'margin',
  { part, equity, times }: PartOfEquity,
  limit: number | undefined,
  { exposure, planUsd, reservationsReadable }: GateFigures,
): GateResult {
  if (limit === undefined || equity === null) return skipped(gate, null, limit ?? null);
  const value = round10(Math.min((times * (part ?? Infinity)) / equity, Number.MAX_VALUE));
  const result = atMost(gate, value, limit, `${gate}_exceeded`);
  const whole = exposure.known && exposure.unpriced.length === 0 && planUsd !== undefined && reservationsReadable;
  return result.reason !== undefined || whole ? result : skipped(gate, value, limit);
}

/** The largest position with what is coming in its symbol, in one walk: hundreds of orders may be on their way. */
function largestUsd(coming: readonly Coming[], { exposure }: OrderWorld): number {
  const bySymbol = new Map<string, number>();
  for (const { symbol, usd } of coming) {
    bySymbol.set(symbol, (bySymbol.get(symbol) ?? exposure.reportOf(symbol)?.notionalUsd ?? 0) + usd);
  }
  return Math.max(exposure.largestUsd, ...bySymbol.values());
}

function sumOf(coming: readonly Coming[]): number {
  return coming.reduce((total, { usd }) => total + usd, 0);
}
