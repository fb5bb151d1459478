import { ModeBadge } from '../../parts/badges.tsx';
import { Card } from '../../parts/card.tsx';
import { ActionButton } from '../../parts/guarded.tsx';
import { Answer } from '../../parts/states.tsx';
import { mode as changeMode } from '../../state/actions.ts';
import { linkTo } from '../../state/address.ts';
import { overview } from '../../state/live.ts';
import { useLoaded } from '../../state/loaded.ts';
import type { Gates } from '../../state/wire.ts';
import { type GateModes, gateModes } from '../../text/gate-modes.ts';
import { modeWords } from '../../text/words.ts';

/** The mode of each gate, and the modes it may be put in. */
export function ModesCard() {
  const loaded = useLoaded<Gates>('/v1/gates');
  return (
    <Card title="Modes" wide="modes" aside={<a href={linkTo('shadow')}>Activation checklist</a>}>
      <Answer loaded={loaded} what="the modes">
        {(declared) => (
          <ul class="gate-list">
            {gateModes(declared, overview.value?.gates).map((one) => (
              <Modes key={one.gate} {...one} />
            ))}
          </ul>
        )}
      </Answer>
    </Card>
  );
}

function Modes({ gate, now, others }: GateModes) {
  const told = now && modeWords(now.mode, now.isSilent);
  return (
    <li class={told?.force ?? ''}>
      <div>
        <strong>{gate}</strong> {now === undefined ? null : <ModeBadge {...now} />}
      </div>
      <p class="muted">{told?.says ?? 'its mode is not known yet'}</p>
      <p class="buttons">
        {others.map((other) => (
          <ActionButton key={other.mode} action={changeMode(gate, other)}>
            to {modeWords(other.mode).word}
          </ActionButton>
        ))}
      </p>
    </li>
  );
}
