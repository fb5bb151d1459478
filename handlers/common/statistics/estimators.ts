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
 * `further` returns (two at most) count as observations more where that makes it larger, and never make it less.
 */
export function estimate(
  series: CandleSeries,
  estimator: SigmaEstimator,
  halfLife: number,
  further: readonly LogReturn[] = [],
): Estimate {
  const alone = estimateWith(series, estimator, halfLife, []);
  const some = further.length > 1 ? [...further.map((one) => [one]), further] : [further];
  const sigmas = some.map((returns) => estimateWith(series, estimator, halfLife, returns).sigma);
  return { sigma: Math.max(alone.sigma, ...sigmas), observations: alone.observations };
}

function estimateWith(
  { candles, intervalMs }: CandleSeries,
  estimator: SigmaEstimator,
  halfLife: number,
  further: readonly LogReturn[],
): Estimate {
  const returns = () => [...logReturns(candles, intervalMs, { acrossHoles: true }), ...further];
  switch (estimator) {
    case 'close_to_close': {
      const values = returns().map(({ value }) => value);
      return { sigma: sampleDeviation(values), observations: values.length };
    }
    case 'ewma': {
      const found = returns();
      return { sigma: ewmaDeviation(found, halfLife * intervalMs), observations: found.length };
    }
    case 'parkinson':
      return rangeEstimate(candles, further, parkinsonTerm);
    case 'garman_klass':
      return rangeEstimate(candles, further, garmanKlassTerm);
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
  const newestMs = Math.max(...returns.map(({ openMs }) => openMs));
  const weights = returns.map(({ openMs }) => 0.5 ** ((newestMs - openMs) / halfLifeMs));
  const squares = returns.map(({ value }, at) => (weights[at] ?? 0) * value ** 2);
  return Math.sqrt(sum(squares) / sum(weights));
}

/** The root of the mean of a term of each candle; a further return counts as a candle of that range that closed at its end. */
function rangeEstimate(
  candles: readonly Candle[],
  further: readonly LogReturn[],
  term: (range: number, body: number) => number,
): Estimate {
  const own = candles.map(({ open, high, low, close }) => term(Math.log(high / low), Math.log(close / open)));
  const terms = [...own, ...further.map(({ value }) => term(value, value))];
  return { sigma: Math.sqrt(sum(terms) / terms.length), observations: terms.length };
}

/** Of Σ ln²(high ÷ low) ÷ (4 n ln 2) (Parkinson 1980). */
function parkinsonTerm(range: number): number {
  return range ** 2 / (4 * Math.LN2);
}

/** Of Σ (½ ln²(high ÷ low) − (2 ln 2 − 1) ln²(close ÷ open)) ÷ n (Garman and Klass 1980, their practical form). */
function garmanKlassTerm(range: number, body: number): number {
  return range ** 2 / 2 - (2 * Math.LN2 - 1) * body ** 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
