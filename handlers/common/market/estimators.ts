import type { Candle } from '../../../schemas/candle.ts';
import type { SigmaEstimator } from '../../../schemas/market-state.ts';
import type { CandleSeries } from './candle-series.ts';
import { type LogReturn, logReturns } from './returns.ts';

/** A volatility over one candle length, and the returns or candles it rests on. NaN without enough of them. */
export interface Estimate {
  readonly sigma: number;
  readonly observations: number;
}

/**
 * The volatility of a series over one candle length, not annualised (docs/feeds.md, Market state):
 * `close_to_close` the sample standard deviation of log returns; `ewma` the root of the mean squared log return, each
 * weighted by half as much for every `halfLife` candles of age; `parkinson` and `garman_klass` from the range of candles.
 */
export function estimate(series: CandleSeries, estimator: SigmaEstimator, halfLife: number): Estimate {
  const { candles, intervalMs } = series;
  switch (estimator) {
    case 'close_to_close': {
      const returns = logReturns(candles, intervalMs).map(({ value }) => value);
      return { sigma: sampleDeviation(returns), observations: returns.length };
    }
    case 'ewma': {
      const returns = logReturns(candles, intervalMs);
      return { sigma: ewmaDeviation(returns, halfLife * intervalMs), observations: returns.length };
    }
    case 'parkinson':
      return { sigma: parkinson(candles), observations: candles.length };
    case 'garman_klass':
      return { sigma: garmanKlass(candles), observations: candles.length };
  }
}

/** The sample standard deviation of values (divided by n − 1); NaN for fewer than two. */
export function sampleDeviation(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const mean = sum(values) / values.length;
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1));
}

/**
 * The root of Σ wᵢ uᵢ² ÷ Σ wᵢ with wᵢ = ½ for every half-life by which a return is older than the newest: the recursion
 * σₙ² = λ σₙ₋₁² + (1 − λ) u² begun at 0 and divided by the weights it has seen, so that its beginning is no bias.
 */
function ewmaDeviation(returns: readonly LogReturn[], halfLifeMs: number): number {
  const newestMs = returns.at(-1)?.openMs ?? Number.NaN;
  const weights = returns.map(({ openMs }) => 0.5 ** ((newestMs - openMs) / halfLifeMs));
  const squares = returns.map(({ value }, at) => (weights[at] ?? 0) * value ** 2);
  return Math.sqrt(sum(squares) / sum(weights));
}

/** The root of Σ ln²(high ÷ low) ÷ (4 n ln 2) (Parkinson 1980). */
function parkinson(candles: readonly Candle[]): number {
  const squares = candles.map(({ high, low }) => Math.log(high / low) ** 2);
  return Math.sqrt(sum(squares) / (4 * candles.length * Math.LN2));
}

/** The root of Σ (½ ln²(high ÷ low) − (2 ln 2 − 1) ln²(close ÷ open)) ÷ n (Garman and Klass 1980, their practical form). */
function garmanKlass(candles: readonly Candle[]): number {
  const terms = candles.map(({ open, high, low, close }) => {
    return Math.log(high / low) ** 2 / 2 - (2 * Math.LN2 - 1) * Math.log(close / open) ** 2;
  });
  return Math.sqrt(sum(terms) / candles.length);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
