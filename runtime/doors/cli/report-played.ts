import { type Command, InvalidArgumentError } from 'commander';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { hoursToPlay, playedColumn } from '../../desk/candles/played.ts';
import type { NotPlayed, PlayedColumn } from '../../desk/report/counterfactuals.ts';
import type { FundingSource } from '../../desk/report/funding.ts';
import { keepsParts } from '../../desk/report/gate-report.ts';
import { NOT_PLAYED } from '../../desk/report/stored.ts';
import type { OpenRun } from '../../desk/runs/kept.ts';
import { CLEAR_LINE, progressBar } from '../terminal/progress-bar.ts';
import { castOf, castOfRun } from './cast.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import { marketOf, onPrivateRedis, type PlayedOptions } from './played-on.ts';
import { dollars, strategyOption } from './replay-options.ts';
import { type FundingOptions, fundingOfPlay } from './report-funding.ts';

/** Starting hours of the spread, where nothing else is said. */
const STARTS = 20;
const MOST_STARTS = 100;

/** What of a report is played again. */
export interface ReportPlayOptions extends PlayedOptions, FundingOptions {
  readonly candles?: string;
  readonly play?: boolean;
  readonly starts?: number;
}

/** What a report is made of, as far as a play goes by it: a run that was kept, and the funding that is recorded. */
export interface PlayMaterial {
  readonly kept?: OpenRun;
  readonly recorded?: FundingSource | undefined;
}

/** The month of a report played again, where it is asked for; else why it was not. Throws a usage error where it cannot be. */
export async function playedOf(
  io: Io,
  judge: AnyHandler,
  options: ReportPlayOptions,
  { kept, recorded }: PlayMaterial,
): Promise<PlayedColumn | NotPlayed> {
  const { starts = STARTS } = options;
  if (options.play !== true) {
    requireNoPlayOptions(options);
    return NOT_PLAYED;
  }
  if (!keepsParts(judge)) throw usageError(`expected a gate that softens exits with --play, got ${judge.gate}`);
  const { candles, cast, environment, policy, times } = await playOf(io, options, kept);
  const least = hoursToPlay(cast.strategy, starts);
  const market = await marketOf([candles], cast.strategy, times, { least });
  const { ended: signal } = io;
  const bar = (done: number, all: number) =>
    io.err(`${CLEAR_LINE}${progressBar(done / all)} hour ${done} of ${all} of ${starts} plays`);
  const funding = await fundingOfPlay(options, market.symbols, recorded);
  const about = { market, cast, environment, policy, funding, judge, starts, signal };
  const played = await onPrivateRedis(io, (address) =>
    playedColumn({ address, ...about, ...(io.interactive && { onHour: bar }) }),
  );
  return played ?? { reason: 'ended before the first play was whole' };
}

/** What is played on which candles, by which settings: what is asked for, else what a run was played with. */
async function playOf(io: Io, options: ReportPlayOptions, kept: OpenRun | undefined) {
  const { since, until } = options;
  if (kept === undefined) {
    const { candles } = options;
    if (candles === undefined) {
      throw usageError('expected --candles with --play, got none: without prices there is no play');
    }
    return { cast: await castOf(options), candles, environment: io.environment, policy: {}, times: { since, until } };
  }
  const { run, play, prices, endMs } = kept;
  const asked = options.strategy ?? options.proposals;
  const cast = asked === undefined ? await castOfRun(run, options) : await castOf(options);
  const times = { since: since ?? (() => Date.parse(play.from)), until: until ?? (() => endMs) };
  const settings = { environment: run.settings, policy: play.policy ?? {} };
  return { cast, candles: options.candles ?? prices, ...settings, times };
}

/** Gives a command the options of a play. */
export function withPlayOptions(command: Command): Command {
  return command
    .option('--play', 'heat-gate: play the candles again through the gates, with the original exits and softened ones')
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
