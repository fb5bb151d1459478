import type { Io } from '../../runtime/cli/io.ts';
import { main } from '../../runtime/cli/main.ts';

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
  readonly ended?: AbortSignal;
  /** Told of every piece of standard output. */
  readonly onOut?: (text: string) => void;
}

/** Runs one command line against a Redis, in this process. */
export async function runCli(redisUrl: string, argv: readonly string[], world: CliWorld = {}): Promise<CliResult> {
  let out = '';
  let err = '';
  const io: Io = {
    out: (text) => {
      out += text;
      world.onOut?.(text);
    },
    err: (text) => {
      err += text;
    },
    interactive: world.answer !== undefined,
    ask: async (question) => {
      err += question;
      return world.answer ?? '';
    },
    environment: { REDIS_URL: redisUrl, ...world.environment },
    user: 'tester',
    ended: world.ended ?? new AbortController().signal,
  };
  return { code: await main(argv, io), out, err };
}
