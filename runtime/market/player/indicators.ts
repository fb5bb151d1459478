import { round10 } from '../../../schemas/number.ts';
import type { Strategy } from '../../../schemas/strategy.ts';
import type { Market } from './market.ts';

/** How far back indicators look, in hours. */
export type Lengths = Pick<Strategy, 'volatility_hours' | 'trend_hours'>;

/** What is known of a symbol once an hour has closed. */
export interface Indicators {
  /** Sample standard deviation of the hourly log returns. */
  readonly sigmaHourly: number;
  /** The hourly sigma scaled to a day by √24. */
  readonly sigmaDaily: number;
  /** Log return of the last hour. */
  readonly hourReturn: number;
  /** Log return over the hours of the trend. */
  readonly trendReturn: number;
}

/** Hours of a market before the first volatility and trend. */
export function warmUpHours({ volatility_hours, trend_hours }: Lengths): number {
  return Math.max(volatility_hours, trend_hours);
}

/** The indicators of a symbol at the close of an hour, from the candles so far; `undefined` while these are too few. */
export function indicatorsAt(market: Market, symbol: string, hour: number, lengths: Lengths): Indicators | undefined {
  if (hour < warmUpHours(lengths)) return undefined;
  const { volatility_hours: count, trend_hours: trend } = lengths;
  const returns = Array.from({ length: count }, (_, back) => {
    const at = hour - count + 1 + back;
    return Math.log(market.close(symbol, at) / market.close(symbol, at - 1));
  });
  const sigmaHourly = sampleDeviation(returns);
  return {
    sigmaHourly: round10(sigmaHourly),
    sigmaDaily: round10(sigmaHourly * Math.sqrt(24)),
    hourReturn: round10(returns.at(-1) ?? 0),
    trendReturn: round10(Math.log(market.close(symbol, hour) / market.close(symbol, hour - trend))),
  };
}

/** The sample standard deviation (divided by n − 1) of at least two values. */
export function sampleDeviation(values: readonly number[]): number {
  if (values.length < 2) throw new RangeError(`expected at least two values, got ${values.length}`);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
