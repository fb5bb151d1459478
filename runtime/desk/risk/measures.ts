import { correlatedHeat } from '../../../handlers/common/book-risk/correlated.ts';
import { type ShockedPosition, shock } from '../../../handlers/common/book-risk/shock.ts';
import { expectedShortfall } from '../../../handlers/common/book-risk/shortfall.ts';
import { shrunkCorrelation } from '../../../handlers/common/book-risk/shrunk-correlation.ts';
import type { History } from './history.ts';

/** A position of a book, and what is known of its symbol at the close of an hour. */
interface KnownPosition extends ShockedPosition {
  /** Volatility over a day; undefined while it is not known. */
  readonly sigma: number | undefined;
}

/** A book at the close of an hour. */
export interface BookAtHour {
  readonly history: History;
  readonly hour: number;
  readonly positions: readonly KnownPosition[];
}

/** A book of symbols, each with its signed notional over equity, at the close of an hour. */
export function bookAt(history: History, hour: number, weights: ReadonlyMap<string, number>): BookAtHour {
  const positions = [...weights].map(([symbol, weight]) => {
    return { symbol, weight, sigma: history.sigmaAt(symbol, hour), ...history.daysAt(symbol, hour) };
  });
  return { history, hour, positions };
}

/** The measures of docs/risk.md by name, in the order in which they are shown: parts of equity, `undefined` where they cannot say. */
export const measures = {
  heat: ({ positions }) => pricedOf(positions)?.reduce((sum, { weight, sigma }) => sum + Math.abs(weight) * sigma, 0),
  shock: ({ positions }) => shock(positions)?.value,
  leverage: ({ positions }) => positions.reduce((sum, { weight }) => sum + Math.abs(weight), 0),
  correlated_heat: ({ history, hour, positions }) => {
    const priced = pricedOf(positions);
    if (priced === undefined) return undefined;
    const correlation = shrunkCorrelation(history.returnsAt(hour), history.correlation);
    return correlation === undefined ? undefined : correlatedHeat(priced, correlation)?.value;
  },
  expected_shortfall: ({ history, hour, positions }) => expectedShortfall(positions, history.returnsAt(hour))?.value,
} as const satisfies Record<string, (book: BookAtHour) => number | undefined>;

/** The name of a measure. */
export type MeasureName = keyof typeof measures;

/** Their names. */
export const measureNames = Object.keys(measures) as readonly MeasureName[];

/** The positions with their volatilities, or nothing where one is missing. */
function pricedOf(positions: readonly KnownPosition[]) {
  const priced = positions.flatMap(({ symbol, weight, sigma }) =>
    sigma === undefined ? [] : [{ symbol, weight, sigma }],
  );
  return priced.length === positions.length ? priced : undefined;
}
