import { Choices } from '../../parts/choices.tsx';
import { address, replaceParams } from '../../state/address.ts';
import { overview } from '../../state/live.ts';
import { ActivationCard } from './activation.tsx';
import { DifferenceCard } from './difference.tsx';

/** What would have been different, and whether a gate may leave shadow. */
export function ShadowPage() {
  const gates = overview.value?.deciding ?? [];
  const modal = overview.value?.gates.map((one) => one.gate) ?? [];
  const chosen = address.value.params.get('gate');
  const gate = gates.find((one) => one === chosen) ?? gates[0];
  return (
    <>
      <h1 class="unseen">Shadow against enforced</h1>
      <Choices label="Gate" choices={gates} chosen={gate} onChoose={(one) => replaceParams({ gate: one })} />
      {gate === undefined ? null : (
        <div class="grid shadow" key={gate}>
          <DifferenceCard gate={gate} />
          {modal.includes(gate) ? <ActivationCard gate={gate} /> : null}
        </div>
      )}
    </>
  );
}
