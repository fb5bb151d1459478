import type { Overview } from '../state/wire.ts';
import { heatWord, lookOf } from '../text/heat.ts';
import { Icon } from './icons.tsx';

/** A heat in a word with the colour and the shape of its bucket. */
export function HeatChip({ heat }: { readonly heat: Overview['heat'] }) {
  const look = lookOf(heat);
  return (
    <span class={`heat-chip ${look}`} title={heat.meanwhile ?? 'Heat of the portfolio'}>
      <Icon name={look} />
      <span class="label">heat</span> {heatWord(heat)}
    </span>
  );
}
