import { DAY_HOURS } from '../../../schemas/duration.ts';

/** The worst and the best day of a symbol, as far as is known at each hour: price changes as fractions, -0.2 for a fall by a fifth; NaN before the first whole day. */
export interface ExtremeDays {
  readonly worst: Float64Array;
  readonly best: Float64Array;
}

/**
 * The extremes over all spans of 24 hours so far, from hourly log returns in order of time. An hour without a return (NaN)
 * did not move; a jump after a halt must be the return of the hour after it. A day counts once half of its hours have one.
 */
export function extremeDays(returns: Float64Array): ExtremeDays {
  const worst = new Float64Array(returns.length).fill(Number.NaN);
  const best = new Float64Array(returns.length).fill(Number.NaN);
  for (let hour = DAY_HOURS - 1; hour < returns.length; hour += 1) {
    const day = returns.subarray(hour - DAY_HOURS + 1, hour + 1).filter(Number.isFinite);
    const change = day.length * 2 < DAY_HOURS ? Number.NaN : Math.expm1(day.reduce((sum, value) => sum + value, 0));
    worst[hour] = lesser(worst[hour - 1], change);
    best[hour] = -lesser(negated(best[hour - 1]), -change);
  }
  return { worst, best };
}

function negated(value: number | undefined): number {
  return -(value ?? Number.NaN);
}

/** The lesser of two numbers, either of which may be missing. */
function lesser(before: number | undefined, value: number): number {
  if (before === undefined || Number.isNaN(before)) return value;
  return Number.isNaN(value) ? before : Math.min(before, value);
}
