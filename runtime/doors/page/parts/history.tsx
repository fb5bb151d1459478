import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { DAY_SEC } from '../../../../schemas/duration.ts';
import 'uplot/dist/uPlot.min.css';
import { isDark, zone } from '../state/preferences.ts';
import type { HeatHistory } from '../state/wire.ts';

interface HistoryProps {
  readonly history: HeatHistory;
  readonly heatMin: number;
  readonly heatMax: number;
}

const HEIGHT_PX = 190;
/** By the distance of two ticks in seconds: what each says, and what the first of a day says besides. */
const TICK_WORDS: uPlot.Axis.Values = [
  [DAY_SEC, '{MM}-{DD}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
];

/** The heat over time, with the zones COLD, WARM and HOT behind it. What it shows stands below it in words too. */
export function HistoryPlot({ history, heatMin, heatMax }: HistoryProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const shown = useRef(history);
  shown.current = history;
  const looks = `${isDark.value} ${zone.value} ${heatMin} ${heatMax}`;
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const drawn = new uPlot(optionsFor(element, shown, heatMin, heatMax), dataOf(history), element);
    plot.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
    };
  }, [looks]);
  useEffect(() => plot.current?.setData(dataOf(history)), [history]);
  return <div class="plot" ref={place} aria-hidden="true" />;
}

/** What is shown now: the plot asks for its span whenever it is given other points. */
interface Span {
  readonly current: Pick<HeatHistory, 'since' | 'until'>;
}

/** An unknown heat is a gap, not a zero. */
function dataOf({ points }: HeatHistory): uPlot.AlignedData {
  return [points.map(({ at }) => at), points.map(({ heat, known }) => (known ? heat : null))];
}

function optionsFor(element: HTMLElement, span: Span, heatMin: number, heatMax: number): uPlot.Options {
  const colour = colourOf(element);
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { y: false },
    ...(zone.value === 'utc' && { tzDate: (sec: number) => uPlot.tzDate(new Date(sec * 1000), 'Etc/UTC') }),
    scales: {
      x: { range: () => [span.current.since, span.current.until] },
      y: { range: (_, __, max) => [0, Math.max(heatMax * 1.25, (max ?? 0) * 1.1)] },
    },
    axes: [
      { ...axis, values: TICK_WORDS },
      { ...axis, size: 40, values: (_, ticks) => ticks.map((tick) => tick.toFixed(2)) },
    ],
    series: [{}, { label: 'heat', stroke: colour('--accent'), width: 1.6, points: { show: false } }],
    hooks: {
      drawClear: [(plot) => drawZones(plot, colour, heatMin, heatMax)],
    },
  };
}

/** A canvas knows no variables: an element that takes the colour says what it comes to. */
function colourOf(element: HTMLElement): (name: string) => string {
  return (name) => {
    element.style.color = `var(${name})`;
    return getComputedStyle(element).color;
  };
}

function drawZones(plot: uPlot, colour: (name: string) => string, heatMin: number, heatMax: number): void {
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
