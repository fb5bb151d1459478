import type { Row } from './wire.ts';

/** What of the decisions is wanted; empty text is anything. */
export interface Filters {
  readonly gate: string;
  readonly verdict: string;
  readonly symbol: string;
  readonly reason: string;
  readonly text: string;
}

/** The names of the filters, as they stand in the address and in the query of `/v1/decisions`. */
export const filterNames = ['gate', 'verdict', 'symbol', 'reason', 'text'] as const;

/** Everything is wanted. */
export const NO_FILTERS: Filters = { gate: '', verdict: '', symbol: '', reason: '', text: '' };

/** The filters that an address names. */
export function filtersOf(params: URLSearchParams): Filters {
  const named = filterNames.map((name) => [name, params.get(name)?.trim() ?? '']);
  return { ...NO_FILTERS, ...Object.fromEntries(named) };
}

/** The filters as parameters: only those that say something. */
export function paramsOf(filters: Filters): Record<string, string> {
  return Object.fromEntries(filterNames.flatMap((name) => (filters[name] === '' ? [] : [[name, filters[name]]])));
}

/** Whether any filter says something. */
export function isFiltered(filters: Filters): boolean {
  return filterNames.some((name) => filters[name] !== '');
}

/** Whether a decision is wanted: whole words in any case, `text` anywhere in what the row says. */
export function isWanted(row: Row, filters: Filters): boolean {
  const same = (has: string, want: string) => want === '' || has.toLowerCase() === want.toLowerCase();
  const said = () => [row.plan_id, row.symbol, row.reason, row.summary, row.action, row.id].join(' ').toLowerCase();
  return (
    same(row.gate, filters.gate) &&
    same(row.verdict, filters.verdict) &&
    same(row.symbol, filters.symbol) &&
    same(row.reason, filters.reason) &&
    (filters.text === '' || said().includes(filters.text.toLowerCase()))
  );
}
