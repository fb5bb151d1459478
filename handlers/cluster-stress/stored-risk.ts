import { toJson } from '../../schemas/json.ts';
import { round10 } from '../../schemas/number.ts';
import type { ReturnsBySymbol } from '../common/book-risk/common-returns.ts';
import { type CorrelatedPosition, risksTogether } from '../common/book-risk/correlated.ts';
import { extremeDays } from '../common/book-risk/extreme-days.ts';
import type { ShrunkCorrelation } from '../common/book-risk/shrunk-correlation.ts';
import { correlation as sampleCorrelation } from '../common/statistics/correlation.ts';

/** The worst and the best day of a symbol's returns, as fractions; undefined before the first whole day. */
export function daysOf(returns: Float64Array | undefined): {
  worstDay: number | undefined;
  bestDay: number | undefined;
} {
  const { worst, best } = extremeDays(returns ?? new Float64Array(0));
  const known = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? undefined : value);
  return { worstDay: known(worst.at(-1)), bestDay: known(best.at(-1)) };
}

/** The field `days` of `state:risk`: symbol → worst and best day, for whoever judges an order that is not held yet. */
export function daysField(returns: ReturnsBySymbol): string {
  const days = [...returns].flatMap(([symbol, one]) => {
    const { worstDay, bestDay } = daysOf(one);
    return worstDay === undefined || bestDay === undefined ? [] : [[symbol, [round10(worstDay), round10(bestDay)]]];
  });
  return toJson(Object.fromEntries(days));
}

interface CorrelationFacts {
  readonly positions: readonly CorrelatedPosition[];
  readonly correlation: ShrunkCorrelation | undefined;
  readonly returns: ReturnsBySymbol;
  /** Volatility over a day of every symbol that is known. */
  readonly sigmas: ReadonlyMap<string, number>;
  readonly equityUsd: number;
  /** Returns in common without which a correlation is not known. */
  readonly minimum: number;
}

/**
 * The field `correlation` of `state:risk`, US dollars: wᵀΣw, what positions without a known correlation add, and for every
 * symbol what is held, (Σw) and sigma. A symbol that is not held is correlated with each position by its own sample,
 * shrunk as the book is; |Σw| of it is never above sigma × √(wᵀΣw), which would be no covariance.
 */
export function correlationField({ positions, correlation, ...facts }: CorrelationFacts): string {
  const { returns, sigmas, equityUsd, minimum } = facts;
  const moved = risksTogether(positions, correlation);
  const known = moved.filter(({ together }) => together !== undefined);
  const variance = Math.max(
    0,
    known.reduce((sum, { risk, together = 0 }) => sum + risk * together, 0),
  );
  const alone = moved.reduce((sum, { risk, together }) => sum + (together === undefined ? Math.abs(risk) : 0), 0);
  const held = new Map(positions.map((one) => [one.symbol, one]));
  const rows: [string, (number | null)[]][] = moved.map(({ symbol, together }) => {
    const { weight = 0, sigma = 0 } = held.get(symbol) ?? {};
    const dollars = together === undefined ? null : round10(sigma * together * equityUsd);
    return [symbol, [round10(weight * equityUsd), dollars, sigma]];
  });
  for (const [symbol, sigma] of sigmas) {
    if (held.has(symbol)) continue;
    const together = togetherWith(symbol, known, { returns, correlation, minimum });
    const most = Math.sqrt(variance);
    const dollars =
      together === undefined ? null : round10(sigma * Math.min(most, Math.max(-most, together)) * equityUsd);
    rows.push([symbol, [0, dollars, sigma]]);
  }
  return toJson({
    variance: round10(variance * equityUsd * equityUsd),
    alone: round10(alone * equityUsd),
    rows: Object.fromEntries(rows),
  });
}

/** How the book moves with a symbol that is not in it; undefined where its correlation with one position is not known. */
function togetherWith(
  symbol: string,
  known: ReturnType<typeof risksTogether>,
  { returns, correlation, minimum }: Pick<CorrelationFacts, 'returns' | 'correlation' | 'minimum'>,
): number | undefined {
  const own = returns.get(symbol);
  if (own === undefined || correlation === undefined) return undefined;
  const { shrinkage, mean } = correlation;
  let together = 0;
  for (const { symbol: other, risk } of known) {
    const sample = sampleCorrelation(own, returns.get(other) ?? new Float64Array(0), minimum);
    if (sample === undefined) return undefined;
    together += ((1 - shrinkage) * sample + shrinkage * mean) * risk;
  }
  return together;
}
