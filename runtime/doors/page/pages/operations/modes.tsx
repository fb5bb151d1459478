import { ModeBadge } from '../../parts/badges.tsx';
import { Card } from '../../parts/card.tsx';
import { ActionButton } from '../../parts/guarded.tsx';
import { Answer } from '../../parts/states.tsx';
import { mode as changeMode } from '../../state/actions.ts';
import { linkTo } from '../../state/address.ts';
import { overview } from '../../state/live.ts';
import { useLoaded } from '../../state/loaded.ts';
import type { Policies } from '../../state/wire.ts';
import { modeWords } from '../../text/words.ts';

/** The mode of each gate, and the modes it may be put in. */
export function ModesCard() {
  const loaded = useLoaded<Policies>('/v1/policies');
  return (
    <Card title="Modes" wide="modes" aside={<a href={linkTo('shadow')}>Activation checklist</a>}>
      <Answer loaded={loaded} what="the modes">
        {({ policies }) => (
          <ul class="gate-list">
            {policies.map(({ gate, mode, modes }) => (
              <GateModes key={gate} gate={gate} stored={mode} modes={modes} />
            ))}
          </ul>
        )}
      </Answer>
    </Card>
  );
}

interface GateModesProps {
  readonly gate: string;
  readonly stored: string;
  readonly modes: readonly string[];
}

function GateModes({ gate, stored, modes }: GateModesProps) {
  const now = overview.value?.gates.find((one) => one.gate === gate)?.mode ?? stored;
  return (
    <li class={modeWords(now).force}>
      <div>
        <strong>{gate}</strong> <ModeBadge mode={now} />
      </div>
      <p class="muted">{modeWords(now).says}</p>
      <p class="buttons">
        {modes
          .filter((mode) => mode !== now)
          .map((mode) => (
            <ActionButton key={mode} action={changeMode(gate, mode)}>
              to {modeWords(mode).word}
            </ActionButton>
          ))}
      </p>
    </li>
  );
}
