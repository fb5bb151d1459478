import { describe, expect, it } from 'vitest';
import { correlationField, daysField } from '../../handlers/cluster-stress/stored-risk.ts';
import { correlatedHeat } from '../../handlers/common/book-risk/correlated.ts';
import { shrunkCorrelation } from '../../handlers/common/book-risk/shrunk-correlation.ts';
import { storedCorrelation, storedDays } from '../../handlers/common/book-risk/stored.ts';
import { correlatedWith } from '../../handlers/governor/book-days.ts';
import { loadMay2021 } from '../../runtime/market/player/market.ts';
import { hashFact, NOW_MS } from '../support/fake-ctx.ts';

const EQUITY = 20_000;
const LOOKBACK = { minimum: 48, lookback: 600 };
const HELD = [
  { symbol: 'BTCUSDT', weight: 0.8, sigma: 0.04 },
  { symbol: 'ETHUSDT', weight: -0.5, sigma: 0.06 },
  { symbol: 'XRPUSDT', weight: 0.3, sigma: 0.09 },
];
const SIGMAS = new Map([
  ...HELD.map(({ symbol, sigma }) => [symbol, sigma] as const),
  ['LTCUSDT', 0.07],
  ['NEWUSDT', 0.2],
]);
const market = loadMay2021();

function returnsOf(symbol: string): Float64Array {
  const hours = Array.from({ length: 600 }, (_, at) => 60 + at);
  return Float64Array.from(hours, (hour) => Math.log(market.close(symbol, hour) / market.close(symbol, hour - 1)));
}

const returns = new Map([...HELD.map(({ symbol }) => symbol), 'LTCUSDT'].map((symbol) => [symbol, returnsOf(symbol)]));
const own = new Map(HELD.map(({ symbol }) => [symbol, returns.get(symbol) ?? new Float64Array(0)]));
const correlation = shrunkCorrelation(own, LOOKBACK);
const text = correlationField({
  positions: HELD,
  correlation,
  returns,
  sigmas: SIGMAS,
  equityUsd: EQUITY,
  minimum: 48,
});
const risk = (fields: Record<string, string>) => hashFact({ ...fields, timestamp: String(NOW_MS / 1000) });
const positions = HELD.map(({ symbol, weight }) => {
  const notionalUsd = Math.abs(weight) * EQUITY;
  return { symbol, held: true, qty: weight, hedged: false, notionalUsd, markPrice: 1, atMs: NOW_MS };
});

/** The correlated heat with an order, dollars, by what the feed stored. */
function withOrder(symbol: string, usd: number): number {
  const stored = storedCorrelation(risk({ correlation: text }), NOW_MS);
  if (stored === undefined) throw new Error('expected what is stored to be read');
  const side = usd < 0 ? ('SELL' as const) : ('BUY' as const);
  return correlatedWith({ symbol, side, usd: Math.abs(usd) }, [], { held: positions, stored }) ?? Number.NaN;
}

describe('what the feed stores of the correlated heat', () => {
  it.each([
    ['BTCUSDT', 3000],
    ['BTCUSDT', -9000],
    ['ETHUSDT', 4000],
    ['XRPUSDT', -6000],
  ])('gives the figure of the book with an order that was computed anew: %s %d', (symbol, usd) => {
    const after = HELD.map((one) => (one.symbol === symbol ? { ...one, weight: one.weight + usd / EQUITY } : one));
    expect(withOrder(symbol, usd)).toBeCloseTo((correlatedHeat(after, correlation)?.value ?? Number.NaN) * EQUITY, 4);
  });

  it('correlates a symbol that is not held with each position by its own sample, shrunk as the book is', () => {
    const { shrinkage = 0, mean = 0 } = correlation ?? {};
    const sample = (one: Float64Array, other: Float64Array) => {
      const [x, y] = [one, other].map((series) =>
        series.map((value) => value - series.reduce((a, b) => a + b, 0) / series.length),
      );
      const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
      return (
        product(x as Float64Array, y as Float64Array) /
        Math.sqrt(product(x as Float64Array, x as Float64Array) * product(y as Float64Array, y as Float64Array))
      );
    };
    const [ltc, usd] = [returnsOf('LTCUSDT'), 5000];
    const cross = HELD.reduce((sum, { symbol, weight, sigma }) => {
      const shrunk = (1 - shrinkage) * sample(ltc, returnsOf(symbol)) + shrinkage * mean;
      return sum + shrunk * weight * EQUITY * sigma * usd * 0.07;
    }, 0);
    const book = (correlatedHeat(HELD, correlation)?.value ?? 0) * EQUITY;
    expect(withOrder('LTCUSDT', usd)).toBeCloseTo(Math.sqrt(book ** 2 + 2 * cross + (usd * 0.07) ** 2), 3);
    expect(withOrder('LTCUSDT', -usd)).toBeCloseTo(Math.sqrt(book ** 2 - 2 * cross + (usd * 0.07) ** 2), 3);
  });

  it('lets a symbol without returns add all it adds, and knows nothing of one without a volatility', () => {
    const book = (correlatedHeat(HELD, correlation)?.value ?? 0) * EQUITY;
    expect(withOrder('NEWUSDT', 1000)).toBeCloseTo(book + 200, 4);
    expect(withOrder('NEWUSDT', -1000)).toBeCloseTo(book + 200, 4);
    expect(withOrder('OTHER', 1000)).toBeNaN();
  });

  it('of a flat book is what an order adds', () => {
    const flat = correlationField({
      positions: [],
      correlation: undefined,
      returns,
      sigmas: SIGMAS,
      equityUsd: EQUITY,
      minimum: 48,
    });
    const stored = storedCorrelation(risk({ correlation: flat }), NOW_MS);
    const order = { symbol: 'BTCUSDT', side: 'BUY' as const, usd: 1000 };
    expect(stored && correlatedWith(order, [], { held: [], stored })).toBeCloseTo(40, 9);
  });
});

describe('what the feed stores of worst days', () => {
  it('has the extremes of every symbol with a day of returns, and those of all for another', () => {
    const fall = Float64Array.from({ length: 48 }, (_, hour) => (hour === 30 ? Math.log(0.7) : 0.001));
    const days = daysField(
      new Map([
        ['A', fall],
        ['B', returnsOf('BTCUSDT')],
        ['C', new Float64Array(5)],
      ]),
    );
    const stored = storedDays(risk({ days }), NOW_MS);
    expect(stored?.bySymbol.get('A')?.[0]).toBeCloseTo(0.7 * Math.exp(0.023) - 1, 9);
    expect(stored?.bySymbol.has('C')).toBe(false);
    const closes = Array.from({ length: 601 }, (_, at) => market.close('BTCUSDT', 59 + at));
    const changes = closes.slice(24).map((close, at) => close / (closes[at] ?? 0) - 1);
    expect(stored?.bySymbol.get('B')).toEqual([
      expect.closeTo(Math.min(...changes), 9),
      expect.closeTo(Math.max(...changes), 9),
    ]);
    expect(stored?.worst).toBe(Math.min(...[...(stored?.bySymbol.values() ?? [])].map(([worst]) => worst)));
  });
});
