import { useSignal } from '@preact/signals';
import { AskButton } from '../../parts/ask-button.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Failed } from '../../parts/states.tsx';
import { linkTo } from '../../state/address.ts';
import { useLoaded } from '../../state/loaded.ts';
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
      <AskButton
        path={stands ? '/v1/demo/stop' : '/v1/demo'}
        word={demoVerb(run)}
        refused={stands ? '' : run.refused}
        onAsked={reload}
      />
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
