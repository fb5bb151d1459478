import { expect, test } from 'vitest';
import { clustersOf } from '../../handlers/common/statistics/clusters.ts';
import { correlation } from '../../handlers/common/statistics/correlation.ts';
import { logReturns } from '../../handlers/common/statistics/returns.ts';
import { loadMay2021 } from '../../runtime/market/player/market.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { candlesOf } from '../support/candles.ts';

const LOOKBACK = 168;
const NOTIONAL_USD = 1000;
const market = loadMay2021();

/** The returns of the week that ended with an hour. */
function weekBefore(hour: number): ReadonlyMap<string, Float64Array> {
  return new Map(
    market.symbols.map((symbol) => {
      const closes = Array.from({ length: LOOKBACK }, (_, at) => market.close(symbol, hour - LOOKBACK + 1 + at));
      const returns = logReturns(candlesOf(closes, market.closedAtMs(hour)), HOUR_MS, { acrossHoles: false });
      return [symbol, Float64Array.from(returns, ({ value }) => value)];
    }),
  );
}

/** Pearson's correlation by the formula of sums, which shares nothing with the other but the definition. */
function bySums(a: Float64Array, b: Float64Array): number {
  const [x, y] = [[...a], [...b]];
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const times = (one: readonly number[], other: readonly number[]) =>
    sum(one.map((value, at) => value * (other[at] ?? 0)));
  const n = x.length;
  const spread = (values: readonly number[]) => n * times(values, values) - sum(values) ** 2;
  return (n * times(x, y) - sum(x) * sum(y)) / Math.sqrt(spread(x) * spread(y));
}

test.each([
  ['on 8 May, before the crash', 170],
  ['on 20 May, after the crash', 24 * 20 - 1],
])('%s, correlations, clusters and stress are what the closes say', (_words, hour) => {
  const returns = weekBefore(hour);
  const of = (symbol: string) => returns.get(symbol) ?? new Float64Array(0);
  const known = (a: string, b: string) => correlation(of(a), of(b), 48);
  for (const a of market.symbols) {
    for (const b of market.symbols) expect(known(a, b)).toBeCloseTo(bySums(of(a), of(b)), 8);
  }
  const holdings = market.symbols.map((symbol) => ({ symbol, notionalUsd: NOTIONAL_USD }));
  for (const { symbols, stress } of clustersOf(holdings, NOTIONAL_USD * holdings.length, known, 0.7)) {
    const all = symbols.flatMap((a) => symbols.map((b) => bySums(of(a), of(b))));
    const mean = all.reduce((total, value) => total + Math.max(0, value), 0) / all.length;
    expect(stress).toBeCloseTo((symbols.length / holdings.length) * mean, 8);
  }
});

test('in the crash the market becomes one bet: the largest cluster and its stress grow', () => {
  const largestAt = (hour: number) => {
    const returns = weekBefore(hour);
    const of = (symbol: string) => returns.get(symbol) ?? new Float64Array(0);
    const known = (a: string, b: string) => correlation(of(a), of(b), 48);
    const holdings = market.symbols.map((symbol) => ({ symbol, notionalUsd: NOTIONAL_USD }));
    const clusters = clustersOf(holdings, NOTIONAL_USD * holdings.length, known, 0.7);
    return clusters.reduce((largest, one) => (one.stress > largest.stress ? one : largest));
  };
  const [before, after] = [largestAt(170), largestAt(24 * 20 - 1)];
  expect(before.symbols).toEqual(['AAVEUSDT', 'BNBUSDT', 'BTCUSDT', 'ETHUSDT', 'LINKUSDT']);
  expect(before.stress).toBeCloseTo(0.3175, 4);
  expect(after.symbols).toEqual(market.symbols);
  expect(after.stress).toBeCloseTo(0.8391, 4);
});
