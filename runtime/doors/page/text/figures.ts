import { noun } from '../../../../schemas/figure-text.ts';

const NONE = '–';
const SIGN = { signDisplay: 'negative' } as const;
const DOLLARS = { ...SIGN, style: 'currency', currency: 'USD' } as const;
const whole = new Intl.NumberFormat('en-US', { ...SIGN, maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat('en-US', DOLLARS);
const dollarsWhole = new Intl.NumberFormat('en-US', { ...DOLLARS, maximumFractionDigits: 0 });

/** A value that may be unknown; what is not known is shown as a dash. */
export type Figure = number | null | undefined;

/** US dollars: whole from 1,000 on, to the cent below. */
export function money(usd: Figure): string {
  if (!isKnown(usd)) return NONE;
  return (Math.abs(usd) >= 1_000 ? dollarsWhole : cents).format(usd);
}

/** US dollars with a sign in front, for what was won or lost. */
export function signedMoney(usd: Figure): string {
  if (!isKnown(usd)) return NONE;
  return usd > 0 ? `+${money(usd)}` : money(usd).replace('-', '−');
}

/** A count with its thousands set apart. */
export function count(value: Figure): string {
  return isKnown(value) ? whole.format(value) : NONE;
}

/** A ratio such as heat, to `digits` after the point. */
export function ratio(value: Figure, digits = 2): string {
  return isKnown(value) ? withoutNegativeZero(Number(value.toFixed(digits))).toFixed(digits) : NONE;
}

/** A share of one as percent: `0.125` is `12.5 %`. */
export function percent(share: Figure, digits = 1): string {
  return isKnown(share) ? `${ratio(share * 100, digits)} %` : NONE;
}

/** A count with its thousands set apart, and the word for one or the word for any other count. */
export function counted(value: number, one: string, many?: string): string {
  return `${count(value)} ${noun(value, one, many)}`;
}

function isKnown(value: Figure): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function withoutNegativeZero(value: number): number {
  return value + 0 === 0 ? 0 : value;
}
