import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import type { HeatHistory } from '../state/wire.ts';
import { ratio } from '../text/figures.ts';
import { drawMarks, looksOf, type Mark } from './marks.tsx';
import { type ColourOf, Plot, type Plotted } from './plot.tsx';

interface HistoryProps {
  readonly history: HeatHistory;
  readonly heatMin: number;
  readonly heatMax: number;
  readonly marks: readonly Mark[];
}

const HEIGHT_PX = 190;

/** The heat over time, with the zones COLD, WARM and HOT behind it. What it shows stands below it in words too. */
export function HistoryPlot({ history, heatMin, heatMax, marks }: HistoryProps) {
  const plotted = useMemo(() => plottedOf(history), [history]);
  return (
    <Plot
      plotted={plotted}
      heightPx={HEIGHT_PX}
      tickText={(heat) => ratio(heat)}
      rangeOf={(_, greatest) => [0, Math.max(heatMax * 1.25, greatest * 1.1)]}
      looks={`${heatMin} ${heatMax} ${looksOf(marks)}`}
      behind={(plot, colour) => {
        drawZones(plot, colour, heatMin, heatMax);
        drawMarks(plot, colour, marks);
      }}
    />
  );
}

/** An unknown heat is a gap, not a zero. */
function plottedOf({ since, until, points }: HeatHistory): Plotted {
  return { since, until, points: points.map(({ at, heat, known }) => [at, known ? heat : null] as const) };
}

function drawZones(plot: uPlot, colour: ColourOf, heatMin: number, heatMax: number): void {
  const { ctx, bbox } = plot;
  const at = (heat: number) => Math.min(bbox.top + bbox.height, Math.max(bbox.top, plot.valToPos(heat, 'y', true)));
  const zones = [
    ['--cold-soft', 0, heatMin],
    ['--warm-soft', heatMin, heatMax],
    ['--hot-soft', heatMax, Number.MAX_SAFE_INTEGER],
  ] as const;
  ctx.save();
  for (const [name, from, to] of zones) {
    ctx.fillStyle = colour(name);
    ctx.fillRect(bbox.left, at(to), bbox.width, at(from) - at(to));
  }
  ctx.restore();
}
