import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CorrelationOf,
  clustersOf,
  type Holding,
  linked,
} from '../../../../handlers/common/statistics/clusters.ts';

/** Correlations written as `'A B': 0.8`; a pair that is not there is not known. */
function table(correlations: Readonly<Record<string, number>>): CorrelationOf {
  return (a, b) => correlations[a < b ? `${a} ${b}` : `${b} ${a}`];
}

function held(notionals: Readonly<Record<string, number>>): readonly Holding[] {
  return Object.entries(notionals).map(([symbol, notionalUsd]) => ({ symbol, notionalUsd }));
}

describe('symbols are linked', () => {
  it.each([
    ['at the threshold', { 'A B': 0.7 }, [['A', 'B'], ['C']]],
    ['not below it', { 'A B': 0.6999999999 }, [['A'], ['B'], ['C']]],
    ['through a third', { 'A B': 0.7, 'B C': 0.9, 'A C': -0.2 }, [['A', 'B', 'C']]],
    ['not by being opposite', { 'A B': -1, 'B C': -0.9 }, [['A'], ['B'], ['C']]],
    ['not by what is not known', {}, [['A'], ['B'], ['C']]],
  ])('%s', (_words, correlations, expected) => {
    expect(linked(['C', 'A', 'B'], table(correlations), 0.7)).toEqual(expected);
  });

  it('to none when there are none', () => {
    expect(linked([], table({}), 0.7)).toEqual([]);
  });
});

describe('the stress of a cluster', () => {
  it('is that of the page: two thirds of the book in two symbols with a correlation of 0.8', () => {
    const clusters = clustersOf(held({ BTC: 3000, ETH: 1000, XRP: 2000 }), 6000, table({ 'BTC ETH': 0.8 }), 0.7);
    expect(clusters).toEqual([
      {
        id: 'BTC',
        symbols: ['BTC', 'ETH'],
        notionalUsd: 4000,
        share: 0.6666666667,
        correlation: 0.925,
        stress: 0.6166666667,
      },
      { id: 'XRP', symbols: ['XRP'], notionalUsd: 2000, share: 0.3333333333, correlation: 1, stress: 0.3333333333 },
    ]);
  });

  it.each([
    ['one position is the whole book', { A: 5 }, 5, {}, 1],
    ['one position is a tenth of the book', { A: 5 }, 50, {}, 0.1],
    ['two equal ones move as one', { A: 5, B: 5 }, 10, { 'A B': 1 }, 1],
    [
      'a negative correlation inside counts as 0',
      { A: 1, B: 1, C: 1 },
      3,
      { 'A B': 0.9, 'B C': 0.9, 'A C': -0.5 },
      0.7333333333,
    ],
    ['one that is not known is left out', { A: 1, B: 1, C: 1 }, 3, { 'A B': 0.9, 'B C': 0.9 }, 0.9428571429],
    ['the book is priced lower than its parts', { A: 5 }, 4, {}, 1],
  ])('%s', (_words, notionals, grossUsd, correlations, stress) => {
    const [first] = clustersOf(held(notionals), grossUsd, table(correlations), 0.7);
    expect(first?.stress).toBe(stress);
  });

  it('stays when one position is split into two that move as one', () => {
    const whole = clustersOf(held({ A: 60, Z: 40 }), 200, table({ 'A Z': 0.75 }), 0.7);
    const twins = table({ 'A B': 1, 'A Z': 0.75, 'B Z': 0.75 });
    const split = clustersOf(held({ A: 20, B: 40, Z: 40 }), 200, twins, 0.7);
    expect(split[0]?.stress).toBe(whole[0]?.stress);
  });
});

