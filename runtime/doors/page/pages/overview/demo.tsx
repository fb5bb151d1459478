import { useSignal } from '@preact/signals';
import { Moment } from '../../parts/moment.tsx';
import { Failed } from '../../parts/states.tsx';
import { linkTo } from '../../state/address.ts';
import { errorText, send } from '../../state/api.ts';
import { useLoaded } from '../../state/loaded.ts';
import { mayChange, whyNot } from '../../state/rights.ts';
import { session } from '../../state/session.ts';
import type { DemoNow } from '../../state/wire.ts';
import { dayWords, demoHead, demoVerb } from '../../text/demo-words.ts';

const WATCHED_MS = 700;
const SELDOM_MS = 5_000;

/** A month to look at before anything is reported: begun, watched, stopped and deleted here, by operators. */
export function DemoPart() {
  return session.value?.role === 'operator' ? <OperatorsDemo /> : null;
}

function OperatorsDemo() {
  const everyMs = useSignal(SELDOM_MS);
  const { data: run, error, reload } = useLoaded<DemoNow>('/v1/demo', {}, everyMs.value);
  if (run !== undefined) everyMs.value = run.state === 'running' ? WATCHED_MS : SELDOM_MS;
  if (run === undefined) return error === '' ? null : <Failed error={error} />;
  const stands = run.state === 'running' || run.state === 'done';
  return (
    <section class="demo" aria-label="Demo month">
      <p role="status">
        <strong>{demoHead(run)}</strong> {run.says}
        {run.state === 'done' && run.until !== null ? (
          <>
            {' '}
            It is deleted by itself at <Moment at={run.until} />.
          </>
        ) : null}
      </p>
      {run.state === 'running' ? <Played run={run} /> : null}
      {stands ? (
        <a href={linkTo('overview', { portfolio: run.prefix })}>
          {run.state === 'done' ? 'Look at what it did' : 'Look at what it does'}
        </a>
      ) : (
        <p class="muted">
          May 2021, the crash of the 19th in it, through gates of its own on a portfolio of its own, which is deleted
          afterwards. Nothing of this one is changed.
        </p>
      )}
      <DemoButton run={run} onAsked={reload} />
    </section>
  );
}

function Played({ run }: { readonly run: DemoNow }) {
  return (
    <p class="played">
      <progress aria-label="Progress of the demo" value={run.played} max={run.hours} />
      <span>{dayWords(run)}</span>
    </p>
  );
}

function DemoButton({ run, onAsked }: { readonly run: DemoNow; readonly onAsked: () => void }) {
  const error = useSignal('');
  const isBusy = useSignal(false);
  const stands = run.state === 'running' || run.state === 'done';
  const refused = stands ? '' : run.refused;
  const ask = async () => {
    isBusy.value = true;
    error.value = '';
    try {
      await send(stands ? '/v1/demo/stop' : '/v1/demo', { reason: 'from the console' });
      onAsked();
    } catch (problem) {
      error.value = errorText(problem);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <>
      <p class="buttons">
        <button
          type="button"
          disabled={!mayChange() || isBusy.value || refused !== ''}
          title={mayChange() ? undefined : whyNot()}
          onClick={() => void ask()}
        >
          {demoVerb(run)}
        </button>
      </p>
      {refused === '' ? null : <p class="muted">It cannot be begun: {refused}</p>}
      {error.value === '' ? null : <Failed error={error.value} />}
    </>
  );
}
