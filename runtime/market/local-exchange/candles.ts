import { HOUR_MS } from '../../../schemas/duration.ts';
import { loadMay2021, type Market } from '../player/market.ts';

/** Bars of the month that have passed when a series is laid so that it goes on from now. */
const HISTORY_BARS = 400;
/** The data are closes alone: every bar says this volume, in the base asset. */
const VOLUME = 1_000;

/** One bar of the data a local exchange serves. */
export interface Bar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** What a local exchange trades: bars of equal length of a few symbols, the first of which opens at `firstOpenMs`. */
export interface CandleSeries {
  readonly symbols: readonly string[];
  readonly barMs: number;
  readonly firstOpenMs: number;
  readonly bars: number;
  /** `undefined` outside the data. */
  bar(symbol: string, index: number): Bar | undefined;
}

/** A candle as `klines` answers it; `closeMs` is its last millisecond. */
export interface ServedCandle extends Bar {
  readonly openMs: number;
  readonly closeMs: number;
}

/**
 * May 2021 hour by hour (runtime/market/player/data), an hour as a bar of `barMs`. A bar opens at the close before it and has no more
 * than these two as its high and low, for the data are closes. Laid at `firstOpenMs`, by default so that 400 bars have
 * passed at `nowMs`.
 */
export function may2021Candles(
  options: { readonly barMs?: number; readonly firstOpenMs?: number; readonly nowMs?: number } = {},
): CandleSeries {
  const barMs = options.barMs ?? HOUR_MS;
  const passed = Math.floor((options.nowMs ?? Date.now()) / barMs) * barMs;
  return candlesOf(loadMay2021(), barMs, options.firstOpenMs ?? passed - HISTORY_BARS * barMs);
}

/** The closes of a market as bars of `barMs`. */
export function candlesOf(market: Market, barMs: number, firstOpenMs: number): CandleSeries {
  const known = new Set(market.symbols);
  return {
    symbols: market.symbols,
    barMs,
    firstOpenMs,
    bars: market.hours,
    bar: (symbol, index) => {
      if (!known.has(symbol) || index < 0 || index >= market.hours) return undefined;
      const close = market.close(symbol, index);
      const open = index === 0 ? close : market.close(symbol, index - 1);
      return { open, high: Math.max(open, close), low: Math.min(open, close), close, volume: VOLUME };
    },
  };
}

/** The price of a symbol at a time: on a straight line from the open of its bar to the close, rounded to 8 digits; at the ends of the data it stands still. */
export function priceAt(series: CandleSeries, symbol: string, atMs: number): number | undefined {
  const sinceMs = Math.max(0, atMs - series.firstOpenMs);
  const index = Math.floor(sinceMs / series.barMs);
  if (index >= series.bars) return series.bar(symbol, series.bars - 1)?.close;
  const bar = series.bar(symbol, index);
  if (bar === undefined) return undefined;
  const share = (sinceMs - index * series.barMs) / series.barMs;
  return Number((bar.open + (bar.close - bar.open) * share).toFixed(8));
}

/**
 * The candle of `intervalMs` (a multiple of the series' bar) that opens at `openMs`, as far as it is known at `nowMs`: an open
 * one ends at the price of now. `undefined` when no bar of it has begun, or outside the data.
 */
export function candleAt(
  series: CandleSeries,
  symbol: string,
  openMs: number,
  intervalMs: number,
  nowMs: number,
): ServedCandle | undefined {
  const from = Math.ceil((openMs - series.firstOpenMs) / series.barMs);
  const to = Math.ceil((openMs + intervalMs - series.firstOpenMs) / series.barMs);
  const bars: Bar[] = [];
  for (let index = Math.max(0, from); index < to; index += 1) {
    const bar = barSoFar(series, symbol, index, nowMs);
    if (bar !== undefined) bars.push(bar);
  }
  const [first] = bars;
  const last = bars.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return {
    openMs,
    closeMs: openMs + intervalMs - 1,
    open: first.open,
    high: Math.max(...bars.map(({ high }) => high)),
    low: Math.min(...bars.map(({ low }) => low)),
    close: last.close,
    volume: bars.reduce((sum, { volume }) => sum + volume, 0),
  };
}

function barSoFar(series: CandleSeries, symbol: string, index: number, nowMs: number): Bar | undefined {
  const opensMs = series.firstOpenMs + index * series.barMs;
  const bar = series.bar(symbol, index);
  if (bar === undefined || opensMs > nowMs) return undefined;
  if (nowMs >= opensMs + series.barMs) return bar;
  const close = priceAt(series, symbol, nowMs) ?? bar.open;
  const volume = Math.floor((bar.volume * (nowMs - opensMs)) / series.barMs);
  return { open: bar.open, high: Math.max(bar.open, close), low: Math.min(bar.open, close), close, volume };
}
