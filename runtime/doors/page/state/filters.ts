import { DEFAULT_STRATEGY } from '../../../../schemas/asker.ts';
import { momentOf } from '../../../../schemas/moment.ts';
import { TICK_ROWS } from './tape.ts';
import type { Row } from './wire.ts';

/** What of the decisions is wanted; empty text is anything. */
export interface Filters {
  readonly gate: string;
  readonly verdict: string;
  readonly symbol: string;
  readonly reason: string;
  /** Which strategy asked; `default` for what names none. */
  readonly strategy: string;
  readonly text: string;
  /** From when on and until when: a span before now, or a time. */
  readonly since: string;
  readonly until: string;
  /** `shown`: what schedules decide too; else it is folded, unless its gate or its verdict is asked for. */
  readonly ticks: string;
}

/** The names of the filters, as they stand in the address. */
export const filterNames = [
  'gate',
  'verdict',
  'symbol',
  'reason',
  'strategy',
  'text',
  'since',
  'until',
  'ticks',
] as const;

/** Everything is wanted. */
export const NO_FILTERS: Filters = {
  gate: '',
  verdict: '',
  symbol: '',
  reason: '',
  strategy: '',
  text: '',
  since: '',
  until: '',
  ticks: '',
};

/** The filters that an address names. */
export function filtersOf(params: URLSearchParams): Filters {
  const named = filterNames.map((name) => [name, params.get(name)?.trim() ?? '']);
  return { ...NO_FILTERS, ...Object.fromEntries(named) };
}

/** The filters as parameters: only those that say something. */
export function paramsOf(filters: Filters): Record<string, string> {
  return Object.fromEntries(filterNames.flatMap((name) => (filters[name] === '' ? [] : [[name, filters[name]]])));
}

/** The filters as the query of `/v1/decisions`. */
export function queryOf(filters: Filters): Record<string, string> {
  const { ticks: _, ...asked } = paramsOf(filters);
  return showsTicks(filters) ? asked : { ...asked, ticks: 'false' };
}

/** Whether what schedules decide is wanted. */
export function showsTicks({ ticks, gate, verdict }: Filters): boolean {
  return ticks === 'shown' || isOnly(gate) || isOnly(verdict);
}

/** The rows that a filter is put to: without ticks, or as far back as both ticks and others are known. */
export function rowsFor(rows: readonly Row[], filters: Filters): readonly Row[] {
  if (!showsTicks(filters)) return rows.filter(({ tick }) => !tick);
  const lastTick = rows.findLastIndex(({ tick }) => tick);
  return rows.filter(({ tick }) => tick).length < TICK_ROWS ? rows : rows.slice(0, lastTick + 1);
}

/** Whether any filter says something. */
export function isFiltered(filters: Filters): boolean {
  return filterNames.some((name) => filters[name] !== '');
}

/** Whether a decision is wanted: whole words in any case, `text` anywhere in what the row says; `nowMs` by the clock of the portfolio. */
export function isWanted(row: Row, filters: Filters, nowMs = Date.now()): boolean {
  const said = () =>
    [row.plan_id, row.symbol, row.reason, row.summary, row.action, row.id, row.strategy].join(' ').toLowerCase();
  return (
    isWithin(row.at * 1000, filters, nowMs) &&
    same(row.gate, filters.gate) &&
    same(row.verdict, filters.verdict) &&
    same(row.symbol, filters.symbol) &&
    same(row.reason, filters.reason) &&
    same(askerOf(row), filters.strategy) &&
    (filters.text === '' || said().includes(filters.text.toLowerCase()))
  );
}

/** What is no moment bounds nothing here: the server says what was expected. */
function isWithin(atMs: number, { since, until }: Filters, nowMs: number): boolean {
  const sinceMs = momentOf(since)?.(nowMs) ?? Number.NEGATIVE_INFINITY;
  return atMs >= sinceMs && atMs <= (momentOf(until)?.(nowMs) ?? Number.POSITIVE_INFINITY);
}

/** The strategy that asked for a decision; empty for one that nobody asked for. */
function askerOf({ strategy, plan_id: plan }: Row): string {
  return strategy ?? (plan === '' ? '' : DEFAULT_STRATEGY);
}

function isOnly(wanted: string): boolean {
  return wanted !== '' && !wanted.startsWith('!');
}

/** Whole words in any case; a word after `!` must not be there. */
function same(has: string, wanted: string): boolean {
  if (wanted === '') return true;
  const isLeftOut = wanted.startsWith('!');
  const text = isLeftOut ? wanted.slice(1) : wanted;
  return (has.toLowerCase() === text.toLowerCase()) !== isLeftOut;
}
