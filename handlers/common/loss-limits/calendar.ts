import { DAY_MS } from '../../../schemas/duration.ts';

const MONDAY = 4;
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** The day and the week that a moment belongs to, as dates: of the day itself, and of its week's Monday. */
export interface LossPeriods {
  readonly day: string;
  readonly week: string;
}

/** When a day turns: at this hour, 0 to 23, on the clocks of a time zone. */
export interface DayTurn {
  readonly GOV_LOSS_DAY_TZ: string;
  readonly GOV_LOSS_DAY_HOUR: number;
}

/**
 * The day and week of a Unix ms. Clocks that are put on past the hour turn the day at the first moment after it; clocks
 * that are put back turn it at the first time they show it (a date that was reached never goes back: `later`).
 */
export function periodsAt(atMs: number, turn: DayTurn): LossPeriods {
  const parts = formatOf(turn.GOV_LOSS_DAY_TZ).formatToParts(atMs);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const date = Date.UTC(part('year'), part('month') - 1, part('day')) / DAY_MS;
  const day = part('hour') < turn.GOV_LOSS_DAY_HOUR ? date - 1 : date;
  const monday = day - ((((day - MONDAY) % 7) + 7) % 7);
  return { day: dateText(day), week: dateText(monday) };
}

/** Whether a date begins a new period after another: later, or so much earlier that a clock had been wrong. */
export function isNewPeriod(date: string, before: string): boolean {
  return date > before || Date.parse(before) - Date.parse(date) > 8 * DAY_MS;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = FORMATS.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
  });
  FORMATS.set(timeZone, format);
  return format;
}

function dateText(dayNumber: number): string {
  return new Date(dayNumber * DAY_MS).toISOString().slice(0, 10);
}
