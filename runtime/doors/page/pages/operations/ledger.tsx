import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Card } from '../../parts/card.tsx';
import { LongText } from '../../parts/long-text.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { Answer, Empty, Failed } from '../../parts/states.tsx';
import { Head } from '../../parts/table.tsx';
import { ask, errorText } from '../../state/api.ts';
import { ledgerGaps, newestLedgerRow } from '../../state/live.ts';
import { useLoaded } from '../../state/loaded.ts';
import type { LedgerPage, LedgerRow, LedgerVerdict } from '../../state/wire.ts';
import { counted } from '../../text/figures.ts';
import { differenceWords } from '../../text/ledger-words.ts';
import { spaced } from '../../text/words.ts';

const PAGE_ROWS = 25;

/** Who changed what, when and why, newest first. */
export function LedgerCard() {
  const before = useSignal<string | undefined>(undefined);
  const loaded = useLoaded<LedgerPage>('/v1/ledger', { before: before.value, limit: PAGE_ROWS });
  const newest = newestLedgerRow.value?.id;
  const gaps = ledgerGaps.value;
  useEffect(() => {
    if (newest !== undefined || gaps > 0) loaded.reload();
  }, [newest, gaps]);
  return (
    <Card title="Ledger" wide="ledger" aside={<Verify />}>
      <Answer loaded={loaded} what="the ledger">
        {({ entries, next }) => (
          <>
            <LedgerTable rows={entries} />
            <p class="buttons">
              {before.value === undefined ? null : (
                <button type="button" onClick={() => (before.value = undefined)}>
                  Newest
                </button>
              )}
              {next === null ? null : (
                <button type="button" onClick={() => (before.value = next)}>
                  Older
                </button>
              )}
            </p>
          </>
        )}
      </Answer>
    </Card>
  );
}

function LedgerTable({ rows }: { readonly rows: readonly LedgerRow[] }) {
  if (rows.length === 0) return <Empty why="Nobody has changed anything yet." command="npx portcullis ledger" />;
  return (
    <Scroll name="Ledger">
      <table class="stacked ledger-table">
        <Head columns={['Time', 'What', 'From → to', 'By', 'Reason']} />
        <tbody>
          {rows.map((row) => (
            <LedgerLine key={row.id} row={row} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function LedgerLine({ row }: { readonly row: LedgerRow }) {
  const { at, action, actor, reason, gate, symbol, before, after } = row;
  return (
    <tr>
      <td class="time">
        <Moment at={at} />
      </td>
      <th scope="row">
        {spaced(action)} <span class="muted">{[gate, symbol].filter((text) => text !== '').join(' ')}</span>
      </th>
      <td class="why">
        {differenceWords(action, before, after).map((line) => (
          <p key={line}>
            <LongText text={line} />
          </p>
        ))}
      </td>
      <td>
        <bdi>{actor}</bdi>
      </td>
      <td class="why">
        <LongText text={reason} />
      </td>
    </tr>
  );
}

/** Whether the chain of the ledger is whole, when somebody asks. */
function Verify() {
  const found = useSignal<LedgerVerdict | undefined>(undefined);
  const error = useSignal('');
  const verify = async () => {
    try {
      found.value = await ask<LedgerVerdict>('/v1/ledger/verify');
      error.value = '';
    } catch (problem) {
      error.value = errorText(problem);
    }
  };
  return (
    <>
      <span role="status">{found.value === undefined ? '' : verdictWords(found.value)}</span>
      {error.value === '' ? null : <Failed error={error.value} />}
      <button type="button" onClick={() => void verify()}>
        Verify
      </button>
    </>
  );
}

function verdictWords({ whole, entries, head, problems }: LedgerVerdict): string {
  if (whole) return `Whole: ${counted(entries, 'entry', 'entries')}, head ${head.slice(0, 12)}`;
  return `BROKEN: ${problems[0]?.id ?? ''} ${problems[0]?.problem ?? ''} (${counted(problems.length, 'problem')})`;
}
