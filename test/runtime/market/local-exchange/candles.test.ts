import { describe, expect, it } from 'vitest';
import { candleAt, candlesOf, may2021Candles, priceAt } from '../../../../runtime/market/local-exchange/candles.ts';
import { loadMay2021, marketOf } from '../../../../runtime/market/player/market.ts';
import { MINUTE_MS } from '../../../../schemas/duration.ts';

const OPEN = 1_000 * 240 * MINUTE_MS;
const series = candlesOf(marketOf(new Map([['AUSDT', [100, 110, 90, 95]]]), 0), MINUTE_MS, OPEN);

describe('the price', () => {
  it.each([
    ['before the data is the first', -5 * MINUTE_MS, 100],
    ['at the first bar stands still', 0.5 * MINUTE_MS, 100],
    ['at the end of a bar is its close', 2 * MINUTE_MS, 110],
    ['goes straight from open to close', 1.5 * MINUTE_MS, 105],
    ['falls as it rises', 2.25 * MINUTE_MS, 105],
    ['after the data is the last', 9 * MINUTE_MS, 95],
  ])('%s', (_what, sinceMs, price) => {
    expect(priceAt(series, 'AUSDT', OPEN + sinceMs)).toBe(price);
  });

  it('of a symbol that is not in the data is none', () => {
    expect(priceAt(series, 'BUSDT', OPEN)).toBeUndefined();
  });
});

describe('a candle', () => {
  it('opens at the close before it', () => {
    const candle = candleAt(series, 'AUSDT', OPEN + 2 * MINUTE_MS, MINUTE_MS, OPEN + 9 * MINUTE_MS);
    expect(candle).toMatchObject({ open: 110, high: 110, low: 90, close: 90, volume: 1000 });
    expect(candle?.closeMs).toBe(OPEN + 3 * MINUTE_MS - 1);
  });

  it('that is open ends at the price of now', () => {
    const candle = candleAt(series, 'AUSDT', OPEN + MINUTE_MS, MINUTE_MS, OPEN + 1.5 * MINUTE_MS);
    expect(candle).toMatchObject({ open: 100, high: 105, low: 100, close: 105, volume: 500 });
  });

  it('of several bars takes the first open, the last close and the extremes', () => {
    const candle = candleAt(series, 'AUSDT', OPEN, 3 * MINUTE_MS, OPEN + 9 * MINUTE_MS);
    expect(candle).toMatchObject({ open: 100, high: 110, low: 90, close: 90, volume: 3000 });
  });

  it.each([
    ['that has not begun', 3 * MINUTE_MS, 2 * MINUTE_MS],
    ['after the data', 4 * MINUTE_MS, 9 * MINUTE_MS],
    ['before the data', -MINUTE_MS, 9 * MINUTE_MS],
  ])('%s is none', (_what, openMs, nowMs) => {
    expect(candleAt(series, 'AUSDT', OPEN + openMs, MINUTE_MS, OPEN + nowMs)).toBeUndefined();
  });
});

describe('May 2021', () => {
  it('as it was: every close is the price at the end of its hour', () => {
    const market = loadMay2021();
    const may = may2021Candles({ firstOpenMs: Date.UTC(2021, 4, 1) });
    for (const symbol of market.symbols) {
      for (const hour of [0, 1, 447, 743]) {
        expect(priceAt(may, symbol, market.closedAtMs(hour))).toBe(market.close(symbol, hour));
      }
    }
  });

  it('laid around now has 400 bars behind it, each of the length asked for', () => {
    const nowMs = Date.UTC(2026, 0, 1, 12, 34, 56);
    const may = may2021Candles({ barMs: MINUTE_MS, nowMs });
    expect(may.firstOpenMs).toBe(Date.UTC(2026, 0, 1, 12, 34) - 400 * MINUTE_MS);
  });
});
