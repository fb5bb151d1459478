import { replayCandles } from '../../desk/candles/index.ts';
import { runsOf } from '../../desk/candles/run-settings.ts';
import type { Market } from '../../market/player/market.ts';
import { withPrivateRedis } from '../../redis/embedded/private.ts';
import { CLEAR_LINE, progressBar } from '../terminal/progress-bar.ts';
import { filterOf } from './decision-filter.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import type { Io } from './io.ts';
import { moment, print } from './output.ts';
import { marketOf, privateRedisOf, strategyOf } from './played-on.ts';
import { candleReplayText } from './replay-candles-text.ts';
import { policyOf, type ReplayOptions } from './replay-options.ts';

/** `replay --candles`: a strategy played on candles through gates of its own, under the limits in force and under others. */
export async function replayOverCandles(io: Io, options: ReplayOptions, path: string): Promise<void> {
  requireNoLog(options);
  const filter = await filterOf(options);
  const policy = options.policy === undefined ? undefined : await policyOf(options.policy);
  const strategy = await strategyOf(options);
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
  const found = await withPrivateRedis(
    privateRedisOf(environment),
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

function requireNoLog({ file, same, portfolio, askedBy }: ReplayOptions): void {
  const given = Object.entries({ '--file': file, '--same': same, '--portfolio': portfolio, '--asked-by': askedBy });
  const [wrong] = given.find(([, value]) => value !== undefined) ?? [];
  if (wrong === undefined) return;
  throw usageError(
    `expected --candles or ${wrong}, got both: candles are played on a portfolio of their own, without a log`,
  );
}
