import { HOUR_MS, MINUTE_MS } from './duration.ts';
import { formatNumber } from './number.ts';
import { choiceSetting, integerSetting } from './setting.ts';
import type { Fields } from './wire.ts';

const TIME = /^\d+$/;
const PLAIN = /^(?:\d+(?:\.\d+)?,?)+$/;

/** Lengths of the candles that feeds keep, in ms by their names on the wire. */
export const candleIntervalMs = {
  '1m': MINUTE_MS,
  '3m': 3 * MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': HOUR_MS,
  '2h': 2 * HOUR_MS,
  '4h': 4 * HOUR_MS,
  '6h': 6 * HOUR_MS,
  '8h': 8 * HOUR_MS,
  '12h': 12 * HOUR_MS,
  '1d': 24 * HOUR_MS,
} as const;

/** The name of a candle length. */
export type CandleInterval = keyof typeof candleIntervalMs;

/** The names of candle lengths, shortest first. */
export const candleIntervals = Object.keys(candleIntervalMs) as readonly CandleInterval[];

/** The settings by which candles are kept and read: their length, and how many of them. */
export const marketSettings = {
  MARKET_INTERVAL: choiceSetting(candleIntervals, '1h'),
  MARKET_LOOKBACK: integerSetting(10, 1500, 168),
} as const;

/** One candle: prices in the quote currency, all above 0, the low not above and the high not below the other three. */
export interface Candle {
  /** Unix ms. */
  readonly openMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** In units of the base asset; undefined when it is not known. */
  readonly volume: number | undefined;
}

/** The candle as one value of the candle store: `open,high,low,close,volume`, the volume empty when it is not known. */
export function formatCandle(candle: Omit<Candle, 'openMs'>): string {
  const prices = [candle.open, candle.high, candle.low, candle.close].map(formatNumber);
  return [...prices, candle.volume === undefined ? '' : formatNumber(candle.volume)].join(',');
}

/**
 * The candle that a field of the candle store holds (name: open time in Unix ms), or `undefined` when it is no candle.
 * Only what `formatCandle` writes is read, plain decimals: thousands of candles are read at a time.
 */
export function parseCandle(name: string, text: string): Candle | undefined {
  if (!TIME.test(name) || !PLAIN.test(text)) return undefined;
  const openMs = Number(name);
  const parts = text.split(',');
  if (!Number.isSafeInteger(openMs) || parts.length < 4 || parts.length > 5) return undefined;
  const [open = 0, high = 0, low = 0, close = 0] = parts.map(Number);
  if (!(low > 0 && low <= open && low <= close && high >= open && high >= close && high < Infinity)) return undefined;
  return { openMs, open, high, low, close, volume: parts[4] ? Number(parts[4]) : undefined };
}

/** What a candle store holds: its candles in order of time, and how many of its fields are none. */
export function parseCandles(fields: Fields): { readonly candles: readonly Candle[]; readonly unusable: number } {
  const candles: Candle[] = [];
  let unusable = 0;
  for (const [name, text] of Object.entries(fields)) {
    const candle = parseCandle(name, text);
    if (candle === undefined) unusable += 1;
    else candles.push(candle);
  }
  candles.sort((a, b) => a.openMs - b.openMs);
  return { candles, unusable };
}
