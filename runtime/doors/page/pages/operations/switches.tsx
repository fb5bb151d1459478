import type { ComponentChildren } from 'preact';
import { Card } from '../../parts/card.tsx';
import { ActionButton } from '../../parts/guarded.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Waiting } from '../../parts/states.tsx';
import { arm, confirmLoss, disarm, kill, release, releaseLoss, tradingState } from '../../state/actions.ts';
import { overview } from '../../state/live.ts';
import type { Overview } from '../../state/wire.ts';

const STATES = {
  ACTIVE: 'plans are judged as usual',
  REDUCING: 'plans that open a position are refused, exits pass',
  HALTED: 'no plan gets a permit, exits included',
} as const;

/** Kill switch, trading state, and whether the governor is armed. */
export function SwitchesCard() {
  const now = overview.value;
  return (
    <Card title="Stop and go" wide="switches">
      {now === undefined ? <Waiting what="the switches" /> : <Switches now={now} />}
    </Card>
  );
}

function Switches({ now }: { readonly now: Overview }) {
  const { kill: killed, armed, trading_state: state } = now;
  const others = (['ACTIVE', 'REDUCING', 'HALTED'] as const).filter((one) => one !== state);
  return (
    <ul class="switch-list">
      <Switch name="Kill switch" is={killed.on ? 'ON' : 'off'} says={<KillWords now={now} />}>
        <ActionButton action={killed.on ? release : kill} kind={killed.on ? '' : 'danger'} />
      </Switch>
      <Switch name="Trading state" is={state} says={STATES[state]}>
        {others.map((one) => (
          <ActionButton key={one} action={tradingState(one)} />
        ))}
      </Switch>
      {now.loss === undefined ? null : (
        <Switch name="Loss limits" is={lossWord(now.loss)} says={lossSays(now.loss)}>
          {now.loss.tripped.length === 0 && now.loss.paused_symbols === undefined ? null : (
            <ActionButton action={releaseLoss} />
          )}
          {now.loss.unconfirmed === null ? null : <ActionButton action={confirmLoss} />}
        </Switch>
      )}
      <Switch
        name="Governor"
        is={armed ? 'armed' : 'DISARMED'}
        says={armed ? 'plans that open a position are judged' : 'plans that open a position are refused'}
      >
        <ActionButton action={armed ? disarm : arm} />
      </Switch>
    </ul>
  );
}

function lossWord({ known, tripped }: NonNullable<Overview['loss']>): string {
  if (tripped.length > 0) return 'REACHED';
  return known ? 'kept' : 'NOT KNOWN';
}

function lossSays({
  known,
  unconfirmed,
  tripped,
  paused_symbols: symbols = [],
}: NonNullable<Overview['loss']>): string {
  const reached = tripped.map(({ reason, loss, limit }) => `${reason}: ${loss}, limit ${limit}`).join('; ');
  if (reached !== '') return `${reached}. Plans that open a position are refused`;
  if (unconfirmed !== null) {
    const what = unconfirmed === 'unreadable' ? 'what is kept of them cannot be read' : `${unconfirmed} lost them`;
    return `${what}: plans that open a position are refused until somebody confirms what is kept`;
  }
  if (known && symbols.length > 0) return `after losses in a row nothing opens in ${symbols.join(', ')}`;
  return known
    ? 'plans that open a position are judged'
    : 'plans that open a position are refused until losses are known';
}

function KillWords({ now }: { readonly now: Overview }) {
  const { on, actor, reason, since } = now.kill;
  if (!on) return <>plans can get permits</>;
  return (
    <>
      {actor === null ? 'nobody is written down for it' : `by ${actor}: ${reason ?? ''}`} <Moment at={since} />
    </>
  );
}

interface SwitchProps {
  readonly name: string;
  readonly is: string;
  readonly says: ComponentChildren;
  readonly children: ComponentChildren;
}

function Switch({ name, is, says, children }: SwitchProps) {
  return (
    <li>
      <p>
        {name} <strong>{is}</strong>
      </p>
      <p class="muted">{says}</p>
      <p class="buttons">{children}</p>
    </li>
  );
}
