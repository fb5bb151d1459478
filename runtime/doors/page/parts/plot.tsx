import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { DAY_SEC } from '../../../../schemas/duration.ts';
import 'uplot/dist/uPlot.min.css';
import { isDark, zone } from '../state/preferences.ts';

/** By the distance of two ticks in seconds: what each says, and what the first of a day says besides. */
const TICK_WORDS: uPlot.Axis.Values = [
  [DAY_SEC, '{MM}-{DD}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
];

/** Looks up a colour of the styles by its variable. */
export type ColourOf = (name: string) => string;

/** What a plot shows: moments (Unix seconds) with a value each, null for a gap, and from when to when. */
export interface Plotted {
  readonly since: number;
  readonly until: number;
  readonly points: readonly (readonly [at: number, value: number | null])[];
}

interface PlotProps {
  readonly plotted: Plotted;
  readonly heightPx: number;
  /** The text of a tick of the value's axis. */
  readonly tickText: (value: number) => string;
  /** Least and greatest value of the axis, for the greatest value that is shown. */
  readonly rangeOf: (least: number, greatest: number) => readonly [number, number];
  /** What else is drawn by: another one draws the plot anew. */
  readonly looks?: string;
  readonly isBars?: boolean;
  /** Draws behind the values. */
  readonly behind?: (plot: uPlot, colour: ColourOf) => void;
}

/** Values over time. What it shows has to stand beside it in words too. */
export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const now = useRef(props);
  now.current = props;
  const { plotted, heightPx, looks = '' } = props;
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const drawn = new uPlot(optionsFor(element, now), dataOf(plotted), element);
    plot.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: heightPx }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
    };
  }, [`${isDark.value} ${zone.value} ${looks}`]);
  useEffect(() => plot.current?.setData(dataOf(plotted)), [plotted]);
  return <div class="plot" ref={place} aria-hidden="true" />;
}

function dataOf({ points }: Plotted): uPlot.AlignedData {
  return [points.map(([at]) => at), points.map(([, value]) => value)];
}

/** Steps of an axis of counts: nothing between 0 and 1. */
const WHOLE = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000].flatMap((power) => [power, 2 * power, 5 * power]);

function optionsFor(element: HTMLElement, now: { readonly current: PlotProps }): uPlot.Options {
  const colour = colourOf(element);
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  const { heightPx, isBars = false } = now.current;
  const paths = isBars ? uPlot.paths.bars?.({ size: [0.8, 12] }) : undefined;
  const drawn = paths === undefined ? { width: 1.6 } : { paths, fill: colour('--accent') };
  return {
    width: element.clientWidth,
    height: heightPx,
    legend: { show: false },
    cursor: { y: false },
    ...(zone.value === 'utc' && { tzDate: (sec: number) => uPlot.tzDate(new Date(sec * 1000), 'Etc/UTC') }),
    scales: {
      x: { range: () => [now.current.plotted.since, now.current.plotted.until] },
      y: { range: (_, least, greatest) => [...now.current.rangeOf(least ?? 0, greatest ?? 0)] as [number, number] },
    },
    axes: [
      { ...axis, values: TICK_WORDS },
      {
        ...axis,
        size: 68,
        space: 20,
        ...(isBars && { incrs: WHOLE }),
        values: (_, ticks) => ticks.map((tick) => now.current.tickText(tick)),
      },
    ],
    series: [{}, { label: 'value', stroke: colour('--accent'), points: { show: false }, ...drawn }],
    hooks: { drawClear: [(plot) => now.current.behind?.(plot, colour)] },
  };
}

/** A canvas knows no variables: an element that takes the colour says what it comes to. */
function colourOf(element: HTMLElement): ColourOf {
  return (name) => {
    element.style.color = `var(${name})`;
    return getComputedStyle(element).color;
  };
}
