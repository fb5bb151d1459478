import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Moment } from '../../parts/moment.tsx';
import { Failed } from '../../parts/states.tsx';
import { Head } from '../../parts/table.tsx';
import { ask, errorText } from '../../state/api.ts';
import { type Filters, queryOf, rowsFor } from '../../state/filters.ts';
import { tape } from '../../state/live.ts';
import { zone } from '../../state/preferences.ts';
import type { DecisionPage } from '../../state/wire.ts';
import { decisionColumns, saysStrategy } from './row.tsx';
import { StillRow } from './tape-table.tsx';

const PAGE_ROWS = 100;

/** The log behind the tape, a page at a time. */
export function Older({ filters }: { readonly filters: Filters }) {
  const page = useSignal<DecisionPage | undefined>(undefined);
  const error = useSignal('');
  const isBusy = useSignal(false);
  const wanted = JSON.stringify(queryOf(filters));
  useEffect(() => {
    page.value = undefined;
  }, [wanted]);
  const read = async (before: string | undefined) => {
    isBusy.value = true;
    try {
      page.value = await ask<DecisionPage>('/v1/decisions', { ...queryOf(filters), before, limit: PAGE_ROWS });
      error.value = '';
    } catch (problem) {
      error.value = errorText(problem);
    } finally {
      isBusy.value = false;
    }
  };
  const oldest = rowsFor(tape.value.rows, filters).at(-1)?.id;
  const next = page.value === undefined ? oldest : (page.value.next ?? undefined);
  const isEnd = page.value !== undefined && page.value.next === null;
  return (
    <section class="older" aria-label="Older decisions">
      {page.value === undefined ? null : <PageOfLog page={page.value} />}
      {error.value === '' ? null : <Failed error={error.value} />}
      <p>
        {isEnd ? (
          <span class="muted">This is the beginning of the log. </span>
        ) : (
          <button type="button" disabled={isBusy.value} onClick={() => void read(next)}>
            {isBusy.value ? 'Searching …' : page.value === undefined ? 'Older decisions' : 'Next page, older'}
          </button>
        )}
        {page.value === undefined ? null : (
          <button type="button" onClick={() => (page.value = undefined)}>
            Back to the newest
          </button>
        )}
      </p>
    </section>
  );
}

function PageOfLog({ page }: { readonly page: DecisionPage }) {
  const { entries, searched_to: searchedTo } = page;
  const withStrategy = saysStrategy(entries);
  const reached = searchedTo === null ? null : Number(searchedTo.split('-')[0]) / 1000;
  return (
    <>
      <h2>
        Older decisions{' '}
        <span class="muted">
          searched back to <Moment at={reached} />
        </span>
      </h2>
      {entries.length === 0 ? (
        <p>None in this part of the log.</p>
      ) : (
        <table class="tape">
          <Head columns={decisionColumns(withStrategy)} />
          <tbody>
            {entries.map((row) => (
              <StillRow key={row.id} row={row} zone={zone.value} withStrategy={withStrategy} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
