import { DEFAULT_STRATEGY } from '../../schemas/asker.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import type { DataGap, GovernorSettings } from '../../schemas/governor.ts';
import type { GovernorGate } from '../../schemas/governor-gates.ts';
import type { LimitFigures } from '../../schemas/governor-record.ts';
import { round10 } from '../../schemas/number.ts';
import type { Plan } from '../../schemas/plan.ts';
import { hasStrategyLimits, limitsUse } from '../../schemas/strategy-limits.ts';
import { limitOf } from '../../schemas/symbol-setting.ts';
import { ofStrategy, shareUsd, strategyUse } from '../common/strategy-use.ts';
import { atMost, below, type GateResult, judged, skipped } from './gate-result.ts';
import type { GateFigures, GateOf, Limits } from './gates.ts';
import type { OrderWorld } from './order-limits.ts';
import { countWithin } from './times.ts';

/** What the limits of strategies judge by, where they are set: what the plan's own holds, has reserved and was permitted. */
export function strategyFigures(
  { strategy = DEFAULT_STRATEGY }: Pick<Plan, 'strategy'>,
  { facts, nowMs, exposure, reservations }: OrderWorld,
  settings: GovernorSettings,
): LimitFigures {
  const { strategyUse: stored = NOTHING, strategyPermits: permits = null } = facts;
  const ofRate: LimitFigures =
    settings.GOV_STRATEGY_MAX_PERMITS_PER_HOUR === undefined
      ? {}
      : { strategy_permits: { count: permits && countWithin(permits, HOUR_MS, nowMs) } };
  if (!limitsUse(settings)) return ofRate;
  const use = strategyUse(stored, facts.reserved, reservations, exposure.reportOf);
  const { symbols, heldUsd, reservedUsd, isPriced } = ofStrategy(strategy, use, reservations);
  return {
    ...ofRate,
    strategy_positions: { count: symbols, readable: use.readable },
    strategy_notional: { held_usd: heldUsd, reserved_usd: reservedUsd, known: use.readable && isPriced },
  };
}

const NOTHING = { fields: null, wrongType: false };

type Limited = 'GOV_STRATEGY_MAX_SHARE_PCT' | 'GOV_STRATEGY_MAX_POSITIONS' | 'GOV_STRATEGY_MAX_PERMITS_PER_HOUR';

/** What of them could not be evaluated. */
export function strategyGaps(
  { strategy, limits, strategyUnreadable }: GateFigures,
  { settings }: Limits,
): readonly DataGap[] {
  if (strategyUnreadable && hasStrategyLimits(settings)) return ['strategy_unreadable'];
  const isLimited = (name: Limited) => limitOf(settings[name], strategy) !== undefined;
  const isUseHidden =
    (limits.strategy_positions?.readable === false && isLimited('GOV_STRATEGY_MAX_POSITIONS')) ||
    (limits.strategy_notional?.known === false && isLimited('GOV_STRATEGY_MAX_SHARE_PCT'));
  const isRateHidden = limits.strategy_permits?.count === null && isLimited('GOV_STRATEGY_MAX_PERMITS_PER_HOUR');
  const gaps: DataGap[] = [];
  if (isUseHidden) gaps.push('strategy_use');
  if (isRateHidden) gaps.push('strategy_permits');
  return gaps;
}

/** How the limits of strategies judge: what is known is a lower bound, as with all positions. */
export const strategyGates = {
  strategy_paused({ strategy }, { settings }) {
    const paused = settings.GOV_STRATEGY_PAUSED;
    const about = { value: strategy, limit: paused?.size ?? null };
    return judged('strategy_paused', about, paused?.has(strategy) === true ? 'strategy_paused' : undefined);
  },
  strategy_permits({ strategy, limits }, { settings }) {
    const limit = limitOf(settings.GOV_STRATEGY_MAX_PERMITS_PER_HOUR, strategy);
    const count = limits.strategy_permits?.count ?? null;
    if (count === null || limit === undefined) return skipped('strategy_permits', count, limit ?? null);
    return below('strategy_permits', count, limit, 'strategy_permits_exceeded');
  },
  strategy_positions(figures, { settings }) {
    const limit = limitOf(settings.GOV_STRATEGY_MAX_POSITIONS, figures.strategy);
    const { count = 0, readable = false } = figures.limits.strategy_positions ?? {};
    if (limit === undefined) return skipped('strategy_positions', count);
    return lowerBound(below('strategy_positions', count, limit, 'strategy_positions_reached'), figures, readable);
  },
  strategy_notional(figures, { settings }) {
    const limit = shareUsd(settings, figures.strategy);
    const { held_usd = 0, reserved_usd = 0, known = false } = figures.limits.strategy_notional ?? {};
    const value = round10(held_usd + reserved_usd + (figures.planUsd ?? 0));
    if (limit === undefined) return skipped('strategy_notional', value);
    const result = atMost('strategy_notional', value, limit, 'strategy_notional_exceeded');
    return lowerBound(result, figures, known && figures.planUsd !== undefined);
  },
} as const satisfies Partial<Record<GovernorGate, GateOf>>;

function lowerBound(result: GateResult, { exposure, reservationsReadable }: GateFigures, isKnown: boolean): GateResult {
  const whole = exposure.known && reservationsReadable && isKnown;
  const { gate, value, limit } = result.check;
  return result.reason !== undefined || whole ? result : skipped(gate, value, limit);
}
