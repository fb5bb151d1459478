/** One second, milliseconds. */
export const SECOND_MS = 1_000;
/** One minute, milliseconds. */
export const MINUTE_MS = 60 * SECOND_MS;
/** One hour, milliseconds. */
export const HOUR_MS = 60 * MINUTE_MS;
/** Hours of a day. */
export const DAY_HOURS = 24;
/** One day, milliseconds. */
export const DAY_MS = DAY_HOURS * HOUR_MS;
/** One hour, seconds. */
export const HOUR_SEC = HOUR_MS / SECOND_MS;
/** One day, seconds. */
export const DAY_SEC = DAY_MS / SECOND_MS;
/** Hours of a week. */
export const WEEK_HOURS = 7 * DAY_HOURS;
/** One year of the calendar on average, seconds. */
export const YEAR_SEC = 365.25 * DAY_SEC;
