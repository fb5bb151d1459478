import { DAY_HOURS } from '../../../schemas/duration.ts';
import { round10 } from '../../../schemas/number.ts';
import { commonReturns, type ReturnsBySymbol } from './common-returns.ts';
import type { FigureOfBook } from './correlated.ts';

/** A position as its expected shortfall needs it. */
export interface WeightedPosition {
  readonly symbol: string;
  /** Signed notional ÷ equity: above 0 long, below 0 short. */
  readonly weight: number;
}

/** How the expected shortfall is estimated: hourly returns looked back on, and the least that all symbols must have. */
const SHORTFALL = { lookback: 1000, minimum: 500, tail: 0.01, halfLifeHours: 24 } as const;

/** An hour of the sample: what the book of now would have made in it, at the volatility of now. */
interface ScaledHour {
  readonly at: number;
  /** Volatility of now ÷ that of the hour. */
  readonly scale: number;
  readonly result: number;
}

/**
 * Expected shortfall of the book over a day in parts of equity: the mean of the worst 1 % of hours × √24, by filtered
 * historical simulation (Hull and White 1998; Barone-Adesi, Giannopoulos and Vosper 1999). The book of now is held through
 * the last 1,000 hours; each hour's result is divided by the volatility that was forecast for it and multiplied by that of
 * now (EWMA of the book's own hourly results, half-life 24 hours). The worst 1 % count as Acerbi and Tasche 2002 have it,
 * the last hour in part. `undefined` below 500 returns that all positions have in common, or where nothing moved: there is
 * not enough data. A flat book has none at risk.
 */
export function expectedShortfall(
  positions: readonly WeightedPosition[],
  returns: ReturnsBySymbol,
): FigureOfBook | undefined {
  const held = positions.filter(({ weight }) => weight !== 0);
  if (held.length === 0) return { value: 0, components: new Map() };
  const series = held.map(({ symbol }) => returns.get(symbol) ?? new Float64Array(0));
  if (held.some(({ weight }) => !Number.isFinite(weight)) || !ofOneLength(series)) return undefined;
  const common = commonReturns(series, SHORTFALL.lookback);
  if (common.observations < SHORTFALL.minimum) return undefined;
  const results = held.map(({ weight }, at) =>
    (common.series[at] ?? new Float64Array(0)).map((value) => weight * Math.expm1(value)),
  );
  const hours = scaled(sumOf(results, common.observations));
  if (hours === undefined) return undefined;
  const shares = tailShares(hours);
  const total = shares.reduce((sum, { share, result }) => sum - share * result, 0) * Math.sqrt(DAY_HOURS);
  if (!Number.isFinite(total)) return undefined;
  const components = held.map(({ symbol }, of) => {
    const lost = shares.reduce((sum, { share, scale, at }) => sum - share * scale * (results[of]?.[at] ?? 0), 0);
    return [symbol, total <= 0 ? 0 : round10(lost * Math.sqrt(DAY_HOURS))] as const;
  });
  return { value: round10(Math.max(0, total)), components: new Map(components) };
}

function ofOneLength(series: readonly Float64Array[]): boolean {
  return series.every(({ length }) => length === series[0]?.length);
}

function sumOf(results: readonly Float64Array[], length: number): Float64Array {
  const book = new Float64Array(length);
  for (const one of results) for (const [at, value] of one.entries()) book[at] = (book[at] ?? 0) + value;
  return book;
}

/** Each hour at the volatility of now; the first forecast is the volatility of the whole sample. */
function scaled(book: Float64Array): readonly ScaledHour[] | undefined {
  const decay = 0.5 ** (1 / SHORTFALL.halfLifeHours);
  let variance = book.reduce((sum, value) => sum + value * value, 0) / book.length;
  if (!(variance > 0 && Number.isFinite(variance))) return undefined;
  const forecasts = book.map((value) => {
    const forecast = variance;
    variance = decay * variance + (1 - decay) * value * value;
    return Math.sqrt(forecast);
  });
  const now = Math.sqrt(variance);
  return Array.from(book, (value, at) => {
    const scale = now / (forecasts[at] ?? Number.NaN);
    return { at, scale, result: value * scale };
  });
}

/** The hours of the tail, worst first, each with its share of their mean. */
function tailShares(hours: readonly ScaledHour[]): readonly (ScaledHour & { readonly share: number })[] {
  const count = hours.length * SHORTFALL.tail;
  const worst = [...hours].sort((a, b) => a.result - b.result || a.at - b.at).slice(0, Math.ceil(count));
  return worst.map((hour, rank) => ({ ...hour, share: Math.min(1, count - rank) / count }));
}
