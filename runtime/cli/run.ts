import type { Command } from 'commander';
import type { Outcome } from './main.ts';

/** `start` and `demo`: what runs until it is stopped, or until it is done. Loaded only when asked for. */
export function runCommands(program: Command, outcome: Outcome): void {
  program
    .command('start')
    .description('run the gates until Ctrl-C')
    .addHelpText(
      'after',
      '\nSettings come from the environment (docs/operations.md).\n\nExamples:\n  $ portcullis start' +
        '\n  $ GATES=governor HTTP_PORT=0 portcullis start   a further worker, for one gate',
    )
    .action(async () => {
      const { runStart } = await import('../start.ts');
      outcome.code = await runStart();
    });
  program
    .command('demo')
    .description('play May 2021 through the gates, on a portfolio of its own, and sum it up')
    .option('--json', 'print the summary as one JSON object')
    .action(async (options: { json?: boolean }) => {
      const { runDemo } = await import('../demo/index.ts');
      outcome.code = await runDemo({ json: options.json ?? false });
    });
}
