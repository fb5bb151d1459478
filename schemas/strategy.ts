import { z } from 'zod';
import { alternatives, shown } from './setting.ts';
import { identifierProblem } from './wire.ts';

const above0 = figure('a number above 0', (value) => value > 0);
const length = figure('whole hours from 2 to 2000', (value) => Number.isInteger(value) && value >= 2 && value <= 2000);
const symbol = z.string().refine((text) => identifierProblem(text) === undefined, { error: 'expected a symbol' });

const shape = {
  /** Entries are made with the trend, or against it. */
  direction: z.enum(['with', 'against'], { error: ({ input }) => `expected with or against, got ${shown(input)}` }),
  /** Symbols that are entered; all of the candles but the core book's where it is empty. */
  symbols: z.array(symbol, { error: ({ input }) => `expected a list of symbols, got ${shown(input)}` }),
  start_equity_usd: above0,
  /** Bought (above 0) or sold in the first hour with a volatility, and kept: shares of the starting equity. */
  core_shares: z.record(
    symbol,
    figure('a number other than 0', (value) => value !== 0),
    { error: ({ input }) => `expected shares by symbol, got ${shown(input)}` },
  ),
  /** Hourly log returns behind a volatility. */
  volatility_hours: length,
  /** The trend is the log return of so many hours. */
  trend_hours: length,
  /** Notional of an entry as a share of the equity of its hour. */
  entry_share: above0,
  /** An entry in the hour in which the trend crosses so many sigmas of its own length. */
  entry_sigmas: above0,
  /** Take profit and stop loss, in daily sigmas of the entry. */
  take_profit_sigmas: above0,
  stop_loss_sigmas: above0,
  /** Hours after which a position is closed whatever it earned. */
  hold_hours: figure('whole hours from 1 on', (value) => Number.isInteger(value) && value >= 1),
  /** The kill score of an entry is 1 when the last hour moved by so many hourly sigmas. */
  kill_score_sigmas: above0,
  /** Paid on every fill, in hundredths of a percent of its notional. */
  fee_bps: figure('a number from 0 to 1000', (value) => value >= 0 && value <= 1000),
  /** An entry smaller than this is not made, and an exit that would leave less takes the whole position. */
  least_order_usd: figure('a number from 0 on', (value) => value >= 0),
};
const Parameters = z.object(shape);

/** A strategy on candles with all its parameters: US dollars, shares of equity, hours, daily volatilities (sigmas). */
export type Strategy = Readonly<z.output<typeof Parameters>>;

const momentum: Strategy = {
  direction: 'with',
  symbols: [],
  start_equity_usd: 100_000,
  core_shares: {},
  volatility_hours: 24,
  trend_hours: 24,
  entry_share: 0.35,
  entry_sigmas: 1,
  take_profit_sigmas: 1,
  stop_loss_sigmas: 1.5,
  hold_hours: 48,
  kill_score_sigmas: 4,
  fee_bps: 0,
  least_order_usd: 5,
};

/** The strategies that have a name: what the demo trades, its entries without a core book, and these against the trend. */
export const strategies = {
  demo: { ...momentum, core_shares: { BTCUSDT: 0.5, ETHUSDT: 0.5, LTCUSDT: -0.5, XRPUSDT: -0.5 } },
  momentum,
  reversal: { ...momentum, direction: 'against' },
} as const satisfies Readonly<Record<string, Strategy>>;

/** The name of a strategy. */
export type StrategyName = keyof typeof strategies;

/** The names of the strategies, the default first. */
export const strategyNames: readonly StrategyName[] = ['demo', 'momentum', 'reversal'];

const Name = z.enum(strategyNames, {
  error: ({ input }) => `expected ${alternatives(strategyNames)}, got ${shown(input)}`,
});

/** A strategy as a file states it: the name of the one it starts from (`demo` without it), and what differs. */
export const StatedStrategy = z
  .strictObject(
    { strategy: Name.default('demo'), ...Parameters.partial().shape },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? `expected members of ${['strategy', ...Object.keys(shape)].join(', ')}, got ${issue.keys.join(', ')}`
          : `expected a JSON object, got ${shown(issue.input)}`,
    },
  )
  .transform(({ strategy, ...own }): Strategy => {
    const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
    return { ...strategies[strategy], ...said };
  });

function figure(expected: string, isOne: (value: number) => boolean) {
  return z.custom<number>((value) => typeof value === 'number' && Number.isFinite(value) && isOne(value), {
    error: ({ input }) => `expected ${expected}, got ${shown(input)}`,
  });
}
