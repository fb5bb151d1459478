import type { Candle } from '../../../schemas/candle.ts';

/** The natural logarithm of a close over the close one candle length before. */
export interface LogReturn {
  /** Unix ms at which the later of the two candles opened. */
  readonly openMs: number;
  readonly value: number;
}

/**
 * The close-to-close log returns of candles in order of time. Across a hole (candles that are missing, or a halt) there is
 * none, or with `acrossHoles` the whole of it as the return of the candle after it: a jump at a re-opening is no calm.
 */
export function logReturns(
  candles: readonly Candle[],
  intervalMs: number,
  { acrossHoles }: { readonly acrossHoles: boolean },
): readonly LogReturn[] {
  const returns: LogReturn[] = [];
  for (const [at, candle] of candles.entries()) {
    const before = candles[at - 1];
    if (before === undefined) continue;
    if (!acrossHoles && candle.openMs - before.openMs !== intervalMs) continue;
    const value = Math.log(candle.close / before.close);
    if (Number.isFinite(value)) returns.push({ openMs: candle.openMs, value });
  }
  return returns;
}

/** Returns with one place for each of `length` candles from `firstOpenMs` on, NaN where there is none. */
export function onGrid(
  returns: readonly LogReturn[],
  grid: { readonly firstOpenMs: number; readonly intervalMs: number; readonly length: number },
): Float64Array {
  const values = new Float64Array(grid.length).fill(Number.NaN);
  for (const { openMs, value } of returns) values[(openMs - grid.firstOpenMs) / grid.intervalMs] = value;
  return values;
}
