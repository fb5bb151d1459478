import Table from 'cli-table3';
import { printable } from '../../../schemas/printable.ts';
import type { Io } from './io.ts';
import { stated, type Tone, toned, untoned } from './style.ts';

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
/** Columns whose words say how things stand. */
const STATES: ReadonlySet<string> = new Set(['STATE', 'VERDICT', 'MODE', '']);
/** A column that is narrower is not worth several lines. */
const LEAST_WRAPPED = 20;

/**
 * Rows under a line of headings, in columns, without lines. Where they would be wider than `within` characters the
 * widest columns are cut, with `…` where something is left out, and the last goes on in further lines.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], within = Infinity): string {
  const drawn = new Table({
    head: [...head],
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  const cells = rows.map((row) => row.map((text) => cut(printable(text), MOST_CELL)));
  const widths = widthsWithin([head, ...cells], within);
  for (const row of cells) {
    const shown = row.map((text, at) => fitted(text, widths[at] ?? MOST_CELL, at === row.length - 1));
    drawn.push(shown.map((text, at) => (STATES.has(head[at] ?? '') ? stated(text) : text)));
  }
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

function fitted(text: string, width: number, isLast: boolean): string {
  const lines = isLast && width >= LEAST_WRAPPED ? wordLines(text, width) : [text];
  return lines.map((line) => cut(line, width)).join('\n');
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, Math.max(0, most - 1))}…` : text;
}

/** Text from the wire for a line of words: printable, and cut behind `most` characters. */
export function brief(text: string, most = MOST_CELL): string {
  return cut(printable(text), most);
}

/** Text that begins behind `indent` characters, in lines of at most `within` characters below each other; a longer word stays whole. */
export function wrapped(text: string, indent: number, within = Infinity): string {
  return wordLines(text, Math.max(LEAST_WRAPPED, within - indent)).join(`\n${' '.repeat(indent)}`);
}

/** Characters from the start of a line with a label to what is said. */
export const LABEL_WIDTH = 15;

/** A line of a page: a label, in a tone where one is given, and words beside it, below each other where they are more than `within` lets in. */
export function labelled(label: string, text: string, within?: number, tone?: Tone): string {
  const padded = label.padEnd(LABEL_WIDTH);
  return `${tone === undefined ? padded : toned(tone, padded)}${wrapped(text, LABEL_WIDTH, within)}\n`;
}

function wordLines(text: string, width: number): string[] {
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of text.split(' ')) {
    const longer: string = line === undefined ? word : `${line} ${word}`;
    if (line === undefined || untoned(longer).length <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line ?? ''];
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
