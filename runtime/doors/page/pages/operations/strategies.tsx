import { Card } from '../../parts/card.tsx';
import { ActionButton } from '../../parts/guarded.tsx';
import { Answer } from '../../parts/states.tsx';
import { strategyPause } from '../../state/actions.ts';
import { useLoaded } from '../../state/loaded.ts';
import type { Strategies } from '../../state/wire.ts';
import { counted, money } from '../../text/figures.ts';

const EVERY_MS = 5_000;

/** The strategies that ask for permits, and pausing one of them. */
export function StrategiesCard() {
  const loaded = useLoaded<Strategies>('/v1/strategies', {}, EVERY_MS);
  return (
    <Card title="Strategies" wide="strategies">
      <Answer loaded={loaded} what="the strategies">
        {({ strategies }) =>
          strategies.length === 0 ? (
            <p class="muted">None has a limit, and none keeps room under the caps.</p>
          ) : (
            <ul class="switch-list">
              {strategies.map((one) => (
                <Strategy key={one.strategy} {...one} onDone={loaded.reload} />
              ))}
            </ul>
          )
        }
      </Answer>
    </Card>
  );
}

function Strategy({ strategy, state, reserved, reserved_usd, onDone }: StrategyProps) {
  const isPaused = state === 'paused';
  return (
    <li>
      <p>
        {strategy} <strong>{isPaused ? 'PAUSED' : 'active'}</strong>
      </p>
      <p class="muted">
        {isPaused ? 'opens nothing, its exits pass' : 'its plans are judged as usual'}; {counted(reserved, 'permit')}{' '}
        not shown in a position yet, {money(reserved_usd)}
      </p>
      <p class="buttons">
        <ActionButton action={strategyPause(strategy, !isPaused, onDone)} />
      </p>
    </li>
  );
}

type StrategyProps = Strategies['strategies'][number] & { readonly onDone: () => void };
