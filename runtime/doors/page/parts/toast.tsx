import { effect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type ActionResult, done } from '../state/actions.ts';
import { linkTo } from '../state/address.ts';
import { newestLedgerRow } from '../state/live.ts';
import { Icon } from './icons.tsx';

const SHOWN_MS = 12_000;

/** Says what was done, and who is written down for it, for a while; read out by screen readers. */
export function Toast() {
  useEffect(
    () =>
      effect(() => {
        if (done.value === undefined) return undefined;
        const timer = setTimeout(() => {
          done.value = undefined;
        }, SHOWN_MS);
        return () => clearTimeout(timer);
      }),
    [],
  );
  return (
    <div class="toast" role="status" aria-live="polite">
      {done.value === undefined ? null : <Said {...done.value} />}
    </div>
  );
}

function Said({ text, isWell, at }: ActionResult & { readonly at: number }) {
  const row = newestLedgerRow.value;
  const isOfIt = row?.at !== null && row !== undefined && row.at * 1000 >= at - 5_000;
  return (
    <p>
      <Icon name={isWell ? 'well' : 'warning'} /> {text}.{' '}
      {isOfIt ? `In the ledger: ${row.action} by ${row.actor}, “${row.reason}”. ` : ''}
      <a href={linkTo('operations')}>Ledger</a>
    </p>
  );
}
