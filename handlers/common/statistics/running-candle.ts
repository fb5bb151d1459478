import { type Candle, type CandleInterval, candleIntervalMs } from '../../../schemas/candle.ts';
import { parseNumber, round10 } from '../../../schemas/number.ts';
import type { Fields } from '../../../schemas/wire.ts';

/**
 * How far a symbol went within the candle that is running, and within the one before it: the largest |ln| of a price over
 * the close before that candle. What was seen is kept until one candle after it closed: a close forgets a fall in between.
 */
export interface RunningReturns {
  /** Unix ms at which the running candle opened. */
  readonly openMs: number;
  readonly running: number;
  /** Undefined where the candle before it was not watched. */
  readonly before: number | undefined;
}

/** The running candle as it is read now, joined with what was seen of it and of the one before; undefined where nothing was. */
export function runningReturns(
  read: Candle | undefined,
  closed: readonly Candle[],
  seen: RunningReturns | undefined,
  now: { readonly interval: CandleInterval; readonly nowMs: number },
): RunningReturns | undefined {
  const stepMs = candleIntervalMs[now.interval];
  const kept = shifted(seen, Math.floor(now.nowMs / stepMs) * stepMs, stepMs);
  const value = read === undefined ? undefined : farthest(read, closed);
  if (read === undefined || value === undefined) return kept;
  const joined = shifted(kept, read.openMs, stepMs);
  if (joined === undefined) return { openMs: read.openMs, running: value, before: undefined };
  return joined.openMs === read.openMs ? { ...joined, running: Math.max(joined.running, value) } : joined;
}

/** The returns as observations for an estimator: of the running candle, and of the one before it where that was watched. */
export function observationsOf({ openMs, running, before }: RunningReturns, stepMs: number) {
  const now = { openMs, value: running };
  return before === undefined ? [now] : [{ openMs: openMs - stepMs, value: before }, now];
}

/** What a market state says of them; undefined where it says nothing. */
export function parseRunning(fields: Fields | null): RunningReturns | undefined {
  const openMs = parseNumber(fields?.open_candle_ms);
  const running = parseNumber(fields?.open_candle_return);
  if (openMs === undefined || running === undefined || running < 0) return undefined;
  const before = parseNumber(fields?.last_candle_return);
  return { openMs, running, before: before === undefined || before < 0 ? undefined : before };
}

/** The same seen from a candle that opened at `openMs`: what is over one candle old is forgotten. */
function shifted(seen: RunningReturns | undefined, openMs: number, stepMs: number): RunningReturns | undefined {
  if (seen === undefined || seen.openMs >= openMs) return seen;
  return seen.openMs === openMs - stepMs ? { openMs, running: 0, before: seen.running } : undefined;
}

function farthest({ openMs, high, low, close }: Candle, closed: readonly Candle[]): number | undefined {
  const before = closed.findLast((candle) => candle.openMs < openMs);
  if (before === undefined) return undefined;
  return round10(Math.max(...[high, low, close].map((price) => Math.abs(Math.log(price / before.close)))));
}
