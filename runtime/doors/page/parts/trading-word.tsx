import type { Overview } from '../state/wire.ts';
import { Icon } from './icons.tsx';

/** Whether anything is traded, and opened, in a word. */
export function TradingWord({ now }: { readonly now: Overview }) {
  const { kill, trading_state: state, armed, loss } = now;
  if (kill.on) return <Word icon="stop" text="KILLED" kind="stopped" />;
  if (state === 'HALTED') return <Word icon="stop" text="HALTED" kind="stopped" />;
  if (loss !== undefined && loss.tripped.length > 0) return <Word icon="stop" text="LOSS LIMIT" kind="stopped" />;
  if (loss?.known === false) return <Word icon="pause" text="LOSSES NOT KNOWN" kind="changed" />;
  if (state === 'REDUCING') return <Word icon="pause" text="REDUCING" kind="changed" />;
  if (!armed) return <Word icon="pause" text={`${state}, DISARMED`} kind="changed" />;
  return <Word icon="play" text={`${state}, armed`} kind="passed" />;
}

interface WordProps {
  readonly icon: 'stop' | 'pause' | 'play';
  readonly text: string;
  readonly kind: string;
}

function Word({ icon, text, kind }: WordProps) {
  return (
    <span class={`verdict ${kind}`}>
      <Icon name={icon} />
      {text}
    </span>
  );
}
