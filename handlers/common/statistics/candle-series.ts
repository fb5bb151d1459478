import { type Candle, type CandleInterval, candleIntervalMs, parseCandles } from '../../../schemas/candle.ts';
import type { Fields } from '../../../schemas/wire.ts';

/** Why a stored candle is left out: it is no candle, lies off its grid or is not closed yet, or its price is frozen. */
export const candleDrops = ['unusable', 'misplaced', 'frozen'] as const;
export type CandleDrop = (typeof candleDrops)[number];

/** Which candles of a store count. */
export interface SeriesSpec {
  readonly interval: CandleInterval;
  /** Candles, the last closed one included. */
  readonly lookback: number;
  /** A run of so many candles without trade, or with the same four prices, is missing data. */
  readonly frozenCandles: number;
}

/** The candles of one symbol that figures may rest on, and how many were left out for what. */
export interface CandleSeries {
  readonly intervalMs: number;
  /** Unix ms at which the first candle of the look-back opens, whether it is there or not. */
  readonly firstOpenMs: number;
  /** In order of time; where one is missing there is a hole. */
  readonly candles: readonly Candle[];
  readonly dropped: Readonly<Record<CandleDrop, number>>;
  /** Unix ms at which the newest of them closed; undefined without any. */
  readonly newestCloseMs: number | undefined;
}

/** The usable candles of a store within the look-back that ends with the last candle closed at `nowMs`. */
export function candleSeries(store: Fields | null, spec: SeriesSpec, nowMs: number): CandleSeries {
  const intervalMs = candleIntervalMs[spec.interval];
  const { candles, unusable } = parseCandles(store ?? {});
  const placed = candles.filter(({ openMs }) => openMs % intervalMs === 0 && openMs + intervalMs <= nowMs);
  const lastOpenMs = Math.floor(nowMs / intervalMs) * intervalMs - intervalMs;
  const firstOpenMs = lastOpenMs - (spec.lookback - 1) * intervalMs;
  const within = placed.filter(({ openMs }) => openMs >= firstOpenMs);
  const alive = withoutFrozen(within, spec.frozenCandles);
  const newest = alive.at(-1);
  return {
    intervalMs,
    firstOpenMs,
    candles: alive,
    dropped: { unusable, misplaced: candles.length - placed.length, frozen: within.length - alive.length },
    newestCloseMs: newest === undefined ? undefined : newest.openMs + intervalMs,
  };
}

/** Whether the newest candle closed more than `staleCandles` candle lengths ago, or there is none. */
export function isStaleSeries(series: CandleSeries, staleCandles: number, nowMs: number): boolean {
  const { newestCloseMs, intervalMs } = series;
  return newestCloseMs === undefined || nowMs - newestCloseMs > staleCandles * intervalMs;
}

/** Long runs in which nothing traded or no price changed are dropped whole: a dead market is missing data, not calm. */
function withoutFrozen(candles: readonly Candle[], longest: number): readonly Candle[] {
  const noTrade = runs(candles, (candle, before) => candle.volume === 0 && before.volume === 0);
  const samePrices = runs(candles, haveSamePrices);
  return candles.filter((candle, at) => {
    const dead = candle.volume === 0 && (noTrade[at] ?? 0) >= longest;
    return !dead && (samePrices[at] ?? 0) < longest;
  });
}

function haveSamePrices(a: Candle, b: Candle): boolean {
  return a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close;
}

/** For each candle the length of the run of alike neighbours it belongs to. */
function runs(candles: readonly Candle[], alike: (a: Candle, b: Candle) => boolean): readonly number[] {
  const lengths: number[] = [];
  for (const [at, candle] of candles.entries()) {
    const next = candles[at + 1];
    if (next !== undefined && alike(next, candle)) continue;
    const length = at + 1 - lengths.length;
    lengths.push(...Array.from({ length }, () => length));
  }
  return lengths;
}
