import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './duration.ts';

/** A moment in words, given the time it is now: Unix ms in, Unix ms out. */
export type Moment = (nowMs: number) => number;

/** How a moment may be said. */
export const MOMENT_FORMS = 'a span such as 30m, 48h or 7d, or a time such as 2026-01-31T08:00:00Z';

const UNITS: Readonly<Record<string, number>> = { s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** The moment that a text says: so long ago (`90s`, `30m`, `48h`, `7d`), or a time of ISO 8601 (UTC where it names no zone); undefined for any other text. */
export function momentOf(text: string): Moment | undefined {
  const agoMs = spanMs(text);
  if (agoMs !== undefined) return (nowMs) => nowMs - agoMs;
  const atMs = isoMs(text.trim());
  return atMs === undefined ? undefined : () => atMs;
}

/** The length of a span in ms (`90s`, `30m`, `48h`, `7d`); undefined for any other text. */
export function spanMs(text: string): number | undefined {
  const span = /^(\d{1,9})([smhd])$/.exec(text.trim());
  return span === null ? undefined : Number(span[1]) * (UNITS[span[2] ?? ''] ?? 0);
}

function isoMs(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text)) return undefined;
  const zoned = /T/.test(text) && !/(Z|[+-]\d{2}:\d{2})$/.test(text) ? `${text}Z` : text;
  const atMs = Date.parse(zoned);
  return Number.isNaN(atMs) ? undefined : atMs;
}