describe('whatever the portfolio', () => {
  const NAMES = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
  const correlations = fc.array(fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined }), {
    minLength: 49,
    maxLength: 49,
  });
  const notionals = fc.array(fc.double({ min: 0.01, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 7 });
  const threshold = fc.double({ min: 0, max: 1, noNaN: true });
  const book = fc.record({
    correlations,
    notionals,
    threshold,
    elsewhere: fc.double({ min: 0, max: 1e6, noNaN: true }),
  });

  const correlationOf =
    (values: readonly (number | undefined)[]): CorrelationOf =>
    (a, b) => {
      const [x = 0, y = 0] = [NAMES.indexOf(a), NAMES.indexOf(b)].sort();
      return values[7 * x + y];
    };
  const holdingsOf = (values: readonly number[]) =>
    values.map((notionalUsd, at) => ({ symbol: NAMES[at] ?? '', notionalUsd }));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

  it('every symbol is in one cluster, stresses are within 0 and 1, and so are their sums', () => {
    fc.assert(
      fc.property(book, ({ correlations, notionals, threshold, elsewhere }) => {
        const holdings = holdingsOf(notionals);
        const clusters = clustersOf(holdings, sum(notionals) + elsewhere, correlationOf(correlations), threshold);
        expect(clusters.flatMap(({ symbols }) => symbols).sort()).toEqual(holdings.map(({ symbol }) => symbol));
        for (const { id, symbols, stress } of clusters) {
          expect(id).toBe(symbols[0]);
          expect(stress).toBeGreaterThanOrEqual(0);
          expect(stress).toBeLessThanOrEqual(1);
        }
        expect(sum(clusters.map(({ stress }) => stress))).toBeLessThanOrEqual(1 + 1e-8);
      }),
    );
  });

  it('the clusters are those of reachability, computed another way', () => {
    fc.assert(
      fc.property(book, ({ correlations, notionals, threshold }) => {
        const symbols = holdingsOf(notionals).map(({ symbol }) => symbol);
        const groups = linked(symbols, correlationOf(correlations), threshold);
        expect(asPartition(groups)).toEqual(asPartition(reachable(symbols, correlationOf(correlations), threshold)));
      }),
    );
  });

  it('the order of the symbols does not matter', () => {
    fc.assert(
      fc.property(book, fc.integer(), ({ correlations, notionals, threshold }, seed) => {
        const holdings = holdingsOf(notionals);
        const other = [...holdings].sort((a, b) => order(a.symbol, seed) - order(b.symbol, seed));
        const of = (given: readonly Holding[]) =>
          clustersOf(given, sum(notionals), correlationOf(correlations), threshold);
        expect(of(other)).toEqual(of(holdings));
      }),
    );
  });

  it('a higher threshold only splits clusters, and never joins two', () => {
    fc.assert(
      fc.property(book, threshold, ({ correlations, notionals, threshold: one }, other) => {
        const symbols = holdingsOf(notionals).map(({ symbol }) => symbol);
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const coarse = linked(symbols, correlationOf(correlations), low);
        for (const group of linked(symbols, correlationOf(correlations), high)) {
          expect(coarse.some((larger) => group.every((symbol) => larger.includes(symbol)))).toBe(true);
        }
      }),
    );
  });
});

function order(symbol: string, seed: number): number {
  return Math.sin(seed + symbol.charCodeAt(0));
}

/** Which symbols reach each other over linked pairs, by the closure of the relation (Warshall). */
function reachable(symbols: readonly string[], correlationOf: CorrelationOf, threshold: number): readonly string[][] {
  const reach = symbols.map((a) => symbols.map((b) => a === b || (correlationOf(a, b) ?? -2) >= threshold));
  for (const [k, via] of reach.entries()) {
    for (const from of reach) {
      if (from[k] !== true) continue;
      for (const [to, known] of via.entries()) from[to] = from[to] === true || known;
    }
  }
  return reach.map((row) => symbols.filter((_, at) => row[at]));
}

function asPartition(groups: readonly (readonly string[])[]): ReadonlySet<string> {
  return new Set(groups.map((group) => group.toSorted().join(' ')));
}
