import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CorrelatedPosition, correlatedHeat } from '../../../../handlers/common/book-risk/correlated.ts';
import { shrunkCorrelation } from '../../../../handlers/common/book-risk/shrunk-correlation.ts';
import { referenceBooks, referenceReturns } from '../../../support/reference-books.ts';

const ALL = { minimum: 2, lookback: 1000 };
const HOURS = 60;

const value = fc.double({ min: -0.3, max: 0.3, noNaN: true });
const weight = fc.double({ min: -5, max: 5, noNaN: true });
const sigma = fc.double({ min: 0, max: 3, noNaN: true });

/** Books of up to nine symbols, with returns of two to sixty hours, some of which are missing. */
const books = fc
  .record({
    hours: fc.integer({ min: 2, max: HOURS }),
    positions: fc.array(
      fc.record({
        weight,
        sigma,
        returns: fc.array(value, { minLength: HOURS, maxLength: HOURS }),
        holes: fc.boolean(),
      }),
      { minLength: 1, maxLength: 9 },
    ),
  })
  .map(({ hours, positions }) => ({
    positions: positions.map(({ weight: w, sigma: s }, at): CorrelatedPosition => {
      return { symbol: `S${at}`, weight: w, sigma: s };
    }),
    returns: new Map(
      positions.map(({ returns, holes }, at) => {
        const series = Float64Array.from(returns.slice(0, hours), (one, hour) =>
          holes && hour % 3 === 0 ? Number.NaN : one,
        );
        return [`S${at}`, series] as const;
      }),
    ),
  }));

function heatOf(positions: readonly CorrelatedPosition[]): number {
  return positions.reduce((sum, { weight: w, sigma: s }) => sum + Math.abs(w) * s, 0);
}

describe('the shrunk correlation', () => {
  it.each(referenceBooks())("is that of the authors' own program: $name", (book) => {
    const found = shrunkCorrelation(referenceReturns(book), ALL);
    expect(found?.symbols).toEqual(book.symbols);
    expect(found?.observations).toBe(book.to_hour - book.from_hour + 1);
    expect(found?.shrinkage).toBeCloseTo(book.shrinkage, 10);
    for (const [at, expected] of book.first_row.entries()) expect(found?.matrix[at]).toBeCloseTo(expected, 10);
  });

  it('is not known below the least number of common returns', () => {
    const returns = referenceReturns({ symbols: ['BTCUSDT', 'ETHUSDT'], from_hour: 1, to_hour: 48 });
    expect(shrunkCorrelation(returns, { minimum: 48, lookback: 168 })?.observations).toBe(48);
    expect(shrunkCorrelation(returns, { minimum: 49, lookback: 168 })).toBeUndefined();
    expect(shrunkCorrelation(returns, { minimum: 48, lookback: 47 })).toBeUndefined();
    expect(shrunkCorrelation(new Map(), ALL)).toBeUndefined();
  });

  it('leaves out a symbol that is too young or does not move, and keeps the others', () => {
    const returns = new Map(referenceReturns({ symbols: ['BTCUSDT', 'ETHUSDT'], from_hour: 1, to_hour: 100 }));
    returns.set('NEWUSDT', new Float64Array(100).fill(Number.NaN, 0, 60).fill(0.01, 60));
    returns.set('DEADUSDT', new Float64Array(100));
    const found = shrunkCorrelation(returns, { minimum: 48, lookback: 168 });
    expect(found?.symbols).toEqual(['BTCUSDT', 'ETHUSDT']);
    expect(found?.observations).toBe(100);
  });
});

describe('the correlated heat', () => {
  it.each(referenceBooks())('is √(wᵀΣw) with its components: $name', (book) => {
    const found = correlatedHeat(book.positions, shrunkCorrelation(referenceReturns(book), ALL));
    expect(found?.value).toBeCloseTo(book.correlated_heat, 9);
    for (const [at, symbol] of book.symbols.entries()) {
      expect(found?.components.get(symbol)).toBeCloseTo(book.components[at] ?? Number.NaN, 9);
    }
  });

  it('never exceeds the heat, is never less than 0, and its components add up to it', () => {
    fc.assert(
      fc.property(books, ({ positions, returns }) => {
        const found = correlatedHeat(positions, shrunkCorrelation(returns, ALL));
        const figure = found?.value ?? Number.NaN;
        expect(figure).toBeGreaterThanOrEqual(0);
        expect(figure).toBeLessThanOrEqual(heatOf(positions) + 1e-9);
        const sum = [...(found?.components.values() ?? [])].reduce((total, one) => total + one, 0);
        expect(sum).toBeCloseTo(figure, 6);
      }),
      { numRuns: 500 },
    );
  });

  it('is the heat where nothing is known, and for one position', () => {
    const positions = [
      { symbol: 'BTCUSDT', weight: 1.5, sigma: 0.04 },
      { symbol: 'ETHUSDT', weight: -1, sigma: 0.06 },
    ];
    expect(correlatedHeat(positions, undefined)?.value).toBe(0.12);
    const known = shrunkCorrelation(referenceReturns({ symbols: ['BTCUSDT'], from_hour: 1, to_hour: 100 }), ALL);
    expect(correlatedHeat(positions.slice(0, 1), known)?.value).toBe(0.06);
    expect(correlatedHeat(positions, known)).toEqual({
      value: 0.12,
      components: new Map([
        ['BTCUSDT', 0.06],
        ['ETHUSDT', 0.06],
      ]),
    });
  });

  it('is less for a hedge, which adds less than nothing', () => {
    const returns = referenceReturns({ symbols: ['BTCUSDT', 'ETHUSDT'], from_hour: 1, to_hour: 168 });
    const found = correlatedHeat(
      [
        { symbol: 'BTCUSDT', weight: 2, sigma: 0.05 },
        { symbol: 'ETHUSDT', weight: -0.5, sigma: 0.05 },
      ],
      shrunkCorrelation(returns, ALL),
    );
    expect(found?.value).toBeLessThan(0.1);
    expect(found?.components.get('ETHUSDT')).toBeLessThan(0);
  });

  it.each([
    { weight: Number.NaN, sigma: 0.05 },
    { weight: Number.POSITIVE_INFINITY, sigma: 0.05 },
    { weight: 1, sigma: Number.NaN },
    { weight: 1, sigma: -0.05 },
  ])('is unknown with a weight of $weight and a sigma of $sigma', (position) => {
    expect(correlatedHeat([{ symbol: 'BTCUSDT', ...position }], undefined)).toBeUndefined();
  });

  it('of a flat book is 0', () => {
    expect(correlatedHeat([], undefined)).toEqual({ value: 0, components: new Map() });
  });
});
