import { span as spanInWords } from '../../../../schemas/amount-text.ts';
import { MINUTE_MS } from '../../../../schemas/duration.ts';

/** The zone that times are shown in. */
export type Zone = 'utc' | 'local';

/** A moment to the second in a zone: `2021-05-19 13:00:00`. */
export function dateTime(atMs: number, zone: Zone): string {
  const at = new Date(zone === 'utc' ? atMs : atMs - new Date(atMs).getTimezoneOffset() * MINUTE_MS);
  return Number.isNaN(at.getTime()) ? '–' : at.toISOString().slice(0, 19).replace('T', ' ');
}

/** The time of day of a moment, to the second. */
export function timeOfDay(atMs: number, zone: Zone): string {
  return dateTime(atMs, zone).slice(11) || '–';
}

/** A moment in both zones, each named: what is shown when a pointer rests on a time. */
export function inBothZones(atMs: number): string {
  return `${dateTime(atMs, 'utc')} UTC · ${dateTime(atMs, 'local')} ${zoneName('local')}`;
}

/** How a zone is called beside a time. */
export function zoneName(zone: Zone): string {
  return zone === 'utc' ? 'UTC' : 'local time';
}

/** A span in the largest unit that leaves two digits or fewer: `5 s`, `12 min`, `3 h`, `9 d`; a dash for one that is not known. */
export function span(seconds: number): string {
  return Number.isFinite(seconds) ? spanInWords(seconds) : '–';
}
