import type { Io } from '../doors/cli/io.ts';
import { runCommandLine } from '../doors/cli/main.ts';
import type { DemoAsked } from '../doors/cli/run.ts';

/** Runs one command line of `portcullis` (without the program's name) and answers with its exit code. */
export async function main(argv: readonly string[], io?: Io): Promise<number> {
  const programs = {
    start: async () => await (await import('./start.ts')).runStart(),
    demo: async (options: DemoAsked) => {
      const { runDemo } = await import('../doors/demo/index.ts');
      const { prepareConsole } = await import('./demo-console.ts');
      return await runDemo({ ...options, prepareConsole });
    },
  };
  return await runCommandLine(argv, programs, io);
}
