import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadMay2021, marketOf, unpackCloses } from '../../../../runtime/market/player/market.ts';
import { packCloses } from '../../../support/pack-candles.ts';

const fixture = (name: string) => readFileSync(new URL(`../../../fixtures/demo/${name}`, import.meta.url), 'utf8');

describe('the month of the demo', () => {
  const market = loadMay2021();

  it('has 12 symbols in order of their names and 744 hours', () => {
    expect(market.symbols).toHaveLength(12);
    expect(market.symbols).toEqual([...market.symbols].sort());
    expect(market.hours).toBe(744);
  });

  it('closes its first hour at 01:00 UTC of 1 May 2021 and its last at the end of the month', () => {
    expect(new Date(market.closedAtMs(0)).toISOString()).toBe('2021-05-01T01:00:00.000Z');
    expect(new Date(market.closedAtMs(743)).toISOString()).toBe('2021-06-01T00:00:00.000Z');
  });

  const figures = fixture('closes-2021-05.csv').trim().split('\n').slice(1);
  it.each(figures.map((line) => line.split(',')))('has the closes of %s as they were', (symbol, first, last, sum) => {
    const closes = Array.from({ length: market.hours }, (_, hour) => market.close(String(symbol), hour));
    expect(closes[0]).toBe(Number(first));
    expect(closes.at(-1)).toBe(Number(last));
    expect(closes.reduce((total, close) => total + close, 0)).toBeCloseTo(Number(sum), 6);
  });

  it.each([-1, 744, 0.5])('has no hour %s', (hour) => {
    expect(() => market.close('BTCUSDT', hour)).toThrow('expected an hour of BTCUSDT from 0 to 743');
  });
});

describe('packed closes', () => {
  it('are those of the candles', () => {
    const unpacked = unpackCloses(packCloses(fixture('candles-excerpt.csv')));
    const market = loadMay2021();
    expect([...unpacked.keys()]).toEqual(['BTCUSDT', 'DOGEUSDT']);
    for (const [symbol, closes] of unpacked) {
      expect(closes).toEqual(Array.from({ length: 30 }, (_, hour) => market.close(symbol, hour)));
    }
  });

  it('come back exactly, whatever the prices', () => {
    const units = fc.array(fc.integer({ min: 1, max: 9_999_999_999 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(units, fc.integer({ min: 0, max: 8 }), (prices, decimals) => {
        const closes = prices.map((price) => (price / 10 ** decimals).toFixed(decimals));
        const lines = closes.map((close, hour) => `XUSDT,${hour},0,0,0,${close},0`);
        const unpacked = unpackCloses(packCloses(['symbol,ts_ms,open,high,low,close,volume', ...lines].join('\n')));
        expect(unpacked.get('XUSDT')).toEqual(closes.map(Number));
      }),
    );
  });
});

describe('a market', () => {
  it('refuses symbols with different numbers of hours', () => {
    const closes = new Map([
      ['AUSDT', [1, 2]],
      ['BUSDT', [1]],
    ]);
    expect(() => marketOf(closes, 0)).toThrow('expected 2 closes of BUSDT, got 1');
  });
});
