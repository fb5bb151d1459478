import type { Command } from 'commander';
import { gatherCandles } from '../../desk/candles/candle-market.ts';
import { riskOverCandles } from '../../desk/risk/index.ts';
import { riskNow } from '../../desk/risk/now.ts';
import type { Market } from '../../market/player/market.ts';
import { CLEAR_LINE } from '../terminal/progress-bar.ts';
import { rangeOf } from './decision-source.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import { fileProblem } from './files.ts';
import type { Io } from './io.ts';
import { type MomentOption, momentOption } from './moments.ts';
import { type CommonOptions, withCommonOptions } from './options.ts';
import { print } from './output.ts';
import { hourBar } from './replay-candles.ts';
import { riskNowText, riskText } from './risk-text.ts';
import { withSession } from './session.ts';

/** Hours before the first volatility, one to look at, and a day for what came after it. */
const LEAST_HOURS = 49;

const HELP = `
Without --candles: the figures that are reported of the book that is held (RISK_SHOCK=report and the like), and the
positions that add most to each: what to cut first.

With --candles, for each hour of the candles an equal-weight long book of their symbols is bought, each measure of risk says its
figure, and the worst close of the next 24 hours says what was lost. The table has the hour in which the loss
was largest against the figure. LIMIT FOR 30 % is the figure at which the book would have lost 30 % of equity
in that hour: a lower limit above it would have called that book COLD. Below it: what a book lost that was held at
the border of COLD by the heat alone, and by the limits that docs/risk.md recommends.

The file is CSV with the columns symbol,ts_ms,open,high,low,close,volume (ts_ms: Unix ms at which the candle
opens), each symbol in order of time, hourly or shorter, without gaps, compressed (.gz) or not; klines as Binance gives
them and folders of them are read too. The expected shortfall needs 500 hours before it says anything.

Examples:
  $ portcullis risk
  $ portcullis risk --candles candles.csv
  $ portcullis risk --candles klines/ --since 2022-06-01 --until 2022-07-01 --json

Over candles it talks to no Redis; it writes nothing. docs/risk.md has the formulas and the table of three crash seasons.`;

interface RiskOptions extends CommonOptions {
  readonly candles?: string;
  readonly since?: MomentOption;
  readonly until?: MomentOption;
}

/** `risk`: the figures of the book that is held; over candles what each measure of risk would have said, and what came. */
export function riskCommand(program: Command, io: Io): void {
  withCommonOptions(program.command('risk'))
    .description("the book's risk now; over candles the worst 24 hours against what each measure had said")
    .option('--candles <path>', 'no book: measures over the candles of this file or folder')
    .option('--since <moment>', 'with --candles: from then on: 48h, 7d, or a time (default: all)', momentOption)
    .option('--until <moment>', 'with --candles: up to then (default: their end)', momentOption)
    .addHelpText('after', HELP)
    .action(async (options: RiskOptions) => {
      const { candles: path } = options;
      if (path === undefined) return await riskOfBook(io, options);
      if (options.portfolio !== undefined) throw usageError('expected --candles or --portfolio, got both');
      const market = await marketOf(io, path, options);
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

async function riskOfBook(io: Io, options: RiskOptions): Promise<void> {
  if ((options.since ?? options.until) !== undefined) {
    throw usageError('expected --candles with --since and --until, got none: of the book there is now alone');
  }
  await withSession(io, options, async ({ redis, portfolio }) => {
    print(io, options, await riskNow(redis, portfolio), riskNowText);
  });
}

async function marketOf(io: Io, path: string, options: RiskOptions): Promise<Market> {
  try {
    const candles = await gatherCandles([path], { signal: io.ended });
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
