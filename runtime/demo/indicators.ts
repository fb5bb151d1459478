import { round10 } from '../../schemas/number.ts';
import type { Market } from './market.ts';

/** Hourly log returns behind a volatility; before as many are known there is none. */
export const WINDOW_HOURS = 24;

/** What is known of a symbol once an hour has closed. */
export interface Indicators {
  /** Sample standard deviation of the last 24 hourly log returns. */
  readonly sigmaHourly: number;
  /** The hourly sigma scaled to a day by √24. */
  readonly sigmaDaily: number;
  /** Log return of the last hour. */
  readonly hourReturn: number;
  /** Log return of the last 24 hours. */
  readonly dayReturn: number;
}

/** The indicators of a symbol at the close of an hour, from the candles so far; `undefined` before 24 returns exist. */
export function indicatorsAt(market: Market, symbol: string, hour: number): Indicators | undefined {
  if (hour < WINDOW_HOURS) return undefined;
  const returns = Array.from({ length: WINDOW_HOURS }, (_, back) => {
    const at = hour - WINDOW_HOURS + 1 + back;
    return Math.log(market.close(symbol, at) / market.close(symbol, at - 1));
  });
  const sigmaHourly = sampleDeviation(returns);
  return {
    sigmaHourly: round10(sigmaHourly),
    sigmaDaily: round10(sigmaHourly * Math.sqrt(24)),
    hourReturn: round10(returns.at(-1) ?? 0),
    dayReturn: round10(Math.log(market.close(symbol, hour) / market.close(symbol, hour - WINDOW_HOURS))),
  };
}

/** The sample standard deviation (divided by n − 1) of at least two values. */
export function sampleDeviation(values: readonly number[]): number {
  if (values.length < 2) throw new RangeError(`expected at least two values, got ${values.length}`);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
