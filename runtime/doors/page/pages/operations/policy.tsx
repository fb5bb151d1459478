import { useSignal } from '@preact/signals';
import { Card } from '../../parts/card.tsx';
import { Choices } from '../../parts/choices.tsx';
import { Answer } from '../../parts/states.tsx';
import { useLoaded } from '../../state/loaded.ts';
import type { Policies, PolicyPage } from '../../state/wire.ts';
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
          const gate = chosen.value ?? policies[0]?.gate;
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

function PolicyOf({ gate }: { readonly gate: string }) {
  const loaded = useLoaded<PolicyPage>(`/v1/policies/${encodeURIComponent(gate)}`);
  return (
    <Answer loaded={loaded} what="the limits">
      {({ policy, versions }) => (
        <>
          {policy.problem === '' ? null : <p class="notice">{policy.problem}</p>}
          <LimitsForm key={policy.version} policy={policy} onDone={loaded.reload} />
          <Versions gate={gate} inForce={policy.version} versions={versions} onDone={loaded.reload} />
        </>
      )}
    </Answer>
  );
}
