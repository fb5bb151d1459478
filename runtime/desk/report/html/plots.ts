import { escaped } from './escape.ts';
import type { BarPlot, LinePlot, Plot } from './page.ts';
import { minute } from './words.ts';

/** The drawing area in units of its own: it is stretched to whatever width there is, and its words are beside it. */
const WIDTH = 1000;
const HEIGHT = 200;
/** About so many steps on a scale. */
const STEPS = 4;

/** From where to where a drawing goes, in even steps. */
interface Scale {
  readonly low: number;
  readonly high: number;
  readonly step: number;
}

/** A drawing as HTML: an SVG without words, its scales around it, and a legend. */
export function plotHtml(plot: Plot): string {
  return plot.kind === 'bars' ? barsHtml(plot) : linesHtml(plot);
}

/** A bar for a cell of a table, to the right of its middle for gains and to the left for losses where there are both. */
export function cellBar(value: number, all: readonly number[]): string {
  const most = Math.max(...all.map(Math.abs));
  if (most === 0) return '';
  const both = all.some((one) => one < 0) && all.some((one) => one > 0);
  const width = (Math.abs(value) / most) * (both ? 50 : 100);
  const left = both ? (value < 0 ? 50 - width : 50) : 0;
  const tone = value < 0 ? 'loss' : both ? 'gain' : 'part';
  const rect = `<rect class="${tone}" x="${fixed(left)}" y="0" width="${fixed(width)}" height="10"/>`;
  return `<svg class="cell" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${rect}</svg>`;
}

function barsHtml(plot: BarPlot): string {
  const { bars, spanSec, wholeName, partName } = plot;
  if (bars.length === 0) return '';
  const from = bars[0]?.at ?? 0;
  const to = (bars.at(-1)?.at ?? 0) + spanSec;
  const scale = scaleOf([0, ...bars.map(({ whole }) => whole)], 1);
  const step = (spanSec / (to - from)) * WIDTH;
  const drawn = bars.map(({ at, whole, part }) => {
    const x = ((at - from) / (to - from)) * WIDTH + step * 0.1;
    const said = `<title>${minute(at)} UTC: ${whole} ${escaped(wholeName)}, ${part} ${escaped(partName)}</title>`;
    return `<g>${said}${bar('whole', x, step * 0.8, whole, scale)}${bar('part', x, step * 0.8, part, scale)}</g>`;
  });
  const legend = [
    ['whole', wholeName],
    ['part', partName],
  ] as const;
  return figure(plot.title, drawn.join(''), { scale, unit: 'number', from, to, limits: [], legend });
}

function bar(tone: string, x: number, width: number, value: number, scale: Scale): string {
  const y = yOf(value, scale);
  return `<rect class="${tone}" x="${fixed(x)}" y="${fixed(y)}" width="${fixed(width)}" height="${fixed(HEIGHT - y)}"/>`;
}

function linesHtml(plot: LinePlot): string {
  const { series, limits, unit, fromZero } = plot;
  const points = series.flatMap((one) => one.points);
  if (points.length < 2) return '';
  const times = points.map(([at]) => at);
  const [from, to] = [lowest(times), highest(times)];
  const shown = [...points.map(([, value]) => value), ...limits.map(({ value }) => value)];
  const scale = scaleOf(fromZero ? [0, ...shown] : shown);
  const lines = series.map(({ points: of }, at) => {
    const path = of.map(
      ([time, value]) => `${fixed(((time - from) / Math.max(1, to - from)) * WIDTH)},${fixed(yOf(value, scale))}`,
    );
    return `<polyline class="line s${at}" points="${path.join(' ')}"/>`;
  });
  const zero = scale.low < 0 && scale.high > 0 ? [across('zero', yOf(0, scale))] : [];
  const limitLines = limits.map(({ value }) => across('limit', yOf(value, scale)));
  const legend = series.length > 1 ? series.map(({ name }, at) => [`s${at}`, name] as const) : [];
  const drawn = [...zero, ...limitLines, ...lines].join('');
  return figure(plot.title, drawn, { scale, unit, from, to, limits, legend });
}

function across(tone: string, y: number): string {
  return `<line class="${tone}" x1="0" x2="${WIDTH}" y1="${fixed(y)}" y2="${fixed(y)}"/>`;
}

interface Around {
  readonly scale: Scale;
  readonly unit: 'usd' | 'number';
  readonly from: number;
  readonly to: number;
  readonly limits: LinePlot['limits'];
  readonly legend: readonly (readonly [tone: string, name: string])[];
}

function figure(title: string, drawn: string, { scale, unit, from, to, limits, legend }: Around): string {
  const steps = Math.round((scale.high - scale.low) / scale.step);
  const ticks = Array.from({ length: steps + 1 }, (_, at) => scale.low + at * scale.step);
  const y = ticks.map((value) => beside(shortly(value, unit), value, scale)).join('');
  const grid = ticks.map((value) => across('grid', yOf(value, scale))).join('');
  const names = limits
    .map(({ name, value }) => beside(`${escaped(name)} ${shortly(value, unit)}`, value, scale))
    .join('');
  const keys = legend.map(([tone, name]) => `<span><i class="${tone}"></i>${escaped(name)}</span>`).join('');
  const x = [from, (from + to) / 2, to].map((at) => `<span>${minute(at)}</span>`).join('');
  return (
    `<figure><figcaption><b>${escaped(title)}</b>${keys === '' ? '' : `<span class="keys">${keys}</span>`}</figcaption>` +
    `<div class="plot${names === '' ? '' : ' limited'}"><div class="y">${y}</div><div class="area">` +
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escaped(title)}">` +
    `${grid}${drawn}</svg></div><div class="names">${names}</div><div class="x">${x}</div></div></figure>`
  );
}

/** Words beside the drawing, at the height of a value. */
function beside(words: string, value: number, scale: Scale): string {
  return `<span style="top:${fixed((yOf(value, scale) / HEIGHT) * 100)}%">${words}</span>`;
}

function yOf(value: number, { low, high }: Scale): number {
  return HEIGHT - ((value - low) / (high - low)) * HEIGHT;
}

/** A scale over these values in even steps of 1, 2 or 5 times a power of ten, none smaller than `leastStep`. */
function scaleOf(values: readonly number[], leastStep = 0): Scale {
  const [low, high] = [lowest(values), highest(values)];
  const rough = (high - low || Math.abs(high) || 1) / STEPS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough) ?? 10;
  const step = Math.max(leastStep, factor * power);
  const from = Math.floor(low / step) * step;
  const to = Math.ceil(high / step) * step;
  return { low: from, high: to > from ? to : from + step, step };
}

function shortly(value: number, unit: 'usd' | 'number'): string {
  const size = Math.abs(value);
  const text = size >= 1e6 ? `${grouped(size / 1e6)}M` : size >= 1e5 ? `${grouped(size / 1e3)}k` : grouped(size);
  return `${value < 0 ? '-' : ''}${unit === 'usd' ? '$' : ''}${text}`;
}

function grouped(value: number): string {
  return Number(value.toPrecision(6)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}

function fixed(value: number): string {
  return String(Number(value.toFixed(2)));
}

function lowest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function highest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}
