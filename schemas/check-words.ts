import { dollars } from './amount-text.ts';
import type { LoggedCheck } from './decision.ts';
import { formatNumber } from './number.ts';

/** How a check of a gate is called where people read of it; data alone, so that it can be sent with the check. */
export interface CheckWords {
  /** What is compared. */
  readonly name: string;
  /** What value, limit and room left are counted in: `USD`, `s`, or any other; without it, counts and words. */
  readonly unit?: string;
  /** The setting that sets the limit, where one does. */
  readonly setting?: string;
  /** What an empty value is called; without it, `-`. */
  readonly none?: string;
  /** A word before the limit. */
  readonly limit?: string;
}

/** A check with the words that its gate has for it, where it has any. */
export type ToldCheck = LoggedCheck & { readonly words?: CheckWords };

/** A check that a gate leaves out in its mode, or that only tells there what it would refuse. */
export interface SkippedCheck {
  readonly check: string;
  readonly verdict: 'skipped' | 'would_refuse';
  /** What is compared, in words. */
  readonly name: string;
}

/** What a mode leaves out, in words; empty where it leaves out nothing. */
export function skippedText(skips: readonly SkippedCheck[]): string {
  const named = (verdict: SkippedCheck['verdict']) =>
    skips.flatMap((skip) => (skip.verdict === verdict ? [skip.name] : [])).join(', ');
  const [skipped, told] = [named('skipped'), named('would_refuse')];
  return [
    ...(skipped ? [`not judged: ${skipped}`] : []),
    ...(told ? [`judged, and refuses nothing: ${told}`] : []),
  ].join('; ');
}

const VERDICTS: Readonly<Record<LoggedCheck['verdict'], string>> = {
  pass: 'pass',
  refuse: 'REFUSES',
  skipped: 'not judged',
  would_refuse: 'would refuse',
};

/** Checks with the words for each, by the name of the check. */
export function toldChecks(
  checks: readonly LoggedCheck[],
  words: Readonly<Record<string, CheckWords>> = {},
): readonly ToldCheck[] {
  return checks.map((check) => {
    const own = Object.hasOwn(words, check.gate) ? words[check.gate] : undefined;
    return own === undefined ? check : { ...check, words: own };
  });
}

/** A check as the cells of a row: what is compared, value, limit, room left, verdict, setting. */
export function checkCells({ gate, value, limit, headroom, verdict, words }: ToldCheck): readonly string[] {
  const { name, unit, setting = '', none, limit: before } = words ?? { name: gate };
  const valueText = value === '' && none !== undefined ? none : figure(value, unit);
  const limitText = before === undefined ? figure(limit, unit) : `${before} ${String(limit)}`;
  return [name, valueText, limitText, figure(headroom, unit), VERDICTS[verdict], setting];
}

/** A figure with its unit: at most four digits after the point, money to the cent; `-` where there is none. */
export function figure(value: LoggedCheck['value'], unit = ''): string {
  if (value === null || value === '') return '-';
  if (typeof value !== 'number') return String(value);
  if (unit === 'USD') return dollars(value);
  const text = formatNumber(Number(value.toFixed(4)));
  return unit === '' ? text : `${text} ${unit}`;
}
