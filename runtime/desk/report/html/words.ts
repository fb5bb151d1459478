import type { HourRow } from '../../../../handlers/common/report-counts.ts';
import { DAY_SEC, HOUR_SEC, WEEK_HOURS } from '../../../../schemas/duration.ts';
import { counted, percentTo } from '../../../../schemas/figure-text.ts';
import type { DecisionFigures } from '../figures.ts';
import type { About } from '../index.ts';
import type { BarPlot, LinePlot, Section, Table, Tile } from './page.ts';

/** With more hours than this, bars are of days. */
const HOURS_SHOWN = WEEK_HOURS;

/** A share as a percentage: one digit, three where one would show nothing or all of it, none where it is; a dash for no share. */
export function shareText(share: number | null): string {
  if (share === null || share === 0 || share === 1) return share === null ? '-' : `${share * 100} %`;
  const text = percentTo(1, share);
  return text === '0.0 %' || text === '100.0 %' ? percentTo(3, share) : text;
}

/** A moment in UTC to the minute, of Unix seconds. */
export function minute(at: number): string {
  return new Date(at * 1000).toISOString().slice(0, 16).replace('T', ' ');
}

/** A span in hours with one digit at most, or in days from 100 hours on. */
export function hoursText(hours: number): string {
  return hours < 100 ? `${Number(hours.toFixed(1))} h` : `${Number((hours / 24).toFixed(1))} days`;
}

/** The time and the modes that a report is about. */
export function aboutText({
  figures,
  stopped,
  portfolio,
  since,
  looked_at,
}: { figures: DecisionFigures } & About): string {
  const { from, to, hours } = figures;
  const where = portfolio === '' ? '' : `Portfolio ${portfolio}. `;
  const cut = stopped ? ' Stopped before the end: this is not all.' : '';
  if (from === null || to === null) {
    const none = looked_at === 0 ? 'No decisions in that time' : `No decision of this gate among ${looked_at}`;
    return `${where}${none}${since === 0 ? '' : ': --since looks further back'}.${cut}`;
  }
  return `${where}${minute(from)} to ${minute(to)} UTC (${hoursText(hours)}), ${modesText(figures)}.${cut}`;
}

/** In which modes the decisions were made. */
function modesText({ modes }: DecisionFigures): string {
  const all = Object.entries(modes);
  if (all.length <= 1) return `in ${all[0]?.[0] ?? 'no mode'}`;
  return `in ${all.map(([mode, count]) => `${mode} (${counted(count, 'decision')})`).join(', ')}`;
}

/** How sound the decisions were: errors, inputs, flips. */
export function soundnessTiles(figures: DecisionFigures): readonly Tile[] {
  const { decisions, errors, with_inputs, fresh_share, stale, stale_rate, flips, verdict_pairs, flip_rate } = figures;
  return [
    { name: 'Decisions', value: String(decisions), note: `${counted(errors, 'error')}` },
    { name: 'Inputs fresh', value: shareText(fresh_share), note: `of ${with_inputs} that rest on inputs` },
    { name: 'Stale rate', value: shareText(stale_rate), note: `${stale} of ${with_inputs}; to be below 5 %` },
    { name: 'Flip rate', value: shareText(flip_rate), note: `${flips} of ${verdict_pairs} within an hour` },
  ];
}

/** The section that counts what the decisions rest on. */
export function soundnessSection(figures: DecisionFigures): Section {
  const rows: [string, string][] = [
    ['Decisions', String(figures.decisions)],
    ['From first to last', hoursText(figures.hours)],
    ['Longest time without one', hoursText(figures.longest_gap_sec / HOUR_SEC)],
    ['Could not be judged', String(figures.errors)],
    ['On fresh inputs', `${figures.fresh} of ${figures.with_inputs} (${shareText(figures.fresh_share)})`],
    ['On stale inputs', `${figures.stale} (${shareText(figures.stale_rate)})`],
    ['On missing inputs', String(figures.missing)],
    ['With positions left out', String(figures.incomplete)],
    ['Flips within an hour', `${figures.flips} of ${figures.verdict_pairs} (${shareText(figures.flip_rate)})`],
    ['Exits that must go through', String(figures.protective_exits)],
    ['… of them touched', String(figures.protective_exits_changed)],
  ];
  for (const [reason, count] of Object.entries(figures.reasons)) rows.push([`Reason ${reason}`, String(count)]);
  return section('Soundness of the decisions', '', { head: ['Figure', 'Value'], rows });
}

/** A section without drawings. */
export function section(heading: string, text: string, table?: Table): Section {
  return { heading, text, plots: [], table };
}

/** Hours as bars, or days where there are too many of them. */
export function barPlot(title: string, hours: readonly HourRow[], wholeName: string, partName: string): BarPlot {
  const [first, last] = [hours[0]?.at ?? 0, hours.at(-1)?.at ?? 0];
  const spanSec = last - first > HOURS_SHOWN * HOUR_SEC ? DAY_SEC : HOUR_SEC;
  const bars = new Map<number, { at: number; whole: number; part: number }>();
  for (const { at, decisions, changed } of hours) {
    const start = Math.floor(at / spanSec) * spanSec;
    const bar = bars.get(start) ?? { at: start, whole: 0, part: 0 };
    bars.set(start, { at: start, whole: bar.whole + decisions, part: bar.part + changed });
  }
  const by = spanSec === DAY_SEC ? 'by day' : 'by hour';
  return { kind: 'bars', title: `${title} ${by}`, spanSec, bars: [...bars.values()], wholeName, partName };
}

/** The levels of hours as points of a line. */
export function levels(hours: readonly HourRow[]): readonly (readonly [number, number])[] {
  return hours.flatMap(({ at, level }) => (level === null ? [] : [[at, level] as const]));
}

/** The levels of hours as one line from 0 on. */
export function levelPlot(title: string, name: string, hours: readonly HourRow[], unit: LinePlot['unit']): LinePlot {
  return { kind: 'lines', title, series: [{ name, points: levels(hours) }], limits: [], unit, fromZero: true };
}
