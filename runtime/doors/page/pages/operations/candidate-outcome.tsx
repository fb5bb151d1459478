import { useSignal } from '@preact/signals';
import { Answer } from '../../parts/states.tsx';
import { useLoaded } from '../../state/loaded.ts';
import type { ShadowReport } from '../../state/wire.ts';
import { CandidatePart } from '../shadow/candidate.tsx';

const SINCE = '7d';

/** What candidates of a gate said otherwise, read once it is opened: a report takes a while. `version` is that of the candidate now. */
export function CandidateOutcome({ gate, version }: { readonly gate: string; readonly version: string }) {
  const isOpen = useSignal(false);
  return (
    <details onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>What a candidate said otherwise in the last {SINCE}</summary>
      {isOpen.value ? <Outcome key={version} gate={gate} /> : null}
    </details>
  );
}

function Outcome({ gate }: { readonly gate: string }) {
  const loaded = useLoaded<ShadowReport>('/v1/shadow', { gate, since: SINCE });
  return (
    <Answer loaded={loaded} what="what it said">
      {({ candidate, stopped }) => (
        <>
          {candidate === null ? (
            <p class="muted">No decision of the last {SINCE} was judged by a candidate.</p>
          ) : (
            <CandidatePart candidate={candidate} />
          )}
          {stopped ? (
            <p class="notice">Not all of it could be read in the time there is: these are the oldest.</p>
          ) : null}
          <p class="buttons">
            <button type="button" onClick={loaded.reload}>
              Look again
            </button>
          </p>
        </>
      )}
    </Answer>
  );
}
