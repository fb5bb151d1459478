import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correlation } from '../../../../handlers/common/statistics/correlation.ts';
import { logReturns, onGrid } from '../../../../handlers/common/statistics/returns.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';

function returnsOf(values: readonly (number | undefined)[]): Float64Array {
  return Float64Array.from(values, (value) => value ?? Number.NaN);
}

/** Returns of whole hundredths of a percent. */
const basisPoints = fc.array(fc.integer({ min: -5000, max: 5000 }), { minLength: 3, maxLength: 40 });

describe('correlation', () => {
  it('of two real symbols is the figure of 50-digit decimals', () => {
    const text = (path: string) => readFileSync(new URL(`../../../fixtures/${path}`, import.meta.url), 'utf8');
    const rows = text('demo/candles-excerpt.csv').trim().split('\n').slice(1);
    const of = (wanted: string) => {
      const candles = rows.flatMap((row) => {
        const [symbol, ...cells] = row.split(',');
        const [openMs = 0, open = 0, high = 0, low = 0, close = 0, volume = 0] = cells.map(Number);
        return symbol === wanted ? [{ openMs, open, high, low, close, volume }] : [];
      });
      const firstOpenMs = candles[0]?.openMs ?? 0;
      return onGrid(logReturns(candles, HOUR_MS, { acrossHoles: false }), {
        firstOpenMs,
        intervalMs: HOUR_MS,
        length: 30,
      });
    };
    const expected = JSON.parse(text('reference/excerpt-2021-05.json')) as { correlation: string };
    expect(correlation(of('BTCUSDT'), of('DOGEUSDT'), 29)).toBeCloseTo(Number(expected.correlation), 9);
  });

  const up = [0.01, -0.02, 0.03, 0.005];

  it.each([
    ['itself', up, 1],
    ['twice itself', up.map((value) => 2 * value), 1],
    ['its opposite', up.map((value) => -value), -1],
    ['one that does not move', [0, 0, 0, 0], undefined],
    ['one that always moves the same', [0.1, 0.1, 0.1, 0.1], undefined],
  ])('with %s', (_words, other, expected) => {
    expect(correlation(returnsOf(up), returnsOf(other), 4)).toBe(expected);
  });

  it('rests on the times that both have, whichever is missing elsewhere', () => {
    const a = returnsOf([0.01, undefined, -0.02, 0.03, undefined, 0.005, 0.4]);
    const b = returnsOf([0.02, 0.3, -0.04, 0.06, -0.3, 0.01]);
    expect(correlation(a, b, 4)).toBe(1);
  });

  it.each([
    [4, 1],
    [5, undefined],
  ])('of 4 common times when %i are asked for is %s', (minimum, expected) => {
    expect(correlation(returnsOf([...up, 0.1]), returnsOf(up), minimum)).toBe(expected);
  });

  it('is never of fewer than two times', () => {
    expect(correlation(returnsOf([]), returnsOf([]), 0)).toBeUndefined();
    expect(correlation(returnsOf([0.1]), returnsOf([0.1]), 0)).toBeUndefined();
  });

  it('is within -1 and 1, the same both ways, and not changed by scale', () => {
    fc.assert(
      fc.property(basisPoints, basisPoints, fc.double({ min: 0.5, max: 3, noNaN: true }), (x, y, scale) => {
        const inFractions = (points: readonly number[]) => returnsOf(points.map((point) => point / 10_000));
        const [a, b] = [inFractions(x), inFractions(y)];
        const value = correlation(a, b, 3);
        expect(correlation(b, a, 3)).toBe(value);
        if (value === undefined) return;
        expect(Math.abs(value)).toBeLessThanOrEqual(1);
        const scaled = correlation(inFractions(x.map((one) => scale * one)), b, 3);
        expect(scaled ?? value).toBeCloseTo(value, 6);
      }),
    );
  });
});
