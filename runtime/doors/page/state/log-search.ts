import { signal } from '@preact/signals';
import { ask, errorText } from './api.ts';
import { type Filters, queryOf } from './filters.ts';
import type { DecisionPage, Row } from './wire.ts';

/** Decisions that a search finds at most. */
export const MOST_FOUND = 5_000;
const PAGE_ROWS = 200;

/** What a search through the log has found, and how far it is. */
export interface Search {
  /** Newest first. */
  readonly rows: readonly Row[];
  /** From where it goes on; null at the beginning of the log, or of the time that is wanted; undefined before anything was read. */
  readonly next: string | null | undefined;
  /** Unix seconds of the oldest decision looked at, by the clock of the log; null before the first. */
  readonly searchedTo: number | null;
  readonly isBusy: boolean;
  readonly error: string;
}

/** The search through the log that is on the page; undefined while none is. */
export const logSearch = signal<Search | undefined>(undefined);

const NOTHING: Search = { rows: [], next: undefined, searchedTo: null, isBusy: true, error: '' };
let ending: AbortController | undefined;

/** Ends the search; what it found stays. */
export function stopSearch(): void {
  ending?.abort();
  ending = undefined;
  const now = logSearch.peek();
  if (now?.isBusy === true) logSearch.value = { ...now, isBusy: false };
}

/** Takes the search off the page. */
export function closeSearch(): void {
  stopSearch();
  logSearch.value = undefined;
}

/** Reads one page of the log that is older than an entry, under what was found before. */
export async function readOlder(filters: Filters, before: string | undefined): Promise<void> {
  await search(filters, before, logSearch.peek()?.rows ?? [], false);
}

/** Searches the whole log from its newest entry, until there is no more, somebody ends it, or `MOST_FOUND` are found. */
export async function searchAll(filters: Filters): Promise<void> {
  await search(filters, undefined, [], true);
}

async function search(
  filters: Filters,
  from: string | undefined,
  known: readonly Row[],
  isWhole: boolean,
): Promise<void> {
  stopSearch();
  const own = new AbortController();
  ending = own;
  logSearch.value = { ...(logSearch.peek() ?? NOTHING), rows: known, isBusy: true, error: '' };
  let before = from;
  try {
    for (;;) {
      const page = await ask<DecisionPage>(
        '/v1/decisions',
        { ...queryOf(filters), before, limit: PAGE_ROWS },
        own.signal,
      );
      if (own.signal.aborted) return;
      const rows = [...(logSearch.peek()?.rows ?? []), ...page.entries].slice(0, MOST_FOUND);
      const isDone = !isWhole || page.next === null || rows.length === MOST_FOUND;
      logSearch.value = { rows, next: page.next, searchedTo: momentOf(page.searched_to), isBusy: !isDone, error: '' };
      if (isDone) return;
      before = page.next ?? undefined;
    }
  } catch (problem) {
    if (own.signal.aborted) return;
    logSearch.value = { ...(logSearch.peek() ?? NOTHING), isBusy: false, error: errorText(problem) };
  }
}

function momentOf(id: string | null): number | null {
  return id === null ? null : Number(id.split('-')[0]) / 1000;
}
