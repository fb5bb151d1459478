import { Writable } from 'node:stream';
import type { Io } from '../../runtime/doors/cli/io.ts';
import { untoned } from '../../runtime/doors/cli/style.ts';
import { main } from '../../runtime/process/main.ts';

/** What a command line left behind. */
export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What is around a command line in a test; nobody is at a terminal unless `answer` says what they type. */
export interface CliWorld {
  readonly environment?: Readonly<Record<string, string>>;
  readonly answer?: string;
  /** What is on standard input. */
  readonly input?: string;
  readonly ended?: AbortSignal;
  /** Takes what is streamed to standard output; otherwise it is text in `out`. */
  readonly output?: Writable;
  /** Told of every piece of standard output. */
  readonly onOut?: (text: string) => void;
  /** Standard output is a terminal of so many columns. */
  readonly columns?: number;
  /** Colours are shown. */
  readonly colour?: boolean;
}

/** What processes of the project's own folder have kept is none of a test's. */
const NO_FOLDER = '/proc/no-folder-of-a-test';

/** Runs one command line against a Redis, in this process. */
export async function runCli(redisUrl: string, argv: readonly string[], world: CliWorld = {}): Promise<CliResult> {
  let out = '';
  let err = '';
  const shown = world.colour === true ? (text: string) => text : untoned;
  const io: Io = {
    columns: world.columns,
    out: (toned) => {
      const text = shown(toned);
      out += text;
      world.onOut?.(text);
    },
    output:
      world.output ??
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          out += chunk.toString();
          done();
        },
      }),
    err: (text) => {
      err += shown(text);
    },
    interactive: world.answer !== undefined,
    input: async () => world.input ?? '',
    lines: async function* () {
      yield* (world.input ?? '').split('\n');
    },
    ask: async (question) => {
      err += question;
      return world.answer ?? '';
    },
    environment: { REDIS_URL: redisUrl, PORTCULLIS_DATA_DIR: NO_FOLDER, ...world.environment },
    user: 'tester',
    ended: world.ended ?? new AbortController().signal,
  };
  const code = await main(argv, io);
  return { code, out, err };
}
