import { percent } from '../text/figures.ts';
import { usedShare } from './gauge-geometry.ts';

/** How much of a limit is used, as a bar with its limit marked. The figures stand beside it in words. */
export function Bar({ value, limit, state }: BarProps) {
  const isOver = value > limit;
  const scale = isOver ? value : limit;
  return (
    <svg class={`bar ${state}`} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6" />
      <rect class="used" width={usedShare(value, scale) * 100} height="6" />
      {isOver ? <rect class="limit" x={usedShare(limit, scale) * 100 - 0.6} width="1.2" height="6" /> : null}
    </svg>
  );
}

interface BarProps {
  readonly value: number;
  readonly limit: number;
  readonly state: string;
}

/** A share of something, 0 to 1, as a thin bar and in percent. */
export function ShareBar({ share }: { readonly share: number | null }) {
  return (
    <span class="share">
      <Bar value={share ?? 0} limit={1} state="ok" />
      {percent(share, 0)}
    </span>
  );
}

/** Parts of a whole beside each other, drawn on a scale that ends at `end`. */
export function StackedBar({ parts, end }: StackedProps) {
  let x = 0;
  return (
    <svg class="bar stacked" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6" />
      {parts.map(({ kind, value }) => {
        const width = usedShare(value, end) * 100;
        x += width;
        return <rect key={kind} class={kind} x={x - width} width={Math.min(width, 100)} height="6" />;
      })}
    </svg>
  );
}

interface StackedProps {
  readonly parts: readonly { readonly kind: string; readonly value: number }[];
  readonly end: number;
}
