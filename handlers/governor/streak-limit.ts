import type { GovernorSettings } from '../../schemas/governor.ts';
import type { LimitFigures } from '../../schemas/governor-record.ts';
import { ALL_SYMBOLS, hasStreakLimits } from '../../schemas/trades.ts';
import { isPausing, type Streak, streakOf } from '../common/loss-limits/streaks.ts';
import { type GateResult, judged, skipped } from './gate-result.ts';
import type { GateFigures, GateOf } from './gates.ts';
import type { OrderWorld } from './order-limits.ts';

type StreakFigures = NonNullable<LimitFigures['consecutive_losses']>;

/** The losses in a row that a plan is judged on, where they are limited. */
export function streakFigures(
  symbol: string,
  { facts, nowMs }: Pick<OrderWorld, 'facts' | 'nowMs'>,
  settings: GovernorSettings,
): LimitFigures {
  if (!hasStreakLimits(settings)) return {};
  const all = streakOf(facts, ALL_SYMBOLS, settings, nowMs);
  const own = streakOf(facts, symbol, settings, nowMs);
  return {
    consecutive_losses: {
      all: all?.losses ?? null,
      all_ago_ms: all?.agoMs ?? null,
      symbol: own?.losses ?? null,
      symbol_ago_ms: own?.agoMs ?? null,
    },
  };
}

/** Whether losses in a row are limited and not known. */
export function isStreakHidden({ limits }: Pick<GateFigures, 'limits'>, settings: GovernorSettings): boolean {
  const figures = limits.consecutive_losses;
  return figures !== undefined && hasStreakLimits(settings) && streaksIn(figures) === undefined;
}

/** How they judge: the limit over all symbols, then that of the plan's. */
export const streakGates = {
  consecutive_losses({ limits }, { settings }): GateResult {
    const gate = 'consecutive_losses';
    const limit = settings.GOV_MAX_CONSECUTIVE_LOSSES ?? settings.GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL ?? null;
    const streaks = limits.consecutive_losses && streaksIn(limits.consecutive_losses);
    if (streaks === undefined) return skipped(gate, null, limit);
    const known = [
      { streak: streaks.all, limit: settings.GOV_MAX_CONSECUTIVE_LOSSES },
      { streak: streaks.own, limit: settings.GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL },
    ].flatMap((one) => (one.limit === undefined ? [] : [{ ...one, limit: one.limit }]));
    const paused = known.find((one) => isPausing(one.streak, one.limit, settings));
    const shown = paused ?? known[0];
    if (shown === undefined) return skipped(gate);
    const about = { value: shown.streak.losses, limit: shown.limit };
    return judged(gate, about, paused && gate, shown.limit - shown.streak.losses);
  },
} as const satisfies { readonly consecutive_losses: GateOf };

function streaksIn({ all, all_ago_ms: allAgo, symbol, symbol_ago_ms: ownAgo }: StreakFigures) {
  if (all === null || symbol === null) return undefined;
  const streak = (losses: number, agoMs: number | null): Streak => ({ losses, agoMs: agoMs ?? 0 });
  return { all: streak(all, allAgo), own: streak(symbol, ownAgo) };
}
