import { DAY_SEC, HOUR_SEC, YEAR_SEC } from './duration.ts';
import { formatNumber } from './number.ts';
import type { PriceRange } from './permit.ts';

const GROUPED = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const LEAST_SHOWN = 0.005;

/** An amount to the cent, thousands grouped: `1,234.50`; what rounds to nothing has no sign. */
export function grouped(amount: number): string {
  return GROUPED.format(Math.abs(amount) < LEAST_SHOWN ? 0 : amount);
}

/** US dollars to the cent: `$1,234.50`, `-$0.13`. */
export function dollars(usd: number): string {
  return grouped(usd).replace(/^-?/, '$&$$');
}

/** Between which prices an order may be executed, to the last digit: some symbols are worth less than a cent. */
export function rangeText({ min_price, max_price }: PriceRange): string {
  return `It may be executed at ${formatNumber(min_price)} to ${formatNumber(max_price)} US dollars.`;
}

/** A span in the largest unit that leaves two digits or fewer, years from the second on: `0 s`, `59 s`, `12 min`, `3 h`, `9 d`, `5 years`. */
export function span(seconds: number): string {
  if (seconds < 100) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 2 * DAY_SEC) return `${Math.round(seconds / HOUR_SEC)} h`;
  return seconds < 2 * YEAR_SEC ? `${Math.round(seconds / DAY_SEC)} d` : `${Math.round(seconds / YEAR_SEC)} years`;
}
