import { useEffect } from 'preact/hooks';
import { Moment } from '../../parts/moment.tsx';
import { Failed } from '../../parts/states.tsx';
import { address, replaceParams } from '../../state/address.ts';
import { type Filters, queryOf, rowsFor } from '../../state/filters.ts';
import { tape } from '../../state/live.ts';
import {
  closeSearch,
  logSearch,
  MOST_FOUND,
  readOlder,
  type Search,
  searchAll,
  stopSearch,
} from '../../state/log-search.ts';
import { zone } from '../../state/preferences.ts';
import { saveText } from '../../state/save.ts';
import { csvOf, type SortColumn, sorted } from '../../text/export.ts';
import { count, counted } from '../../text/figures.ts';
import { decisionColumns, saysStrategy } from './row.tsx';
import { StillRow } from './tape-table.tsx';

/** Rows that are drawn; all that were found can be saved. */
const MOST_DRAWN = 500;
/** A filter that is being typed searches once it has stood so long. */
const TYPED_MS = 400;

/** The log behind the tape: a page at a time, or searched through from its newest entry, to be sorted and saved. */
export function Older({ filters }: { readonly filters: Filters }) {
  const found = logSearch.value;
  const wanted = JSON.stringify(queryOf(filters));
  useEffect(() => {
    const isAsked = address.peek().params.get('log') === 'all';
    const timer = isAsked ? setTimeout(() => void searchAll(filters), TYPED_MS) : undefined;
    return () => {
      clearTimeout(timer);
      closeSearch();
    };
  }, [wanted]);
  const oldest = rowsFor(tape.value.rows, filters).at(-1)?.id;
  const older = found?.next ?? oldest;
  const isFull = (found?.rows.length ?? 0) >= MOST_FOUND;
  return (
    <section class="older" aria-label="Older decisions">
      {found === undefined ? null : <Found found={found} />}
      {found === undefined || found.error === '' ? null : <Failed error={found.error} />}
      <p class="buttons">
        {found?.isBusy === true ? (
          <button type="button" onClick={stopSearch}>
            Stop searching
          </button>
        ) : (
          <>
            {found?.next === null && found.error === '' ? (
              <span class="muted">There is nothing older. </span>
            ) : isFull ? null : (
              <button type="button" onClick={() => void readOlder(filters, older)}>
                {found === undefined ? 'Older decisions' : 'Next page, older'}
              </button>
            )}
            <button type="button" onClick={() => search(filters)}>
              Search the whole log
            </button>
          </>
        )}
        {found === undefined ? null : (
          <button type="button" onClick={close}>
            Back to the newest
          </button>
        )}
      </p>
    </section>
  );
}

/** The address says that the whole log is searched, so that it is there too where the address is sent to. */
function search(filters: Filters): void {
  replaceParams({ log: 'all' });
  void searchAll(filters);
}

function close(): void {
  replaceParams({ log: undefined, sort: undefined });
  closeSearch();
}

function Found({ found }: { readonly found: Search }) {
  const { rows, searchedTo, isBusy } = found;
  const by = address.value.params.get('sort') ?? '';
  const shown = sorted(rows, by).slice(0, MOST_DRAWN);
  const withStrategy = saysStrategy(rows);
  return (
    <>
      <h2>Decisions of the log</h2>
      <p class="buttons">
        <span role="status">
          {isBusy ? 'Searching: ' : ''}
          {counted(rows.length, 'decision')} found, searched back to <Moment at={searchedTo} />
          {rows.length >= MOST_FOUND ? `; it ends at ${count(MOST_FOUND)}: narrow the time` : ''}
          {rows.length > MOST_DRAWN ? `; ${count(MOST_DRAWN)} of them are drawn` : ''}
        </span>
        <button type="button" disabled={rows.length === 0} onClick={() => save('csv', csvOf(sorted(rows, by)))}>
          Save as CSV
        </button>
        <button
          type="button"
          disabled={rows.length === 0}
          onClick={() => save('json', JSON.stringify(sorted(rows, by), null, 2))}
        >
          Save as JSON
        </button>
      </p>
      {rows.length === 0 ? (
        <p>{found.next === undefined ? 'Nothing was read.' : 'None in this part of the log.'}</p>
      ) : (
        <table class="tape found">
          <SortHead by={by} columns={decisionColumns(withStrategy)} />
          <tbody>
            {shown.map((row) => (
              <StillRow key={row.id} row={row} zone={zone.value} withStrategy={withStrategy} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** Headings that sort: once rising, once more falling, then as it was. */
function SortHead({ by, columns }: { readonly by: string; readonly columns: readonly SortColumn[] }) {
  const next = (column: SortColumn) => (by === column ? `-${column}` : by === `-${column}` ? undefined : column);
  const isBy = (column: SortColumn) => (by === column ? 'ascending' : by === `-${column}` ? 'descending' : undefined);
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th key={column} scope="col" aria-sort={isBy(column)}>
            <button type="button" class="link" onClick={() => replaceParams({ sort: next(column) })}>
              {column}
              {by === column ? ' ↑' : by === `-${column}` ? ' ↓' : ''}
            </button>
          </th>
        ))}
      </tr>
    </thead>
  );
}

function save(kind: 'csv' | 'json', text: string): void {
  saveText(`decisions.${kind}`, text, kind === 'csv' ? 'text/csv' : 'application/json');
}
