import type { Command } from 'commander';
import { gatherCandles } from '../../desk/candles/candle-market.ts';
import { riskOverCandles } from '../../desk/risk/index.ts';
import type { Market } from '../../market/player/market.ts';
import { CLEAR_LINE } from '../terminal/progress-bar.ts';
import { rangeOf } from './decision-source.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import { fileProblem } from './files.ts';
import type { Io } from './io.ts';
import { type MomentOption, momentOption } from './moments.ts';
import { print } from './output.ts';
import { hourBar } from './replay-candles.ts';
import { riskText } from './risk-text.ts';

/** Hours before the first volatility, one to look at, and a day for what came after it. */
const LEAST_HOURS = 49;

const HELP = `
For each hour of the candles an equal-weight long book of their symbols is bought, each measure of risk says its
figure, and the worst close of the next 24 hours says what was lost. The table has the hour in which the loss
was largest against the figure. LIMIT FOR 30 % is the figure at which the book would have lost 30 % of equity
in that hour: a lower limit above it would have called that book COLD. Below it: what a book lost that was held at
the border of COLD by the heat alone, and by the limits that docs/risk.md recommends.

The file is CSV with the columns symbol,ts_ms,open,high,low,close,volume (ts_ms: Unix ms at which the candle
opens), each symbol in order of time, hourly or shorter, without gaps, compressed (.gz) or not; klines as Binance gives
them and folders of them are read too. The expected shortfall needs 500 hours before it says anything.

Examples:
  $ portcullis risk --candles candles.csv
  $ portcullis risk --candles klines/ --since 2022-06-01 --until 2022-07-01 --json

It talks to no Redis and writes nothing. docs/risk.md has the formulas and the table of three crash seasons.`;

interface RiskOptions {
  readonly candles: string;
  readonly since?: MomentOption;
  readonly until?: MomentOption;
  readonly json?: boolean;
}

/** `risk`: what each measure of risk would have said over candles, and what came. */
export function riskCommand(program: Command, io: Io): void {
  program
    .command('risk')
    .description('measures of risk over candles: the worst 24 hours against what each had said')
    .requiredOption('--candles <path>', 'candles of a file or folder')
    .option('--since <moment>', 'from then on: 48h, 7d, or a time (default: all)', momentOption)
    .option('--until <moment>', 'up to then (default: the end of the candles)', momentOption)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (options: RiskOptions) => {
      const market = await marketOf(io, options);
      const onHour = io.interactive ? hourBar(io, market) : undefined;
      try {
        const walk = {
          signal: io.ended,
          ...(onHour && { onHour: (judged: number) => onHour(judged, market.closedAtMs(judged - 1)) }),
        };
        print(io, options, await riskOverCandles(market, walk), riskText);
      } finally {
        if (io.interactive) io.err(CLEAR_LINE);
      }
    });
}

async function marketOf(io: Io, options: RiskOptions): Promise<Market> {
  const { candles: path } = options;
  try {
    const candles = await gatherCandles(path, { signal: io.ended });
    if (io.ended.aborted) throw new CliError(exitCodes.failed, 'stopped before all candles were read');
    const market = candles.market(rangeOf(options, candles.endMs));
    if (market.hours >= LEAST_HOURS) return market;
    throw usageError(
      `--candles ${path}: expected ${LEAST_HOURS} hours at least that all symbols have, got ${market.hours}: ` +
        'a volatility takes a day, and what came after it another',
    );
  } catch (error) {
    throw fileProblem('--candles', path, error);
  }
}
