import { FUTURE_TOLERANCE_MS, parseTimeMs } from '../../schemas/time.ts';
import type { Scored, TextFact } from '../contract/reads.ts';

/** Members of a sorted set with a time less than `spanMs` ago. */
export function countWithin(times: readonly Scored[], spanMs: number, nowMs: number): number {
  return times.filter(({ score }) => nowMs - score < spanMs).length;
}

/** How long ago a stored moment is, ms; undefined where there is none, or none that can be read. */
export interface LastTime {
  readonly sinceMs: number | undefined;
  /** False for what is no time, of another type, or further ahead than clocks may differ. */
  readonly readable: boolean;
}

/** What is stored of when something was permitted last. */
export function lastTime(stored: TextFact, nowMs: number): LastTime {
  const atMs = parseTimeMs(stored.text ?? undefined);
  const isTime = atMs !== undefined && atMs - nowMs <= FUTURE_TOLERANCE_MS;
  const sinceMs = atMs === undefined ? undefined : nowMs - atMs;
  return { sinceMs, readable: !stored.wrongType && (stored.text === null || isTime) };
}
