import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedShortfall } from '../../../../handlers/common/book-risk/shortfall.ts';
import { referenceBooks, referenceReturns } from '../../../support/reference-books.ts';

const MONTH = { symbols: ['BTCUSDT', 'ETHUSDT', 'XRPUSDT'], from_hour: 1, to_hour: 743 };
const LONG = MONTH.symbols.map((symbol) => ({ symbol, weight: 0.5 }));

describe('the expected shortfall', () => {
  const long = referenceBooks().filter(({ expected_shortfall }) => expected_shortfall !== undefined);

  it.each(long)('is the one computed otherwise: $name', (book) => {
    const found = expectedShortfall(book.positions, referenceReturns(book));
    expect(found?.value).toBeCloseTo(book.expected_shortfall ?? Number.NaN, 9);
  });

  it('needs 500 returns that all positions have', () => {
    const enough = new Map(referenceReturns({ ...MONTH, to_hour: 500 }));
    expect(expectedShortfall(LONG, enough)?.value).toBeGreaterThan(0);
    expect(expectedShortfall(LONG, referenceReturns({ ...MONTH, to_hour: 499 }))).toBeUndefined();
    enough.set('XRPUSDT', (enough.get('XRPUSDT') ?? new Float64Array(0)).with(250, Number.NaN));
    expect(expectedShortfall(LONG, enough)).toBeUndefined();
    expect(expectedShortfall([...LONG, { symbol: 'NEWUSDT', weight: 0.001 }], referenceReturns(MONTH))).toBeUndefined();
  });

  it('looks back on 1,000 returns and no further', () => {
    const returns = (seed: number) => {
      return Float64Array.from({ length: 1200 }, (_, at) => (at < 200 ? -0.5 * seed : 0.01 * Math.sin(at * at)));
    };
    const position = [{ symbol: 'A', weight: 1 }];
    const calm = expectedShortfall(position, new Map([['A', returns(0)]]));
    expect(expectedShortfall(position, new Map([['A', returns(1)]]))).toEqual(calm);
    expect(calm?.value).toBeGreaterThan(0);
  });

  it('of one volatility throughout is the plain mean of the worst hours, the last of them in part', () => {
    // Losses of one size that alternate with gains of the same: every forecast is that size.
    const returns = Float64Array.from({ length: 550 }, (_, at) => Math.log1p(at % 2 === 0 ? -0.01 : 0.01));
    const found = expectedShortfall([{ symbol: 'A', weight: 2 }], new Map([['A', returns]]));
    expect(found?.value).toBeCloseTo(0.02 * Math.sqrt(24), 9);
  });

  it('is as many times as large for a larger book, and its components add up to it', () => {
    const returns = referenceReturns(MONTH);
    const weights = fc.array(fc.integer({ min: -3000, max: 3000 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(weights, fc.double({ min: 0.1, max: 10, noNaN: true }), (given, times) => {
        const book = MONTH.symbols.map((symbol, at) => ({ symbol, weight: (given[at] ?? 0) / 1000 }));
        const found = expectedShortfall(book, returns);
        const larger = expectedShortfall(
          book.map(({ symbol, weight }) => ({ symbol, weight: weight * times })),
          returns,
        );
        const value = found?.value ?? Number.NaN;
        expect(larger?.value).toBeCloseTo(value * times, 6);
        expect([...(found?.components.values() ?? [])].reduce((sum, one) => sum + one, 0)).toBeCloseTo(value, 8);
      }),
      { numRuns: 50 },
    );
  });

  it('of a flat book is 0, and of one that never moved is not known', () => {
    expect(expectedShortfall([], new Map())).toEqual({ value: 0, components: new Map() });
    const still = new Map([['A', new Float64Array(600)]]);
    expect(expectedShortfall([{ symbol: 'A', weight: 1 }], still)).toBeUndefined();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -Number.MAX_VALUE])('is not known with a weight of %d', (weight) => {
    expect(
      expectedShortfall([{ symbol: 'BTCUSDT', weight }, ...LONG.slice(1)], referenceReturns(MONTH)),
    ).toBeUndefined();
  });
});
