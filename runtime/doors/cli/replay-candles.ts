import { StatedStrategy, type Strategy, strategies, strategyNames } from '../../../schemas/strategy.ts';
import { gatherCandles } from '../../desk/candles/candle-market.ts';
import { replayCandles } from '../../desk/candles/index.ts';
import { runsOf } from '../../desk/candles/run-settings.ts';
import { warmUpHours } from '../../market/player/indicators.ts';
import type { Market } from '../../market/player/market.ts';
import { withPrivateRedis } from '../../redis/embedded/private.ts';
import { loadSettings } from '../../settings/load.ts';
import { CLEAR_LINE, progressBar } from '../terminal/progress-bar.ts';
import { filterOf } from './decision-filter.ts';
import { rangeOf } from './decision-source.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import { fileProblem, jsonFile } from './files.ts';
import type { Io } from './io.ts';
import { moment, print } from './output.ts';
import { candleReplayText } from './replay-candles-text.ts';
import { policyOf, type ReplayOptions } from './replay-options.ts';

/** Settings that say where a Redis server is found, and whether a missing one may be installed. */
const SERVER_SETTINGS = ['PATH', 'PORTCULLIS_NO_INSTALL'] as const;

/** `replay --candles`: a strategy played on candles through gates of its own, under the limits in force and under others. */
export async function replayOverCandles(io: Io, options: ReplayOptions, path: string): Promise<void> {
  requireNoLog(options);
  const filter = await filterOf(options);
  const policy = options.policy === undefined ? undefined : await policyOf(options.policy);
  const stated = await strategyOf(options.strategy ?? 'demo');
  const strategy = options.equity === undefined ? stated : { ...stated, start_equity_usd: options.equity };
  const market = await marketOf(path, strategy, options);
  const { ended: signal, environment } = io;
  const runs = await runsOf(environment, policy);
  const about = {
    market,
    strategy,
    runs,
    filter,
    signal,
    ...(io.interactive && { onHour: hourBar(io, market) }),
  };
  const server = Object.fromEntries(SERVER_SETTINGS.map((name) => [name, environment[name]]));
  const { redis } = loadSettings(server, []).runtime;
  const found = await withPrivateRedis(
    redis,
    (line) => io.err(`${line}\n`),
    async (address) => {
      try {
        return await replayCandles({ address, ...about });
      } finally {
        if (io.interactive) io.err(CLEAR_LINE);
      }
    },
  );
  if (found === undefined) throw new CliError(exitCodes.failed, 'stopped before the first hour with a volatility');
  print(io, options, found, candleReplayText);
}

/** Tells on a terminal how many of the hours of a market are done, and when the last of them closed (Unix ms). */
export function hourBar(io: Io, { hours }: Market): (done: number, atMs: number) => void {
  return (done, atMs) => {
    const at = moment(String(atMs / 1000)).slice(0, 16);
    io.err(`${CLEAR_LINE}${progressBar(done / hours)} ${at}, hour ${done} of ${hours}`);
  };
}

function requireNoLog({ file, same, portfolio }: ReplayOptions): void {
  const given = Object.entries({ '--file': file, '--same': same, '--portfolio': portfolio });
  const [wrong] = given.find(([, value]) => value !== undefined) ?? [];
  if (wrong === undefined) return;
  throw usageError(
    `expected --candles or ${wrong}, got both: candles are played on a portfolio of their own, without a log`,
  );
}

async function strategyOf(named: string): Promise<Strategy> {
  const name = strategyNames.find((known) => known === named);
  if (name !== undefined) return strategies[name];
  const expected = `expected ${strategyNames.join(', ')}, or a JSON file such as {"strategy":"momentum","hold_hours":24}`;
  return await jsonFile('--strategy', named, { schema: StatedStrategy, expected });
}

async function marketOf(path: string, strategy: Strategy, options: ReplayOptions): Promise<Market> {
  const named = [...Object.keys(strategy.core_shares), ...strategy.symbols];
  const wanted = strategy.symbols.length === 0 ? undefined : new Set(named);
  try {
    const candles = await gatherCandles(path, { wanted });
    const market = candles.market(rangeOf(options, candles.endMs));
    requirePlayable(market, strategy, named);
    return market;
  } catch (error) {
    throw fileProblem('--candles', path, error);
  }
}

function requirePlayable(market: Market, strategy: Strategy, named: readonly string[]): void {
  const missing = named.filter((symbol) => !market.symbols.includes(symbol));
  if (missing.length > 0) {
    throw usageError(
      `--strategy: expected symbols of the candles (${market.symbols.join(', ')}), got ${missing.join(', ')}: ` +
        'leave them out of core_shares and symbols, or choose momentum, which names none',
    );
  }
  const least = warmUpHours(strategy) + 1;
  if (market.hours >= least) return;
  throw usageError(
    `--candles: expected ${least} hours at least, got ${market.hours}: the first volatility takes as long`,
  );
}
