import type { PlayedStrategy } from '../../desk/candles/cast.ts';
import { type CandleReplay, replayCandles } from '../../desk/candles/index.ts';
import { ownOf, type Runs, runsOf } from '../../desk/candles/run-settings.ts';
import { candleTries } from '../../desk/replay/tries.ts';
import type { Market } from '../../market/player/market.ts';
import { cleanEnvironment } from '../../settings/environment.ts';
import { CLEAR_LINE, progressBar } from '../terminal/progress-bar.ts';
import { castOf } from './cast.ts';
import { filterOf } from './decision-filter.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import type { Io } from './io.ts';
import { whileKept } from './kept-run.ts';
import { moment, print } from './output.ts';
import { marketOf, onPrivateRedis } from './played-on.ts';
import { candleReplayText } from './replay-candles-text.ts';
import { onePolicyOf, type ReplayOptions } from './replay-options.ts';
import { fundingOfPlay } from './report-funding.ts';
import { notePlayed } from './tried.ts';
import { packageVersion } from './version.ts';

/** Names of the plays of a replay over candles. */
export const PLAYS = { inForce: 'in-force', underPolicy: 'under-policy' } as const;

/** `replay --candles`: a strategy played on candles through gates of its own, under the limits in force and under others. */
export async function replayOverCandles(io: Io, options: ReplayOptions, paths: readonly string[]): Promise<void> {
  requireNoLog(options);
  const filter = await filterOf(options);
  const policy = await onePolicyOf(options);
  const cast = await castOf(options);
  const market = await marketOf(paths, cast.strategy, options);
  const { ended: signal, environment } = io;
  const runs = await runsOf(environment, policy === undefined ? [{}] : [{}, policy]);
  const funding = await fundingOfPlay(options, market.symbols);
  const about = { market, cast, runs, funding, filter, signal };
  const bar = io.interactive ? hourBar(io, market) : undefined;
  const found = await whileKept(io, options.keep, async (recorder) => {
    const inForce = { name: PLAYS.inForce, policy: null };
    await recorder?.beginPlays(policy === undefined ? [inForce] : [inForce, { name: PLAYS.underPolicy, policy }]);
    const result = await onPrivateRedis(io, (address) =>
      replayCandles({
        ...{ address, ...about },
        onHour: async (played, atMs, decisions) => {
          await recorder?.decided(decisions);
          bar?.(played, atMs);
        },
      }),
    );
    if (result === undefined) return { result, isWhole: false };
    const isWhole = recorder !== undefined && !result.stopped;
    const tries = isWhole ? recorder.tries() : await candleTries(paths);
    const played = policy === undefined ? [] : [{ policy, from: result.from, to: result.to }];
    const counted = { ...result, try_counted: await notePlayed(io, tries, runs, environment, played) };
    if (isWhole) {
      await recorder.endPlays(market, resultsOf(result));
      await recorder.keep(keptAs(io, cast, runs), { paths, recorded: funding.recorded }, Date.now());
    }
    return { result: counted, isWhole };
  });
  if (found === undefined) throw new CliError(exitCodes.failed, 'stopped before the first hour with a volatility');
  print(io, options, found, candleReplayText);
}

/** What a manifest says of what was played: the program, the strategy, and the settings that its gates heeded. */
export function keptAs({ environment }: Io, { named, strategy, proposedBy }: PlayedStrategy, runs: Runs) {
  const stated = { named, stated: strategy, ...(proposedBy !== undefined && { proposed_by: { ...proposedBy } }) };
  const settings = cleanEnvironment(ownOf(runs.handlers, environment));
  return { portcullis: packageVersion(), strategy: stated, settings };
}

function resultsOf({ in_force, under_policy }: CandleReplay) {
  return under_policy === null ? [in_force] : [in_force, under_policy];
}

/** Tells on a terminal how many of the hours of a market are done, and when the last of them closed (Unix ms). */
export function hourBar(io: Io, { hours }: Market): (done: number, atMs: number) => void {
  return (done, atMs) => {
    const at = moment(String(atMs / 1000)).slice(0, 16);
    io.err(`${CLEAR_LINE}${progressBar(done / hours)} ${at}, hour ${done} of ${hours}`);
  };
}

/** Throws a usage error for options that only a log has. */
export function requireNoLog({ file, run, same, joint, portfolio, askedBy }: ReplayOptions): void {
  const given = Object.entries({
    '--file': file,
    '--run': run,
    '--same': same,
    '--joint': joint,
    '--portfolio': portfolio,
    '--asked-by': askedBy,
  });
  const [wrong] = given.find(([, value]) => value !== undefined) ?? [];
  if (wrong === undefined) return;
  throw usageError(
    `expected --candles or ${wrong}, got both: candles are played on a portfolio of their own, without a log`,
  );
}
