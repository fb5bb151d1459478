import type { Row } from '../state/wire.ts';

const COLUMNS: readonly (keyof Row)[] = [
  'id',
  'at',
  'gate',
  'handler',
  'verdict',
  'reason',
  'summary',
  'symbol',
  'plan_id',
  'action',
  'mode',
  'source_id',
  'strategy',
];

/** Decisions as CSV (RFC 4180) with a line of names; `at` in Unix seconds. What a spreadsheet would take for a formula is set off by `'`. */
export function csvOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => COLUMNS.map((name) => cell(row[name] ?? '')));
  return [COLUMNS, ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

function cell(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(String(value)) ? `'${String(value)}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Keys by which decisions are sorted: their columns by name. */
export const sortKeys = {
  Time: 'at',
  Gate: 'gate',
  Verdict: 'verdict',
  Symbol: 'symbol',
  Action: 'action',
  Why: 'reason',
  Plan: 'plan_id',
  Mode: 'mode',
  Strategy: 'strategy',
} as const satisfies Readonly<Record<string, keyof Row>>;

/** A column of `sortKeys`. */
export type SortColumn = keyof typeof sortKeys;

/** Decisions by a column: `Symbol` rising, `-Symbol` falling; as they are where it names none. Equal ones keep their order. */
export function sorted(rows: readonly Row[], by: string): readonly Row[] {
  const isFalling = by.startsWith('-');
  const column = isFalling ? by.slice(1) : by;
  if (!Object.hasOwn(sortKeys, column)) return rows;
  const key = sortKeys[column as SortColumn];
  const sign = isFalling ? -1 : 1;
  return [...rows].sort((one, other) => sign * compare(one[key] ?? '', other[key] ?? ''));
}

function compare(one: string | number, other: string | number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
