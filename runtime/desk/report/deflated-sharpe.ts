import { normalQuantile, normalShare } from './normal.ts';

/** Euler's constant. */
const EULER = 0.5772156649015329;
/** With fewer days nothing is said: skewness and kurtosis of so few mean nothing. */
const LEAST_DAYS = 20;
/** A variance so small, of results of which the largest is 1, is what adding up leaves. */
const ROUNDING = 1e-24;

/** How much of daily results is left once it is counted how many policies were tried on the same days. */
export interface DeflatedSharpe {
  /** Policies that were tried on these days, at least the one that is reported on; null where that is not known. */
  readonly tries: number | null;
  readonly days: number;
  /** Mean of the daily results over their standard deviation, not annualised; null without a spread. */
  readonly sharpe: number | null;
  /** The best that so many tries without any skill are expected to come to; null where they are not known. */
  readonly sharpe_of_luck: number | null;
  /** Probability, 0 … 1, that the true ratio is above that; null with too few days, too. */
  readonly deflated: number | null;
}

/** What the daily results of a policy look like. */
export interface DailyShape {
  readonly days: number;
  readonly sharpe: number;
  readonly skewness: number;
  /** 3 for a normal distribution. */
  readonly kurtosis: number;
}

/**
 * The deflated Sharpe ratio of daily results, US dollars (Bailey and López de Prado, The Deflated Sharpe Ratio, Journal of
 * Portfolio Management 40(5), 2014). The ratios of the other tries are not kept, so their variance is taken as that of
 * an estimate by as many days of somebody without skill, 1 / (days − 1).
 */
export function deflatedSharpe(daily: readonly number[], tries: number | null): DeflatedSharpe {
  const shape = shapeOf(daily);
  const counted = tries === null ? null : Math.max(1, tries);
  const about = { tries: counted, days: daily.length, sharpe: shape?.sharpe ?? null };
  if (shape === undefined || counted === null) return { ...about, sharpe_of_luck: null, deflated: null };
  const luck = expectedBest(counted, 1 / (shape.days - 1));
  return { ...about, sharpe_of_luck: luck, deflated: shape.days < LEAST_DAYS ? null : probabilityAbove(shape, luck) };
}

/** The largest Sharpe ratio that is expected of so many tries without skill whose ratios have this variance. */
export function expectedBest(tries: number, variance: number): number {
  if (tries <= 1) return 0;
  const [far, further] = [1 - 1 / tries, 1 - 1 / (tries * Math.E)].map(normalQuantile);
  return Math.sqrt(variance) * ((1 - EULER) * (far ?? 0) + EULER * (further ?? 0));
}

/** The probability that the true Sharpe ratio is above a benchmark, by how long, how skewed and how fat-tailed the results are. */
export function probabilityAbove({ days, sharpe, skewness, kurtosis }: DailyShape, benchmark: number): number {
  const spread = 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe ** 2;
  return normalShare(((sharpe - benchmark) * Math.sqrt(days - 1)) / Math.sqrt(Math.max(Number.EPSILON, spread)));
}

/** Undefined without a spread, or with one that is rounding alone. */
function shapeOf(usd: readonly number[]): DailyShape | undefined {
  const days = usd.length;
  const most = usd.reduce((largest, one) => Math.max(largest, Math.abs(one)), 0);
  if (days < 2 || most === 0) return undefined;
  const daily = usd.map((one) => one / most);
  const mean = daily.reduce((sum, one) => sum + one, 0) / days;
  const moment = (power: number) => daily.reduce((sum, one) => sum + (one - mean) ** power, 0) / days;
  const variance = moment(2);
  if (!(variance > ROUNDING)) return undefined;
  const deviation = Math.sqrt((variance * days) / (days - 1));
  return {
    days,
    sharpe: mean / deviation,
    skewness: moment(3) / variance ** 1.5,
    kurtosis: moment(4) / variance ** 2,
  };
}
