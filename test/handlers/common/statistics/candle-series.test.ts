import { describe, expect, it } from 'vitest';
import { candleSeries, isStaleSeries } from '../../../../handlers/common/statistics/candle-series.ts';
import { logReturns } from '../../../../handlers/common/statistics/returns.ts';
import type { Candle } from '../../../../schemas/candle.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import { fieldsOf } from '../../../../schemas/wire.ts';
import { candlesOf, storeOf, walk } from '../../../support/candles.ts';
import { NOW_MS } from '../../../support/fake-ctx.ts';

const spec = { interval: '1h', lookback: 48, frozenCandles: 4 } as const;
const NONE_DROPPED = { unusable: 0, misplaced: 0, frozen: 0 };

describe('the candles that count', () => {
  const prices = walk(60, 1);

  it('are those of the look-back, in order of time whatever the order of the store', () => {
    const backwards = storeOf([...candlesOf(prices, NOW_MS)].reverse());
    const series = candleSeries(backwards, spec, NOW_MS);
    expect(series.candles.map(({ openMs }) => openMs)).toEqual(
      Array.from({ length: 48 }, (_, at) => NOW_MS - (48 - at) * HOUR_MS),
    );
    expect(series.dropped).toEqual(NONE_DROPPED);
    expect(series.newestCloseMs).toBe(NOW_MS);
  });

  it('reach back as far in time where candles are missing: a hole does not bring older ones in', () => {
    const holed = prices.map((price, at) => (at >= 30 && at < 50 ? undefined : price));
    expect(candleSeries(storeOf(candlesOf(holed, NOW_MS)), spec, NOW_MS).candles.length).toBe(28);
  });

  it.each([
    ['at its close', 0, 48, 0],
    ['1 ms before its close', -1, 48, 1],
  ])('hold the newest candle from its close on: %s', (_words, byMs, candles, misplaced) => {
    const series = candleSeries(storeOf(candlesOf(prices, NOW_MS)), spec, NOW_MS + byMs);
    expect([series.candles.length, series.dropped.misplaced]).toEqual([candles, misplaced]);
    expect(series.newestCloseMs).toBe(misplaced === 0 ? NOW_MS : NOW_MS - HOUR_MS);
  });

  it.each([
    ['text', 'x', '1,1,1,1,1', { unusable: 1 }],
    ['a price of 0', '0', '1,1,0,1,1', { unusable: 1 }],
    ['a price below 0', '0', '1,1,-1,1,1', { unusable: 1 }],
    ['a price that is no number', '0', '1,1,1,NaN,1', { unusable: 1 }],
    ['an endless price', '0', '1,Infinity,1,1,1', { unusable: 1 }],
    ['a high below the close', '0', '1,1.5,1,2,1', { unusable: 1 }],
    ['a low above the open', '0', '1,3,2,2,1', { unusable: 1 }],
    ['a candle off the grid', '1', '1,1,1,1,1', { misplaced: 1 }],
    ['a candle of tomorrow', String(24 * HOUR_MS), '1,1,1,1,1', { misplaced: 1 }],
  ])('leave out and count %s; the others stay', (_words, at, text, dropped) => {
    const name = /^\d+$/.test(at) ? String(NOW_MS - HOUR_MS + Number(at)) : at;
    const older = storeOf(candlesOf(prices.slice(0, 40), NOW_MS - HOUR_MS));
    const series = candleSeries(fieldsOf([...Object.entries(older).flat(), name, text]), spec, NOW_MS);
    expect(series.dropped).toEqual({ ...NONE_DROPPED, ...dropped });
    expect(series.candles.length).toBe(40);
  });

  it('are none without a store', () => {
    const series = candleSeries(null, spec, NOW_MS);
    expect(series).toMatchObject({ candles: [], dropped: NONE_DROPPED, newestCloseMs: undefined });
    expect(isStaleSeries(series, 3, NOW_MS)).toBe(true);
  });
});

describe('a frozen market', () => {
  const moving = walk(20, 2);
  const still = (length: number) => Array.from({ length }, () => moving.at(-1) ?? 0);
  const seriesOf = (candles: readonly Candle[]) => candleSeries(storeOf(candles), spec, NOW_MS);

  it.each([
    [3, 23, 0],
    [4, 20, 4],
    [12, 20, 12],
  ])('of %i candles with the same prices leaves %i, and counts %i', (length, kept, frozen) => {
    const series = seriesOf(candlesOf([...moving, ...still(length)], NOW_MS));
    expect([series.candles.length, series.dropped.frozen]).toEqual([kept, frozen]);
  });

  it.each([
    [3, 23, 0],
    [4, 20, 4],
  ])('of %i candles without trade leaves %i, and counts %i', (length, kept, frozen) => {
    const candles = candlesOf([...moving, ...walk(length, 3)], NOW_MS);
    const untraded = candles.map((candle, at) => (at < 20 ? candle : { ...candle, volume: 0 }));
    const series = seriesOf(untraded);
    expect([series.candles.length, series.dropped.frozen]).toEqual([kept, frozen]);
  });

  it('is not a market of which the volume is not known', () => {
    const candles = candlesOf(walk(20, 4), NOW_MS).map((candle) => ({ ...candle, volume: undefined }));
    expect(seriesOf(candles).candles.length).toBe(20);
  });

  it('makes the series stale when it lasts', () => {
    const series = seriesOf(candlesOf([...moving, ...still(12)], NOW_MS));
    expect(series.newestCloseMs).toBe(NOW_MS - 12 * HOUR_MS);
    expect(isStaleSeries(series, 12, NOW_MS)).toBe(false);
    expect(isStaleSeries(series, 12, NOW_MS + 1)).toBe(true);
  });
});

describe('log returns', () => {
  it('are between candles one candle length apart, and never across a hole', () => {
    const candles = candlesOf([100, 110, undefined, 121, 121, 133.1], NOW_MS);
    const returns = logReturns(candles, HOUR_MS, { acrossHoles: false });
    expect(returns.map(({ openMs }) => openMs)).toEqual([5, 2, 1].map((back) => NOW_MS - back * HOUR_MS));
    const [first = 0, second = 0, third = 0] = returns.map(({ value }) => value);
    expect([first, second, third].map((value) => Math.exp(value).toFixed(12))).toEqual([
      '1.100000000000',
      '1.000000000000',
      '1.100000000000',
    ]);
  });

  it('skip prices whose ratio is no number', () => {
    expect(logReturns(candlesOf([1e-300, 1e300, 1e300], NOW_MS), HOUR_MS, { acrossHoles: false }).length).toBe(1);
  });

  it('are none of one candle', () => {
    expect(logReturns(candlesOf([1], NOW_MS), HOUR_MS, { acrossHoles: false })).toEqual([]);
  });
});
