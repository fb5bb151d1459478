import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extremeDays } from '../../../../handlers/common/book-risk/extreme-days.ts';
import { type ShockedPosition, shock } from '../../../../handlers/common/book-risk/shock.ts';
import { loadMay2021 } from '../../../../runtime/market/player/market.ts';
import { referenceReturns } from '../../../support/reference-books.ts';

function position(symbol: string, weight: number, worstDay?: number, bestDay?: number): ShockedPosition {
  return { symbol, weight, worstDay, bestDay };
}

describe('shock', () => {
  it('says what each scenario costs, and counts the worst', () => {
    const found = shock([position('A', 0.8, -0.4, 0.3), position('B', 0.2, -0.9, 0.1), position('C', -0.6, -0.2, 0.5)]);
    expect(found).toEqual({
      value: 0.8,
      scenario: 'worst_days',
      components: new Map([
        ['A', 0.32],
        ['B', 0.18],
        ['C', 0.3],
      ]),
      losses: { fall_25: 0.25, fall_50: 0.5, rise_25: 0.15, rise_50: 0.3, worst_days: 0.8, largest_lost: 0.8 },
    });
  });

  it('counts no gains: a hedge does not save the other side', () => {
    expect(shock([position('A', 1, 0, 0), position('B', -1, 0, 0)])?.losses).toMatchObject({
      fall_50: 0.5,
      rise_50: 0.5,
    });
  });

  it('loses the largest position whole, a short as well', () => {
    const found = shock([position('A', 0.1), position('B', -0.9)]);
    expect(found).toMatchObject({ value: 0.9, scenario: 'largest_lost' });
    expect(found?.components.get('B')).toBe(0.9);
  });

  it('gives a symbol without data the worst day of all, and tells no such scenario where none has data', () => {
    const known = position('A', 0.1, -0.6, 2);
    expect(shock([known, position('NEW', 1)])?.losses.worst_days).toBe(0.66);
    expect(shock([known, position('NEW', -1)])?.losses.worst_days).toBe(2.06);
    expect(shock([position('NEW', 1)])).toMatchObject({ value: 1, losses: { fall_50: 0.5 } });
    expect(shock([position('NEW', 1)])?.losses).not.toHaveProperty('worst_days');
  });

  it('of a flat book is 0', () => {
    expect(shock([])).toMatchObject({ value: 0, components: new Map() });
    expect(shock([position('A', 0)])?.value).toBe(0);
  });

  it.each([
    position('A', Number.NaN),
    position('A', Number.POSITIVE_INFINITY),
    position('A', 1, Number.NaN, 0),
    position('A', 1, -0.1, Number.POSITIVE_INFINITY),
    position('A', Number.MAX_VALUE, -0.1, Number.MAX_VALUE),
  ])('is not known where a number is none: %o', (one) => {
    expect(shock([one, { ...one, symbol: 'B', weight: -one.weight }])).toBeUndefined();
  });

  it('is no less than any scenario, its components add up to it, and it grows with the book', () => {
    const days = fc.record({ weight: fc.integer({ min: -500, max: 500 }), fall: fc.integer({ min: 0, max: 99 }) });
    fc.assert(
      fc.property(fc.array(days, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 9 }), (given, times) => {
        const book = (by: number) => {
          return given.map(({ weight, fall }, at) => position(`S${at}`, (by * weight) / 100, -fall / 100, fall / 50));
        };
        const found = shock(book(1));
        const value = found?.value ?? Number.NaN;
        expect(value).toBe(Math.max(...Object.values(found?.losses ?? {})));
        expect([...(found?.components.values() ?? [])].reduce((sum, one) => sum + one, 0)).toBeCloseTo(value, 8);
        expect(shock(book(times))?.value).toBeCloseTo(value * times, 8);
        const longs = given.reduce((sum, { weight }) => sum + Math.max(0, weight) / 100, 0);
        expect(found?.losses.fall_50).toBeCloseTo(longs / 2, 8);
      }),
    );
  });
});

describe('the extreme days of a symbol', () => {
  it('are those of the closes, looked at one by one', () => {
    const market = loadMay2021();
    const stretch = { symbols: ['DOGEUSDT'], from_hour: 1, to_hour: 743 };
    const { worst, best } = extremeDays(referenceReturns(stretch).get('DOGEUSDT') ?? new Float64Array(0));
    const closes = Array.from({ length: 744 }, (_, hour) => market.close('DOGEUSDT', hour));
    const changes = closes.slice(24).map((close, at) => close / (closes[at] ?? Number.NaN) - 1);
    for (const days of [1, 100, changes.length]) {
      expect(worst[22 + days]).toBeCloseTo(Math.min(...changes.slice(0, days)), 10);
      expect(best[22 + days]).toBeCloseTo(Math.max(...changes.slice(0, days)), 10);
    }
    expect(worst[22]).toBeNaN();
  });

  it('keep what was seen through hours without a return, and say nothing of a symbol with less than half a day', () => {
    const returns = new Float64Array(60).fill(Number.NaN);
    returns.fill(-0.01, 0, 24);
    const { worst, best } = extremeDays(returns);
    expect(worst[59]).toBeCloseTo(Math.expm1(-0.24), 12);
    expect(best[59]).toBeCloseTo(Math.expm1(-0.12), 12);
    expect(extremeDays(new Float64Array(40).fill(Number.NaN).fill(0.1, 29)).best[39]).toBeNaN();
    expect(extremeDays(new Float64Array(0)).worst).toHaveLength(0);
  });
});
