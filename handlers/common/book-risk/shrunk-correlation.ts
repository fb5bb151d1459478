import { type CommonReturns, commonReturns, type ReturnsBySymbol } from './common-returns.ts';

/** How the returns of symbols move together, estimated so that it is a correlation matrix with few observations too. */
export interface ShrunkCorrelation {
  /** Those whose correlation is known, in the order of the returns given. */
  readonly symbols: readonly string[];
  /** Row by row, `symbols.length` squared, 1 on the diagonal. */
  readonly matrix: Float64Array;
  /** How much of it is the target: 0 (the sample alone) to 1. */
  readonly shrinkage: number;
  /** Mean correlation of two different symbols in the sample: that of the target; 1 for a single symbol. */
  readonly mean: number;
  /** Common returns behind it. */
  readonly observations: number;
}

/** Sums over the sample of products of two symbols' demeaned returns, divided by n − 1: row by row, one for each pair. */
interface Moments {
  /** xᵢ xⱼ: the sample covariance. */
  readonly covariance: Float64Array;
  /** xᵢ² xⱼ². */
  readonly squares: Float64Array;
  /** xᵢ³ xⱼ. */
  readonly cubes: Float64Array;
}

/** Below this part of the sample's own size the distance of sample and target is a rounding error. */
const NO_DISTANCE = 1e-20;

/**
 * The sample correlation shrunk towards one in which all pairs have the sample's mean correlation: Ledoit and Wolf 2004,
 * "Honey, I Shrunk the Sample Covariance Matrix" (constant correlation), with the shrinkage of their own program, covCor. The
 * target has the sample's variances, so that shrinking the covariance is shrinking the correlation. It is positive
 * semidefinite with fewer observations than symbols too. Symbols with fewer than `minimum` returns of their own, or that do
 * not move, are left out; `undefined` where the others have fewer in common.
 */
export function shrunkCorrelation(
  returns: ReturnsBySymbol,
  { minimum, lookback }: { readonly minimum: number; readonly lookback: number },
): ShrunkCorrelation | undefined {
  const least = Math.max(2, minimum);
  const enough = [...returns].filter(([, one]) => commonReturns([one], lookback).observations >= least);
  const common = demeaned(
    commonReturns(
      enough.map(([, one]) => one),
      lookback,
    ),
  );
  if (common.observations < least) return undefined;
  const moving = enough.flatMap(([symbol], at) => {
    const series = common.series[at];
    return series !== undefined && moves(series) ? [{ symbol, series }] : [];
  });
  if (moving.length === 0) return undefined;
  const series = moving.map((one) => one.series);
  const { observations } = common;
  return {
    symbols: moving.map(({ symbol }) => symbol),
    observations,
    ...shrunk(momentsOf(series), series.length, observations),
  };
}

function demeaned({ observations, series }: CommonReturns): CommonReturns {
  return {
    observations,
    series: series.map((one) => {
      const mean = one.reduce((sum, value) => sum + value, 0) / observations;
      return one.map((value) => value - mean);
    }),
  };
}

function moves(series: Float64Array): boolean {
  return series.reduce((sum, value) => sum + value * value, 0) / series.length > 1e-20;
}

/** One walk over the sample for each pair: with 500 symbols these are 125,000 pairs. */
function momentsOf(series: readonly Float64Array[]): Moments {
  const count = series.length;
  const covariance = new Float64Array(count * count);
  const squares = new Float64Array(count * count);
  const cubes = new Float64Array(count * count);
  for (const [i, a] of series.entries()) {
    for (let j = i; j < count; j += 1) {
      const b = series[j] ?? a;
      let [xy, xxyy, xxxy, xyyy] = [0, 0, 0, 0];
      for (let at = 0; at < a.length; at += 1) {
        const x = a[at] ?? 0;
        const y = b[at] ?? 0;
        const product = x * y;
        xy += product;
        xxyy += product * product;
        xxxy += x * x * product;
        xyyy += y * y * product;
      }
      covariance[i * count + j] = covariance[j * count + i] = xy / (a.length - 1);
      squares[i * count + j] = squares[j * count + i] = xxyy / (a.length - 1);
      cubes[i * count + j] = xxxy / (a.length - 1);
      cubes[j * count + i] = xyyy / (a.length - 1);
    }
  }
  return { covariance, squares, cubes };
}

function shrunk(moments: Moments, count: number, observations: number) {
  const variances = Array.from({ length: count }, (_, i) => moments.covariance[i * count + i] ?? 0);
  const sample = moments.covariance.map((value, at) => {
    const [i, j] = [Math.floor(at / count), at % count];
    return i === j ? 1 : clamp(value / Math.sqrt((variances[i] ?? 0) * (variances[j] ?? 0)));
  });
  const mean = count === 1 ? 1 : (sample.reduce((sum, value) => sum + value, 0) - count) / (count * (count - 1));
  const shrinkage = shrinkageOf(moments, { variances, mean, count }) / (observations - 1);
  const share = Math.min(1, Math.max(0, shrinkage));
  const matrix = sample.map((value, at) => {
    return at % (count + 1) === 0 ? 1 : clamp((1 - share) * value + share * mean);
  });
  return { matrix, shrinkage: share, mean };
}

/** κ = (π − ρ) ÷ γ of the paper's appendix B; divided by the observations less one, which the mean took, it is the shrinkage. */
function shrinkageOf(
  { covariance, squares, cubes }: Moments,
  { variances, mean, count }: { readonly variances: readonly number[]; readonly mean: number; readonly count: number },
): number {
  let [pi, rho, gamma, size] = [0, 0, 0, 0];
  for (let at = 0; at < covariance.length; at += 1) {
    const [i, j] = [Math.floor(at / count), at % count];
    const [vi, vj, cov] = [variances[i] ?? 0, variances[j] ?? 0, covariance[at] ?? 0];
    const piOfPair = (squares[at] ?? 0) - cov * cov;
    pi += piOfPair;
    size += cov * cov;
    if (i === j) {
      rho += piOfPair;
      continue;
    }
    // The half of each pair that its mirror image does not have: the sum over all pairs is the paper's.
    rho += mean * Math.sqrt(vj / vi) * ((cubes[at] ?? 0) - vi * cov);
    gamma += (mean * Math.sqrt(vi * vj) - cov) ** 2;
  }
  return gamma <= NO_DISTANCE * size ? 0 : (pi - rho) / gamma;
}

function clamp(correlation: number): number {
  return Math.min(1, Math.max(-1, correlation));
}
