import { type Command, InvalidArgumentError } from 'commander';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { parseNumber } from '../../../schemas/number.ts';
import type { ReplayPolicy } from '../../../schemas/replay-policy.ts';
import { StatedStrategy, strategies } from '../../../schemas/strategy.ts';
import type { PlayedStrategy } from '../../desk/candles/cast.ts';
import { hourOf, type LoggedPlay, notPlayable, type PlayableLog } from '../../desk/candles/logged-play.ts';
import { hoursToPlay, playedColumn, playedPlans } from '../../desk/candles/played.ts';
import type { NotPlayed, Played } from '../../desk/report/counterfactuals.ts';
import type { FundingSource } from '../../desk/report/funding.ts';
import { keepsParts, playedWithout } from '../../desk/report/gate-report.ts';
import { notPlayed } from '../../desk/report/stored.ts';
import type { OpenRun } from '../../desk/runs/kept.ts';
import { warmUpHours } from '../../market/player/indicators.ts';
import type { Environment } from '../../settings/environment.ts';
import { CLEAR_LINE, progressBar } from '../terminal/progress-bar.ts';
import { castOf, castOfLog, castOfRun } from './cast.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import { marketOf, onPrivateRedis, type PlayedOptions } from './played-on.ts';
import { dollars, LOG, strategyOption } from './replay-options.ts';
import { type FundingOptions, fundingOfPlay } from './report-funding.ts';

/** Starting hours of the spread, where nothing else is said. */
const STARTS = 20;
const MOST_STARTS = 100;

/** What of a report is played again. */
export interface ReportPlayOptions extends PlayedOptions, FundingOptions {
  readonly candles?: string;
  readonly play?: boolean;
  readonly starts?: number;
  /** Of fills, where a log is played that does not say it. */
  readonly feeBps?: number;
}

/** What a report is made of, as far as a play goes by it: a run that was kept, and the funding that is recorded. */
export interface PlayMaterial {
  readonly kept?: OpenRun;
  readonly recorded?: FundingSource | undefined;
  /** What of the log of the report can be proposed again. */
  readonly logged: () => Promise<PlayableLog>;
}

/** The month of a report played again, where it is asked for; else why it was not. Throws a usage error where it cannot be. */
export async function playedOf(
  io: Io,
  judge: AnyHandler,
  options: ReportPlayOptions,
  material: PlayMaterial,
): Promise<Played> {
  const { starts = STARTS } = options;
  if (options.play !== true) {
    requireNoPlayOptions(options);
    return notPlayed(judge.gate);
  }
  const without = playedWithout(judge);
  if (without === undefined && !keepsParts(judge))
    throw usageError(`expected a gate that softens exits or blocks plans with --play, got ${judge.gate}`);
  const play = await playOf(io, options, material);
  if ('reason' in play) return play;
  if (keepsParts(judge) && play.logged?.exits === 0) return notPlayable('no exit was proposed to the heat gate in it');
  const { candles, cast, environment, policy, times, logged } = play;
  const least = hoursToPlay(cast.strategy, starts);
  const market = await marketOf([candles], cast.strategy, times, { least });
  const { ended: signal } = io;
  const bar = (done: number, all: number) =>
    io.err(`${CLEAR_LINE}${progressBar(done / all)} hour ${done} of ${all} of ${starts} plays`);
  const funding = await fundingOfPlay(options, market.symbols, material.recorded);
  const about = { market, cast, environment, policy, funding, logged, judge, starts, signal };
  const played = await onPrivateRedis(io, async (address) => {
    const request = { address, ...about, ...(io.interactive && { onHour: bar }) };
    return without === undefined ? await playedColumn(request) : await playedPlans(request, without);
  });
  return played ?? { reason: 'ended before the first play was whole' };
}

/** What is played on which candles, by which settings. */
interface Play {
  readonly cast: PlayedStrategy;
  readonly candles: string;
  readonly environment: Environment;
  readonly policy: ReplayPolicy;
  readonly times: Pick<PlayedOptions, 'since' | 'until'>;
  readonly logged?: LoggedPlay;
}

/** What is asked for; else what a run was played with, and the proposals of a log that is none. */
async function playOf(io: Io, options: ReportPlayOptions, material: PlayMaterial): Promise<Play | NotPlayed> {
  const { kept, logged } = material;
  const { strategy, proposals } = options;
  const place = kept === undefined ? onCandles(io, options) : onRun(options, kept);
  if (strategy === LOG || (kept === undefined && strategy === undefined && proposals === undefined)) {
    if (proposals !== undefined)
      throw usageError('expected --strategy log or --proposals, got both: one of them proposes');
    return await playOfLog(options, place, await logged(), kept);
  }
  if (kept === undefined || (strategy ?? proposals) !== undefined) return { ...place, cast: await castOf(options) };
  return { ...place, cast: await castOfRun(kept.run, options) };
}

function onCandles({ environment }: Io, { candles, since, until }: ReportPlayOptions): Omit<Play, 'cast'> {
  if (candles === undefined) {
    throw usageError('expected --candles with --play, got none: without prices there is no play');
  }
  return { candles, environment, policy: {}, times: { since, until } };
}

function onRun(
  { candles, since, until }: ReportPlayOptions,
  { run, play, prices, endMs }: OpenRun,
): Omit<Play, 'cast'> {
  const times = { since: since ?? (() => Date.parse(play.from)), until: until ?? (() => endMs) };
  return { candles: candles ?? prices, environment: run.settings, policy: play.policy ?? {}, times };
}

/** The proposals of a log, from as many hours before it on as a first volatility takes. */
async function playOfLog(
  options: ReportPlayOptions,
  place: Omit<Play, 'cast'>,
  logged: PlayableLog,
  kept: OpenRun | undefined,
): Promise<Play | NotPlayed> {
  if ('reason' in logged) return logged;
  const stated =
    kept === undefined
      ? { ...strategies.momentum, fee_bps: options.feeBps ?? 0 }
      : StatedStrategy.parse(kept.run.strategy.stated);
  const cast = castOfLog(logged, stated, options);
  const fromMs = (hourOf(logged.fromMs) - warmUpHours(cast.strategy) - 1) * HOUR_MS;
  const times = { since: () => fromMs, until: () => hourOf(logged.toMs) * HOUR_MS };
  return { ...place, times, cast, logged };
}

/** Gives a command the options of a play. */
export function withPlayOptions(command: Command): Command {
  return command
    .option(
      '--play',
      'play the candles again through the gates, with original exits and softened ones, or blocks left out',
    )
    .addOption(strategyOption('--play'))
    .option('--proposals <file>', 'with --play: make the proposals of these JSON lines, not those of rules')
    .option('--equity <usd>', "with --play: equity at the start (default: the strategy's)", dollars)
    .option('--starts <hours>', `with --play: from how many starting hours (default: ${STARTS})`, startsOf);
}

/** A number of starting hours; throws for any other text. */
function startsOf(text: string): number {
  const starts = parseNumber(text);
  if (starts !== undefined && Number.isInteger(starts) && starts >= 1 && starts <= MOST_STARTS) return starts;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MOST_STARTS}, got ${JSON.stringify(text)}`);
}

function requireNoPlayOptions({ strategy, proposals, equity, starts }: ReportPlayOptions): void {
  const given = Object.entries({
    '--strategy': strategy,
    '--proposals': proposals,
    '--equity': equity,
    '--starts': starts,
  });
  const [wrong] = given.find(([, value]) => value !== undefined) ?? [];
  if (wrong !== undefined) throw usageError(`expected --play with ${wrong}, got none: nothing else is played`);
}
