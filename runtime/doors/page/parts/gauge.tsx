import { ratio } from '../text/figures.ts';
import type { lookOf } from '../text/heat.ts';
import { arcPath, onArc, scaleEnd } from './gauge-geometry.ts';

const CENTRE = { x: 110, y: 110 };
const RADIUS = 88;

/** The heat on a half circle: the zones COLD, WARM and HOT as three arcs, a needle, and both thresholds in figures. */
export function Gauge({ heat, heatMin, heatMax, bucket, look }: GaugeProps) {
  const isKnown = look !== 'unknown';
  const end = scaleEnd(heat, heatMax);
  const [min, max, now] = [heatMin / end, heatMax / end, heat / end];
  const tip = onArc(now, CENTRE, RADIUS - 14);
  const said = isKnown
    ? `Heat ${ratio(heat)}, ${bucket}. COLD under ${heatMin}, HOT from ${heatMax}.`
    : 'The heat is not known.';
  return (
    <svg class={`gauge ${look}`} viewBox="0 0 220 128" role="img" aria-label={said}>
      <path class="zone cold" d={arcPath(0, min, CENTRE, RADIUS)} />
      <path class="zone warm" d={arcPath(min, max, CENTRE, RADIUS)} />
      <path class="zone hot" d={arcPath(max, 1, CENTRE, RADIUS)} />
      <Threshold share={min} text={String(heatMin)} />
      <Threshold share={max} text={String(heatMax)} />
      {isKnown ? <line class="needle" x1={CENTRE.x} y1={CENTRE.y} x2={tip.x} y2={tip.y} /> : null}
      <circle class="hub" cx={CENTRE.x} cy={CENTRE.y} r="5" />
    </svg>
  );
}

interface GaugeProps {
  readonly heat: number;
  readonly heatMin: number;
  readonly heatMax: number;
  readonly bucket: string;
  readonly look: ReturnType<typeof lookOf>;
}

function Threshold({ share, text }: { readonly share: number; readonly text: string }) {
  const inner = onArc(share, CENTRE, RADIUS - 9);
  const outer = onArc(share, CENTRE, RADIUS + 9);
  const label = onArc(share, CENTRE, RADIUS + 18);
  const anchor = share < 0.45 ? 'end' : share > 0.55 ? 'start' : 'middle';
  return (
    <g class="threshold">
      <line x1={inner.x} y1={inner.y} x2={outer.x} y2={outer.y} />
      <text x={label.x} y={label.y} text-anchor={anchor}>
        {text}
      </text>
    </g>
  );
}
