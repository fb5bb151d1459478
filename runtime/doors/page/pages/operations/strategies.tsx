import { Card } from '../../parts/card.tsx';
import { ActionButton } from '../../parts/guarded.tsx';
import { Answer } from '../../parts/states.tsx';
import { UseLine } from '../../parts/use-line.tsx';
import { strategyPause } from '../../state/actions.ts';
import { useLoaded } from '../../state/loaded.ts';
import type { Strategies } from '../../state/wire.ts';
import { counted, money } from '../../text/figures.ts';
import { strategyUses } from '../../text/strategy-words.ts';

const EVERY_MS = 5_000;

/** The strategies that ask for permits, what each uses of its limits, and pausing one of them. */
export function StrategiesCard() {
  const loaded = useLoaded<Strategies>('/v1/strategies', {}, EVERY_MS);
  return (
    <Card title="Strategies" wide="strategies">
      <Answer loaded={loaded} what="the strategies">
        {({ strategies, unattributed_usd: rest }) => (
          <>
            {strategies.length === 0 ? (
              <p class="muted">None has a limit, and none keeps room under the caps.</p>
            ) : (
              <ul class="switch-list">
                {strategies.map((one) => (
                  <Strategy key={one.strategy} now={one} onDone={loaded.reload} />
                ))}
              </ul>
            )}
            {rest === undefined ? null : (
              <p class={rest === null ? 'unknown' : 'muted'}>
                Held and no strategy’s: {rest === null ? 'not known' : money(rest)}
              </p>
            )}
          </>
        )}
      </Answer>
    </Card>
  );
}

function Strategy({ now, onDone }: StrategyProps) {
  const { strategy, state, reserved, reserved_usd } = now;
  const isPaused = state === 'paused';
  const uses = strategyUses(now);
  return (
    <li>
      <p>
        <bdi>{strategy}</bdi> <strong>{isPaused ? 'PAUSED' : 'active'}</strong>
      </p>
      <p class="muted">
        {isPaused ? 'opens nothing, its exits pass' : 'its plans are judged as usual'}; {counted(reserved, 'permit')}{' '}
        not shown in a position yet, {money(reserved_usd)}
      </p>
      {uses.length === 0 ? null : (
        <ul class="limits" aria-label={`What ${strategy} uses of its limits`}>
          {uses.map((use) => (
            <UseLine key={use.label} {...use} />
          ))}
        </ul>
      )}
      <p class="buttons">
        <ActionButton action={strategyPause(strategy, !isPaused, onDone)} />
      </p>
    </li>
  );
}

interface StrategyProps {
  readonly now: Strategies['strategies'][number];
  readonly onDone: () => void;
}
