import Table from 'cli-table3';
import type { Io } from './io.ts';

const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Characters of a cell at most: `--json` has all of a longer text. */
const MOST_CELL = 200;
/** A column is not made narrower than this for want of room. */
const LEAST_COLUMN = 10;
const GAP = 2;
/** Columns that say nothing when they are cut. */
const WHOLE: ReadonlySet<string> = new Set(['TIME', 'SINCE', 'COLLECTED', 'PLAN']);

/**
 * Rows under a line of headings, in columns, without lines or colour: the same on a terminal and in a pipe. Where they
 * would be wider than `within` characters the widest columns are cut, with `…` where something is left out.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], within = Infinity): string {
  const drawn = new Table({
    head: [...head],
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  const cells = rows.map((row) => row.map((text) => cut(printable(text), MOST_CELL)));
  const widths = widthsWithin([head, ...cells], within);
  for (const row of cells) drawn.push(row.map((text, at) => cut(text, widths[at] ?? MOST_CELL)));
  return `${drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

/** How wide each column may be so that all of them fit, the widest cut first. */
function widthsWithin(rows: readonly (readonly string[])[], within: number): readonly number[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const least = (at: number) =>
    WHOLE.has(rows[0]?.[at] ?? '') ? MOST_CELL : Math.max(LEAST_COLUMN, rows[0]?.[at]?.length ?? 0);
  let over = widths.reduce((sum, width) => sum + width, 0) + GAP * (columns - 1) - within;
  while (over > 0) {
    const roomy = widths.flatMap((width, at) => (width > least(at) ? [{ width, at }] : []));
    const [first] = roomy;
    if (first === undefined) break;
    const widest = roomy.reduce((most, one) => (one.width > most.width ? one : most), first);
    widths[widest.at] = widest.width - 1;
    over -= 1;
  }
  return widths;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, Math.max(0, most - 1))}…` : text;
}

/** Text from the wire without characters that would move the cursor or start another line. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u{fffd}');
}

/** Prints a value as JSON when `--json` was given, else as the text that `say` makes of it. */
export function print<T>(io: Io, options: { readonly json?: boolean }, value: T, say: (value: T) => string): void {
  io.out(options.json === true ? `${JSON.stringify(value, null, 2)}\n` : say(value));
}

/** A moment in UTC to the second; empty text where there is none. */
export function moment(unixSeconds: string): string {
  const at = new Date(Number(unixSeconds) * 1000);
  if (unixSeconds === '' || Number.isNaN(at.getTime())) return '';
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
