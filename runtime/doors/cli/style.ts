import { styleText } from 'node:util';

const FORMATS = {
  good: 'green',
  watch: 'yellow',
  bad: ['bold', 'red'],
  cold: 'cyan',
  unknown: 'magenta',
} as const satisfies Readonly<Record<string, Parameters<typeof styleText>[0]>>;

/** What a word says of the state of things. */
export type Tone = keyof typeof FORMATS;

/** Words that the gates and the commands have for states, and what each says. What is unknown is never calm. */
const TONES: Readonly<Record<Tone, readonly string[]>> = {
  good: ['ok', 'pass', 'PASS', 'PERMIT', 'WOULD_PERMIT', 'ACTIVE'],
  watch: ['warn', 'WARM', 'REDUCING', 'DOWNGRADE', 'SKIP', 'NO_BUDGETS', 'would refuse', 'NOT IN FORCE'],
  bad: ['broken', 'NO', 'FAIL', 'FAILED', 'failing', 'BLOCK', 'WOULD_BLOCK', 'REFUSES', 'HOT', 'HALTED', 'DISARMED'],
  cold: ['COLD'],
  unknown: ['unknown', 'DOUBTED', 'not set'],
};

const TONE_OF: ReadonlyMap<string, Tone> = new Map(
  (Object.keys(TONES) as Tone[]).flatMap((tone) => TONES[tone].map((word) => [word, tone] as const)),
);

/** Text in the colour of a tone, for `Io.out` and `Io.err`, which take the colour away where it is not wanted. */
export function toned(tone: Tone, text: string): string {
  return styleText(FORMATS[tone], text, { validateStream: false });
}

/** Text in the colour of what `word` says, by itself of what it says; without a state in it, as it is. */
export function stated(text: string, word = text): string {
  const tone = TONE_OF.get(word);
  return tone === undefined ? text : toned(tone, text);
}

/** Text without the colours that `toned` gives; what else moves a cursor stays. */
export function untoned(text: string): string {
  return text.replace(COLOURS, '');
}

const ESCAPE = '\u001b';
const COLOURS = new RegExp(`${ESCAPE}\\[\\d+m`, 'g');

/** Whether Node shows colour there: on a terminal that has it, unless `NO_COLOR` says no or `FORCE_COLOR` otherwise. */
export function showsColour(stream: NodeJS.WriteStream): boolean {
  return styleText('bold', 'x', { stream }) !== 'x';
}
