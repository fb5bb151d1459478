import { readFileSync } from 'node:fs';
import { loadMay2021 } from '../../runtime/market/player/market.ts';

interface Stretch {
  readonly symbols: readonly string[];
  /** Hourly returns of May 2021, the first of the month as 1. */
  readonly from_hour: number;
  readonly to_hour: number;
}

/** A book over a stretch of May 2021 and what others computed of it (fixtures/reference/README.md). */
export interface ReferenceBook extends Stretch {
  readonly name: string;
  readonly weights: readonly number[];
  readonly sigmas: readonly number[];
  readonly shrinkage: number;
  readonly first_row: readonly number[];
  readonly correlated_heat: number;
  readonly components: readonly number[];
  readonly expected_shortfall?: number;
}

const FIXTURE = new URL('../fixtures/reference/book-risk-2021-05.json', import.meta.url);

/** The books of the fixture, with their positions. */
export function referenceBooks() {
  const books = JSON.parse(readFileSync(FIXTURE, 'utf8')) as readonly ReferenceBook[];
  return books.map((book) => ({
    ...book,
    positions: book.symbols.map((symbol, at) => {
      return { symbol, weight: book.weights[at] ?? Number.NaN, sigma: book.sigmas[at] ?? Number.NaN };
    }),
  }));
}

/** Hourly log returns of May 2021 over a stretch of it. */
export function referenceReturns({ symbols, from_hour, to_hour }: Stretch): ReadonlyMap<string, Float64Array> {
  const market = loadMay2021();
  const hours = Array.from({ length: to_hour - from_hour + 1 }, (_, at) => from_hour + at);
  return new Map(
    symbols.map((symbol) => {
      const returns = hours.map((hour) => Math.log(market.close(symbol, hour) / market.close(symbol, hour - 1)));
      return [symbol, Float64Array.from(returns)];
    }),
  );
}
