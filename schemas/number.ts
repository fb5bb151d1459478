const NUMBER = /^[ \t\r\n]*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[ \t\r\n]*$/;
const SCALE = 1e10;
/** From here on scaling by 10 digits is no longer exact to half a digit, so that rounding twice could move a figure. */
const BY_TEXT_FROM = 65_536;

/**
 * The finite number a wire value spells, or `undefined` when it spells none.
 * Empty, words, `NaN`, `Infinity`, hexadecimal and overflow (`1e400`) are unusable (contract §0).
 */
export function parseNumber(text: string | undefined | null): number | undefined {
  if (text === undefined || text === null || !NUMBER.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** A derived figure at the 10 digits in which it is printed, so that what is printed is what was judged (contract §0). */
export function round10(value: number): number {
  if (Number.isInteger(value)) return value + 0;
  if (Math.abs(value) >= BY_TEXT_FROM) return roundByText(value);
  const rounded = Math.round((Math.abs(value) + Number.EPSILON * Math.abs(value)) * SCALE) / SCALE;
  return value < 0 && rounded !== 0 ? -rounded : rounded;
}

/** A finite number as a plain decimal: at most 10 digits after the point, no exponent, no trailing zeros, never `-0`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`expected a finite number to write, got ${value}`);
  const short = String(round10(value));
  if (!short.includes('e')) return short;
  if (Math.abs(value) >= 1e21) return BigInt(value).toString();
  return trimZeros(round10(value).toFixed(10));
}

function roundByText(value: number): number {
  return Number(value.toFixed(10));
}

function trimZeros(text: string): string {
  const trimmed = text.replace(/\.?0+$/, '');
  return trimmed === '-0' || trimmed === '' ? '0' : trimmed;
}

/** The size of the number that a text spells, without its sign; `undefined` where it spells none. */
export function magnitude(text: string | undefined): number | undefined {
  const number = parseNumber(text);
  return number === undefined ? undefined : Math.abs(number);
}

/** US dollars in whole cents. */
export function cents(usd: number): number {
  return Math.round(usd * 100) / 100;
}
