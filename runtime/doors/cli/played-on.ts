import { StatedStrategy, type Strategy, strategies, strategyNames } from '../../../schemas/strategy.ts';
import { gatherCandles, type MonthMarket } from '../../desk/candles/candle-market.ts';
import { warmUpHours } from '../../market/player/indicators.ts';
import type { Market } from '../../market/player/market.ts';
import { StrategyError } from '../../market/player/own-trader.ts';
import type { RedisAddress } from '../../redis/connection/address.ts';
import { withPrivateRedis } from '../../redis/embedded/private.ts';
import type { Environment } from '../../settings/environment.ts';
import { loadSettings } from '../../settings/load.ts';
import type { RedisSettings } from '../../settings/runtime-settings.ts';
import { CLEAR_LINE } from '../terminal/progress-bar.ts';
import { rangeOf } from './decision-source.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import { fileProblem, jsonFile } from './files.ts';
import type { Io } from './io.ts';
import type { MomentOption } from './moments.ts';

/** Settings that say where a Redis server is found, and whether a missing one may be installed. */
const SERVER_SETTINGS = ['PATH', 'PORTCULLIS_NO_INSTALL'] as const;

/** What is played on candles, and over which time. */
export interface PlayedOptions {
  readonly strategy?: string;
  /** A file of proposals that are made again. */
  readonly proposals?: string;
  readonly equity?: number;
  readonly since?: MomentOption | undefined;
  readonly until?: MomentOption | undefined;
}

/** How a Redis is started that candles are played on: of the environment nothing but where a server is found. */
function privateRedisOf(environment: Environment): RedisSettings {
  return loadSettings(Object.fromEntries(SERVER_SETTINGS.map((name) => [name, environment[name]])), []).runtime.redis;
}

/** Does work on a Redis that is started for it; a bar that was drawn meanwhile is gone afterwards. */
export async function onPrivateRedis<T>(io: Io, work: (address: RedisAddress) => Promise<T>): Promise<T> {
  return await withPrivateRedis(
    privateRedisOf(io.environment),
    (line) => io.err(`${line}\n`),
    async (address) => {
      try {
        return await work(address);
      } catch (error) {
        throw error instanceof StrategyError ? new CliError(exitCodes.failed, `the strategy, ${error.message}`) : error;
      } finally {
        if (io.interactive) io.err(CLEAR_LINE);
      }
    },
  );
}

/** The strategy that is named, or stated in a file, with the equity asked for. */
export async function strategyOf(options: PlayedOptions): Promise<Strategy> {
  return withEquity(await strategyNamed(options.strategy ?? strategyNames[0] ?? 'demo'), options);
}

/** A strategy with the equity asked for at the start. */
export function withEquity(stated: Strategy, { equity }: PlayedOptions): Strategy {
  return equity === undefined ? stated : { ...stated, start_equity_usd: equity };
}

async function strategyNamed(named: string): Promise<Strategy> {
  const name = strategyNames.find((known) => known === named);
  if (name !== undefined) return strategies[name];
  const expected = `expected ${strategyNames.join(', ')}, or a JSON file such as {"strategy":"momentum","hold_hours":24}`;
  return await jsonFile('--strategy', named, { schema: StatedStrategy, expected });
}

/** The market of candles that a strategy is played on; throws a usage error for one that it cannot be. */
export async function marketOf(
  paths: readonly string[],
  strategy: Strategy,
  options: Pick<PlayedOptions, 'since' | 'until'>,
  {
    least = warmUpHours(strategy) + 1,
    option = '--candles',
  }: { readonly least?: number; readonly option?: string } = {},
): Promise<Market> {
  const { wanted, named } = wantedBy(strategy);
  try {
    const candles = await gatherCandles(paths, { wanted });
    const market = candles.market(rangeOf(options, candles.endMs));
    requirePlayable(market, least, named, option);
    return market;
  } catch (error) {
    throw fileProblem(option, paths.join(' '), error);
  }
}

/** The markets of the calendar months of candles; throws a usage error where one of them cannot be played. */
export async function monthsOf(
  paths: readonly string[],
  strategy: Strategy,
  options: Pick<PlayedOptions, 'since' | 'until'>,
): Promise<readonly MonthMarket[]> {
  const { wanted, named } = wantedBy(strategy);
  try {
    const candles = await gatherCandles(paths, { wanted });
    const months = candles.months(rangeOf(options, candles.endMs));
    for (const { month, market } of months)
      requirePlayable(market, warmUpHours(strategy) + 1, named, `--candles, ${month}`);
    if (months.length > 0) return months;
    throw usageError('--candles: expected an hour within the time asked for, got none');
  } catch (error) {
    throw fileProblem('--candles', paths.join(' '), error);
  }
}

/** The symbols whose candles a strategy needs (all, where it names none), and those it names. */
function wantedBy(strategy: Strategy) {
  const named = [...Object.keys(strategy.core_shares), ...strategy.symbols];
  return { named, wanted: strategy.symbols.length === 0 ? undefined : new Set(named) };
}

function requirePlayable(market: Market, least: number, named: readonly string[], option: string): void {
  const missing = named.filter((symbol) => !market.symbols.includes(symbol));
  if (missing.length > 0) {
    throw usageError(
      `${option}: expected symbols of the candles (${market.symbols.join(', ')}), got ${missing.join(', ')}: ` +
        'leave them out of core_shares and symbols, or choose momentum, which names none',
    );
  }
  if (market.hours >= least) return;
  throw usageError(
    `${option}: expected ${least} hours at least, got ${market.hours}: the first volatility takes as long`,
  );
}
