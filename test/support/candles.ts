import { type Candle, type CandleInterval, candleIntervalMs, formatCandle } from '../../schemas/candle.ts';
import { type Fields, fieldsOf } from '../../schemas/wire.ts';

const TRADED = 1;

/**
 * Candles of these closes, oldest first, the last of which closed at `lastCloseMs`; each opened at the close before.
 * `undefined` is a hole.
 */
export function candlesOf(
  closes: readonly (number | undefined)[],
  lastCloseMs: number,
  interval: CandleInterval = '1h',
): readonly Candle[] {
  const intervalMs = candleIntervalMs[interval];
  const firstMs = lastCloseMs - closes.length * intervalMs;
  return closes.flatMap((close, at) => {
    if (close === undefined) return [];
    const open = closes[at - 1] ?? close;
    const range = { open, high: Math.max(open, close), low: Math.min(open, close), close };
    return { ...range, openMs: firstMs + at * intervalMs, volume: TRADED };
  });
}

/** The candle store that holds these candles. */
export function storeOf(candles: readonly Candle[]): Fields {
  return fieldsOf(candles.flatMap((candle) => [String(candle.openMs), formatCandle(candle)]));
}

/** `length` prices from 100 on, each a step of `step` up or down from the one before, by a fixed pattern of `seed`. */
export function walk(length: number, seed: number, step = 0.01): readonly number[] {
  let state = seed;
  let price = 100;
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    price *= 1 + step * ((state / 2_147_483_648) * 2 - 1);
    return price;
  });
}
