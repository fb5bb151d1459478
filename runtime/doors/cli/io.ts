import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Environment, processEnvironment } from '../../settings/environment.ts';
import { onStop } from '../../settings/stop-signal.ts';
import { whenUnread } from './reader.ts';
import { showsColour, untoned } from './style.ts';

/** What the command line touches of the process around it: a test passes its own. */
export interface Io {
  /** Writes to standard output; the colours of `style.ts` show where Node shows colour, and are taken away elsewhere. */
  out(text: string): void;
  /** Characters of a line of standard output; `undefined` where it is no terminal: a line is as long as it is. */
  readonly columns: number | undefined;
  /** Standard output itself, for what is too long to be written at once. */
  readonly output: Writable;
  /** Writes to standard error, with colours as `out`. */
  err(text: string): void;
  /** Whether somebody sits at a terminal and can be asked. */
  readonly interactive: boolean;
  /** All of standard input, as text. */
  input(): Promise<string>;
  /** The lines of standard input as they come, each asked for with this prompt at a terminal. */
  lines(prompt: string): AsyncIterable<string>;
  /** Asks a question and answers with the line that was typed. */
  ask(question: string): Promise<string>;
  readonly environment: Environment;
  /** Name of the operating system's user. */
  readonly user: string;
  /** Aborted when the command should end: Ctrl-C, or nobody reads the output any more. Listening begins with the first look. */
  readonly ended: AbortSignal;
}

/** The real process: its streams, its environment, its signals. */
export function processIo(): Io {
  let ended: AbortSignal | undefined;
  let unread = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    unread = true;
  });
  return {
    out: (text) => {
      if (!unread) process.stdout.write(shownOn(process.stdout, text));
    },
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    output: process.stdout,
    err: (text) => void process.stderr.write(shownOn(process.stderr, text)),
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    input: async () => await text(process.stdin),
    lines: linesOfInput,
    ask,
    environment: processEnvironment(),
    user: userName(),
    get ended() {
      ended ??= endOfProcess();
      return ended;
    },
  };
}

function shownOn(stream: NodeJS.WriteStream, text: string): string {
  return showsColour(stream) ? text : untoned(text);
}

async function* linesOfInput(prompt: string): AsyncIterable<string> {
  const output = process.stdin.isTTY ? process.stderr : undefined;
  const lines = createInterface({ input: process.stdin, ...(output && { output }), prompt });
  lines.on('SIGINT', () => lines.close());
  if (output) lines.prompt();
  for await (const line of lines) {
    yield line;
    if (output) lines.prompt();
  }
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

function endOfProcess(): AbortSignal {
  const controller = new AbortController();
  const stopListening = onStop(() => {
    stopListening();
    controller.abort();
  });
  process.stdout.on('error', () => controller.abort());
  whenUnread(() => controller.abort());
  return controller.signal;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
