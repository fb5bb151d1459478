import { writeFileSync } from 'node:fs';
import { workerIn } from './against.ts';
import { killAll } from './children.ts';
import { compared, readSaved, type SavedResult } from './compare.ts';
import { measure } from './measure.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { progress } from './progress.ts';
import { jsonOf, type Result, resultOf } from './result.ts';
import { startServer } from './server.ts';
import { tablesOf } from './table.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const INTERRUPTED = 130;

/** Measures what the command line asks for on a Redis of its own and prints it; resolves with the exit code. Ctrl-C ends everything that was started. */
export async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  let before: SavedResult | undefined;
  try {
    options = readOptions(args);
    if (!options.help && options.against !== undefined) workerIn(options.against);
    if (!options.help && options.compare !== undefined) before = readSaved(options.compare);
    if (!options.help && options.out !== undefined) writeFileSync(options.out, '', { flag: 'a' });
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\nnpm run bench -- --help says more\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const result = await run(options);
  if (result === 'interrupted') return INTERRUPTED;
  print(options, before === undefined ? result : { ...result, compared: compared(before, result) });
  return 0;
}

async function run(options: Options): Promise<Result | 'interrupted'> {
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve('interrupted'));
  });
  const server = await startServer(options.aof);
  try {
    const saying = progress((line) => process.stderr.write(line));
    const measured = await Promise.race([interrupted, measure(server, options, saying)]);
    return measured === 'interrupted' ? measured : resultOf(options, server.version, measured);
  } finally {
    await killAll();
    await server.stop();
  }
}

function print(options: Options, result: Result): void {
  const json = `${jsonOf(result)}\n`;
  if (options.out !== undefined) writeFileSync(options.out, json);
  process.stdout.write(options.form === 'json' ? json : tablesOf(result, options.form));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
