import { parseNumber } from './number.ts';
import type { Fields } from './wire.ts';

const MILLISECONDS_FROM = 1e11;
/** A time further ahead of the clock than this is stale (contract §0). */
export const FUTURE_TOLERANCE_MS = 5_000;

/** Unix milliseconds of a wire time in seconds, float seconds or milliseconds (> 10¹¹), or `undefined` (contract §0). */
export function parseTimeMs(text: string | undefined): number | undefined {
  const value = parseNumber(text);
  if (value === undefined || value < 0) return undefined;
  return value > MILLISECONDS_FROM ? Math.round(value) : Math.round(value * 1000);
}

/** Unix milliseconds of the `timestamp` of an entry or hash, else of its `ts_epoch` (`ts` is never a time), or `undefined`. */
export function timeOf(fields: Fields): number | undefined {
  return parseTimeMs(fields.timestamp) ?? parseTimeMs(fields.ts_epoch);
}

/** Whether a time is younger than or exactly as old as `maxAgeMs`; more than 5 s in the future is stale. */
export function isFresh(timeMs: number, nowMs: number, maxAgeMs: number): boolean {
  const age = nowMs - timeMs;
  return age <= maxAgeMs && age >= -FUTURE_TOLERANCE_MS;
}

/** Whole Unix seconds, the way times are written (contract §0). */
export function toEpochSeconds(timeMs: number): string {
  return String(Math.floor(timeMs / 1000));
}

/** The millisecond part of a stream id. */
export function streamIdMs(id: string): number {
  return Number(id.slice(0, id.indexOf('-')));
}

/** Order of two stream ids: negative when `a` is older, 0 when equal, positive when newer. */
export function compareStreamIds(a: string, b: string): number {
  const byMs = streamIdMs(a) - streamIdMs(b);
  if (byMs !== 0) return byMs;
  const aSeq = BigInt(a.slice(a.indexOf('-') + 1));
  const bSeq = BigInt(b.slice(b.indexOf('-') + 1));
  return aSeq < bSeq ? -1 : aSeq > bSeq ? 1 : 0;
}
