import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseNumber } from '../../../schemas/number.ts';
import { byItself } from '../../engine/commit/actor-known.ts';
import type { FundingRules } from '../../market/player/funded-book.ts';
import { loadMay2021 } from '../../market/player/market.ts';
import type { Month } from '../demo/play.ts';
import { demoMonth } from './demo-month.ts';
import type { ExitStatus } from './main.ts';
import { type FundingOptions, fundingOfPlay, withFundingOptions } from './report-funding.ts';

/** How long an hour of May 2021 takes on a local exchange. */
const PACES = ['1m', '1h'] as const;

/** What `demo` can be asked for. */
export type DemoFlag = 'json' | 'exchange' | 'guarded' | 'console';

/** The same, and what is played in place of May 2021. */
export type DemoAsked = Readonly<Record<DemoFlag, boolean>> & {
  readonly month?: Month;
  readonly funding: FundingRules;
};

type DemoOptions = Partial<Record<DemoFlag, boolean>> & FundingOptions & { readonly month?: string };

/** What runs a whole system, loaded only when asked for. Each answers with its exit code. */
export interface Programs {
  start(): Promise<number>;
  demo(options: DemoAsked): Promise<number>;
}

/** `start`, `demo` and `exchange`: what runs until it is stopped, or until it is done. Loaded only when asked for. */
export function runCommands(program: Command, programs: Programs, outcome: ExitStatus): void {
  program
    .command('start')
    .description('run the gates until Ctrl-C')
    .addHelpText(
      'after',
      '\nSettings come from the environment (docs/operations.md).\n\nExamples:\n  $ portcullis start' +
        '\n  $ GATES=governor HTTP_PORT=0 portcullis start   a further worker, for one gate',
    )
    .action(async () => {
      outcome.code = await byItself(() => programs.start());
    });
  withFundingOptions(program.command('demo'))
    .description('play May 2021, or candles of yours, through the gates, on a portfolio of its own, and sum it up')
    .option('--month <path>', 'play the candles of this file or folder (docs/evidence.md) in place of May 2021')
    .option('--json', 'print the summary as one JSON object')
    .option('--exchange', 'trade on a local exchange, and let the feeds tell the gates of it')
    .option('--guarded', 'play it a second time with limits on losses and on shock, and set the two side by side')
    .option('--console', 'serve the console over the month when it is played, until Ctrl-C (HTTP_PORT)')
    .action(async (options: DemoOptions) => {
      const { json = false, exchange = false, guarded = false, console = false, month } = options;
      const own = month === undefined ? {} : { month: await demoMonth(month) };
      const { symbols } = own.month?.market ?? loadMay2021();
      const funding = await fundingOfPlay(options, symbols);
      outcome.code = await byItself(() => programs.demo({ json, exchange, guarded, console, ...own, funding }));
    });
  program
    .command('exchange')
    .description('run a local exchange to point the feeds at: simulated, on loopback, with an account of its own')
    .addOption(new Option('--port <port>', 'loopback port').argParser(portOf).default(9010))
    .addOption(new Option('--pace <interval>', 'how long an hour of May 2021 takes').choices(PACES).default('1m'))
    .action(async (options: { port: number; pace: (typeof PACES)[number] }) => {
      const { runExchange } = await import('../../market/local-exchange/run.ts');
      outcome.code = await runExchange(options);
    });
}

function portOf(text: string): number {
  const port = parseNumber(text);
  if (port !== undefined && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError(`expected a port from 0 to 65535, got ${text}`);
}
