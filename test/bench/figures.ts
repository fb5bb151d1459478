import type { Spread } from './statistics.ts';

/** A median with least and most. */
export function spread({ median, min, max }: Spread, form: (value: number) => string): string {
  return `${form(median)} (${form(min)}–${form(max)})`;
}

/** A whole number, thousands apart. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** With one digit. */
export function tenth(value: number): string {
  return value.toFixed(1);
}

/** With two digits. */
export function hundredth(value: number): string {
  return value.toFixed(2);
}

/** As short as it is. */
export function short(value: number): string {
  return value.toLocaleString('en-US');
}
