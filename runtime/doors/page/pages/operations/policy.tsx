import { useSignal } from '@preact/signals';
import { Card } from '../../parts/card.tsx';
import { Choices } from '../../parts/choices.tsx';
import { ActionButton } from '../../parts/guarded.tsx';
import { Answer } from '../../parts/states.tsx';
import type { Action } from '../../state/actions.ts';
import { address } from '../../state/address.ts';
import { useLoaded } from '../../state/loaded.ts';
import type { Policies, PolicyPage } from '../../state/wire.ts';
import { CandidateOutcome } from './candidate-outcome.tsx';
import { LimitsForm } from './limits-form.tsx';
import { Versions } from './versions.tsx';

/** The limits of a gate: who says so, what a change would do, and the versions before. */
export function PolicyCard() {
  const loaded = useLoaded<Policies>('/v1/policies');
  const chosen = useSignal<string | undefined>(undefined);
  return (
    <Card title="Limits" wide="policy">
      <Answer loaded={loaded} what="the policies">
        {({ policies }) => {
          const gate = chosen.value ?? namedGate(policies) ?? policies[0]?.gate;
          return (
            <>
              <Choices
                label="Gate"
                choices={policies.map((one) => one.gate)}
                chosen={gate}
                onChoose={(one) => (chosen.value = one)}
              />
              {gate === undefined ? null : <PolicyOf key={gate} gate={gate} />}
            </>
          );
        }}
      </Answer>
    </Card>
  );
}

/** The gate that the address names, or whose limit it names. */
function namedGate(policies: Policies['policies']): string | undefined {
  const { params } = address.value;
  const limit = params.get('limit');
  return policies.find((one) => one.gate === params.get('gate') || one.limits.some(({ name }) => name === limit))?.gate;
}

/** Judging by a candidate beside what is in force ends. */
function clearCandidate(gate: string, onDone: () => void): Action {
  return {
    title: `Clear the candidate of ${gate}`,
    verb: 'Clear the candidate',
    path: `/v1/policies/${encodeURIComponent(gate)}/candidate`,
    body: { settings: null },
    preview: undefined,
    says: 'Decisions are judged by what is in force alone. What the candidate said of earlier ones stays in the log.',
    isDangerous: false,
    onDone,
  };
}

function PolicyOf({ gate }: { readonly gate: string }) {
  const loaded = useLoaded<PolicyPage>(`/v1/policies/${encodeURIComponent(gate)}`);
  return (
    <Answer loaded={loaded} what="the limits">
      {({ policy, versions }) => (
        <>
          {policy.problem === '' ? null : <p class="notice">{policy.problem}</p>}
          {policy.candidate === null ? null : (
            <p class="buttons">
              <span>
                Candidate <code>{policy.candidate.version.slice(0, 8)}</code> is judged by beside it
                {policy.candidate.mode === '' ? '' : `, in ${policy.candidate.mode}`}.
              </span>
              <ActionButton action={clearCandidate(gate, loaded.reload)}>Clear the candidate …</ActionButton>
            </p>
          )}
          <CandidateOutcome gate={gate} version={policy.candidate?.version ?? ''} />
          <LimitsForm key={policy.version} policy={policy} onDone={loaded.reload} />
          <Versions gate={gate} inForce={policy.version} versions={versions} onDone={loaded.reload} />
        </>
      )}
    </Answer>
  );
}
