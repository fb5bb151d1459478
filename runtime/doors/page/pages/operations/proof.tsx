import { useSignal } from '@preact/signals';
import { AskButton } from '../../parts/ask-button.tsx';
import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Answer } from '../../parts/states.tsx';
import { useLoaded } from '../../state/loaded.ts';
import { saveText } from '../../state/save.ts';
import type { ProofRun } from '../../state/wire.ts';
import { counted } from '../../text/figures.ts';

const WATCHED_MS = 700;
const SELDOM_MS = 5_000;

/** The proof of the running system: begun and stopped here, and watched by everybody. */
export function ProofCard() {
  const everyMs = useSignal(SELDOM_MS);
  const loaded = useLoaded<ProofRun>('/v1/proof', {}, everyMs.value);
  const state = loaded.data?.state;
  if (state !== undefined) everyMs.value = state === 'running' ? WATCHED_MS : SELDOM_MS;
  return (
    <Card title="Proof" wide="proof">
      <p class="muted">
        Every gate of the running system is checked, on a scratch portfolio that is deleted afterwards. Nothing of the
        real one is changed.
      </p>
      <Answer loaded={loaded} what="the last proof">
        {(run) => (
          <>
            <Buttons run={run} onAsked={loaded.reload} />
            {run.state === 'none' ? null : <Run run={run} />}
          </>
        )}
      </Answer>
    </Card>
  );
}

function Buttons({ run, onAsked }: { readonly run: ProofRun; readonly onAsked: () => void }) {
  const isRunning = run.state === 'running';
  return (
    <AskButton
      path={isRunning ? '/v1/proof/stop' : '/v1/proof'}
      word={isRunning ? 'Stop the proof' : 'Prove the running system'}
      onAsked={onAsked}
    >
      {run.report === '' ? null : (
        <button type="button" onClick={() => saveText('proof.md', run.report, 'text/markdown')}>
          Save the report
        </button>
      )}
    </AskButton>
  );
}

function Run({ run }: { readonly run: ProofRun }) {
  const { sections, checks, by, at, says } = run;
  const failed = checks.filter(({ verdict }) => verdict === 'fail');
  const now = sections.indexOf(checks.at(-1)?.section ?? '');
  const isRunning = run.state === 'running';
  return (
    <>
      <p role="status">
        <strong>{headOf(run)}</strong> {isRunning ? '' : says}
      </p>
      <p class="muted">
        Begun by <bdi>{by}</bdi>
        {at === null ? null : (
          <>
            {' '}
            at <Moment at={at} />
          </>
        )}
        , {counted(checks.length, 'check')} made
      </p>
      {isRunning ? (
        <progress aria-label="Progress of the proof" value={Math.max(0, now)} max={sections.length} />
      ) : null}
      <ul class="findings">
        {sections.map((title, index) => (
          <SectionLine key={title} title={title} isLast={index === Math.max(0, now)} run={run} />
        ))}
      </ul>
      {failed.length === 0 ? null : (
        <ul class="findings" aria-label="What failed">
          {failed.map(({ section, name, expected, got }) => (
            <li key={`${section} ${name}`}>
              <span class="verdict stopped">failed</span> <strong>{name}</strong> <span class="muted">({section})</span>{' '}
              expected <bdi>{expected}</bdi>, got <bdi>{got}</bdi>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

interface SectionProps {
  readonly title: string;
  /** Whether it is the one that was come to last. */
  readonly isLast: boolean;
  readonly run: ProofRun;
}

function SectionLine({ title, isLast, run }: SectionProps) {
  const own = run.checks.filter(({ section }) => section === title);
  const many = (verdict: ProofRun['checks'][number]['verdict']) => own.filter((one) => one.verdict === verdict).length;
  const [passed, failed, skipped] = [many('pass'), many('fail'), many('skipped')];
  const isOpen = isLast && run.state !== 'done';
  const [tone, word] = isOpen && failed === 0 ? openWord(run) : wordOf(passed, failed, skipped);
  const more = skipped === 0 ? '' : `, ${skipped} skipped`;
  return (
    <li>
      <span class={`verdict ${tone}`}>{word}</span> {title}
      {own.length === 0 ? null : (
        <span class="muted">
          {' '}
          {passed} passed, {failed} failed{more}
        </span>
      )}
    </li>
  );
}

/** A section that was begun and not gone through holds nothing yet. */
function openWord({ state }: ProofRun): Word {
  return state === 'running' ? ['changed', 'now'] : ['', 'not finished'];
}

function wordOf(passed: number, failed: number, skipped: number): Word {
  if (failed > 0) return ['stopped', 'failed'];
  if (passed > 0) return ['passed', 'holds'];
  return ['', skipped > 0 ? 'skipped' : 'not looked at'];
}

type Word = readonly [tone: string, word: string];

function headOf({ state, checks }: ProofRun): string {
  const failed = checks.filter(({ verdict }) => verdict === 'fail').length;
  switch (state) {
    case 'running':
      return failed === 0 ? 'It runs.' : 'It runs, and something failed already.';
    case 'done':
      return failed === 0 ? 'The running system is proven.' : `${counted(failed, 'check')} failed.`;
    case 'stopped':
      return 'It was stopped.';
    case 'lost':
      return 'It was not finished.';
    default:
      return 'It could not be made to its end.';
  }
}
