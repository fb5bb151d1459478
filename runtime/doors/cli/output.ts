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

/** Rows under a line of headings, in columns, without lines or colour: the same on a terminal and in a pipe. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: [...head],
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) drawn.push(row.map(printable));
  return `${drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
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
