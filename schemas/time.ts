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

/** Whether a time is younger than `limitMs`, one exactly that old not included; more than 5 s in the future is stale. */
export function isYounger(timeMs: number, nowMs: number, limitMs: number): boolean {
  return nowMs - timeMs < limitMs && isFresh(timeMs, nowMs, limitMs);
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
  const [aMs, aSeq] = a.split('-') as [string, string];
  const [bMs, bSeq] = b.split('-') as [string, string];
  return compareWhole(aMs, bMs) || compareWhole(aSeq, bSeq);
}

/** Both parts are 64-bit numbers in canonical decimal: longer is larger, and of one length the text decides. */
function compareWhole(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
