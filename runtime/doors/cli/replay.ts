import { type Command, Option } from 'commander';
import { keys } from '../../../schemas/keys.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import { REPLAY_POLICY_EXAMPLE, type ReplayPolicy } from '../../../schemas/replay-policy.ts';
import { MEASURES } from '../../desk/candles/walk-forward.ts';
import type { TimeRange } from '../../desk/decisions/decision-export.ts';
import type { DecisionPage } from '../../desk/decisions/decision-file.ts';
import { loggedPages } from '../../desk/decisions/decision-log.ts';
import type { DecisionFilter } from '../../desk/decisions/decisions.ts';
import { replay, type TimedReplay } from '../../desk/replay/index.ts';
import { type Overlays, replayRules } from '../../desk/replay/rules.ts';
import { fileTries, judgedRules, noteTries, redisTries, type TriesKept } from '../../desk/replay/tries.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { readPolicy } from '../../engine/policy/policies.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import type { Environment } from '../../settings/environment.ts';
import { CLEAR_LINE, progressBar } from '../terminal/progress-bar.ts';
import { filterOf, withFilterOptions } from './decision-filter.ts';
import { filePages, rangeOf } from './decision-source.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import type { Io } from './io.ts';
import { runOf, withRunOption } from './kept-run.ts';
import type { ExitStatus } from './main.ts';
import { momentOption } from './moments.ts';
import { withCommonOptions } from './options.ts';
import { print } from './output.ts';
import { replayOverCandles } from './replay-candles.ts';
import { replayByMonths } from './replay-months.ts';
import { dollars, onePolicyOf, type ReplayOptions, strategyOption } from './replay-options.ts';
import { replayText } from './replay-text.ts';
import { withFundingOptions } from './report-funding.ts';
import { type PortfolioConnection, withSession } from './session.ts';
import { uncountedText } from './tried.ts';

/** What is judged again: pages of decisions, within a time, over settings in force. */
interface Log {
  readonly pages: AsyncIterable<DecisionPage>;
  readonly range: TimeRange;
  readonly inForce: Overlays;
  /** Settings that hold where no policy says otherwise. */
  readonly environment: Environment;
  /** Where it is kept which policies were tried on it. */
  readonly tries: TriesKept;
}

/** A replay, and whether reports on these days will count its policy among those tried; null without a policy. */
interface CountedReplay extends TimedReplay {
  readonly try_counted: boolean | null;
  /** Why they will not. */
  readonly uncounted?: string;
}

/** `replay`: logged decisions judged again under other limits, and what would have been different. */
export function replayCommand(program: Command, io: Io, outcome: ExitStatus): void {
  const command = program.command('replay').description('logged decisions under other limits: what would differ');
  withRunOption(withFilterOptions(withFundingOptions(withCommonOptions(command)), '--asked-by'))
    .option('--policy <file...>', 'JSON of what to change, by gate (default: nothing, the limits in force)')
    .option('--file <file>', 'decisions that export wrote, compressed or not (default: the log in Redis)')
    .option('--candles <path...>', 'no log: play a strategy on the candles of these files or folders')
    .option('--keep <name|folder>', 'with --candles: keep what is played, in runs/ or in this folder, for --run')
    .addOption(strategyOption('--candles'))
    .option('--proposals <file>', 'with --candles: make the proposals of these JSON lines, not those of rules')
    .option('--equity <usd>', "with --candles: equity at the start (default: the strategy's)", dollars)
    .option('--months', 'with --candles: each month (UTC) by itself; limits chosen on those before, judged on the next')
    .addOption(new Option('--choose-by <measure>', 'with --months: by what (default: gain)').choices(MEASURES))
    .option('--since <moment>', 'from then on: 48h, 7d, or a time (default: all)', momentOption)
    .option('--until <moment>', 'up to then (default: now; with --candles their end)', momentOption)
    .option('--joint', 'carry on what comes out otherwise: room, rates, cooldowns and positions of the plans behind it')
    .option('--same', 'exit with 1 unless every decision comes out as logged, to the byte')
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis replay --policy tighter.json --since 7d' +
        '\n  $ portcullis replay --file decisions.jsonl.gz --same' +
        '\n  $ portcullis replay --candles klines/ --strategy momentum --policy tighter.json --keep runs/tighter' +
        '\n  $ portcullis replay --candles may.csv june.csv july.csv --months --policy a.json b.json' +
        '\n  $ portcullis replay --run tighter/in-force --policy tightest.json' +
        `\n\nA policy: ${REPLAY_POLICY_EXAMPLE}` +
        '\nNothing is written but what --keep names, and that this policy was tried (in Redis, or beside the file), for' +
        '\nreports; candles are played on a Redis of their own, gone afterwards.',
    )
    .action(async (options: ReplayOptions) => {
      const { candles } = options;
      requireNoCandleOptions(options);
      if (candles !== undefined) {
        return await (options.months === true ? replayByMonths : replayOverCandles)(io, options, candles);
      }
      const found = await replayed(io, options);
      if (found.uncounted !== undefined) io.err(uncountedText(found.uncounted));
      print(io, options, found, replayText);
      if (options.same === true && found.identical !== found.decisions - found.without_limits) {
        outcome.code = exitCodes.failed;
      }
    });
}

/** Throws a usage error for options that need another one which is not there. */
function requireNoCandleOptions(options: ReplayOptions): void {
  const { candles, strategy, proposals, equity, keep, months, chooseBy, funding, fundingBps } = options;
  if (chooseBy !== undefined && months !== true) {
    throw usageError('expected --months with --choose-by, got none: limits are chosen on the months before');
  }
  const given = {
    '--strategy': strategy,
    '--proposals': proposals,
    '--equity': equity,
    '--keep': keep,
    '--months': months,
    '--funding': funding,
    '--funding-bps': fundingBps,
  };
  const [wrong] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (candles !== undefined || wrong === undefined) return;
  throw usageError(`expected --candles with ${wrong}, got none: a log holds what was decided`);
}

async function replayed(io: Io, options: ReplayOptions): Promise<CountedReplay> {
  const filter = await filterOf(options, options.askedBy);
  const policy = (await onePolicyOf(options)) ?? {};
  const { file, run: kept, joint = false } = options;
  if (kept !== undefined) return await run({ io, policy, filter, joint }, await logOfRun(kept, options));
  if (file === undefined) {
    return await withSession(io, options, async (session) =>
      run({ io, policy, filter, joint }, await logOf(io, session, options)),
    );
  }
  const range = rangeOf(options, Date.now());
  const from = {
    pages: filePages(file),
    range,
    inForce: new Map(),
    environment: io.environment,
    tries: fileTries(file),
  };
  return await run({ io, policy, filter, joint }, from);
}

interface How {
  readonly io: Io;
  readonly policy: ReplayPolicy;
  readonly filter: DecisionFilter;
  readonly joint: boolean;
}

async function run({ io, policy, filter, joint }: How, log: Log): Promise<CountedReplay> {
  const handlers = await loadHandlers();
  const rules = replayRules(handlers, log.environment, log.inForce, policy);
  const onPage = (share: number, decisions: number) =>
    io.err(`${CLEAR_LINE}${progressBar(share)} ${decisions} decisions`);
  try {
    const { pages, range } = log;
    const how = { pages, range, rules, joint, filter, signal: io.ended, ...(io.interactive && { onPage }) };
    const found = await replay(how);
    const tried = [...rules.values()].filter(({ handler }) => policy[handler.gate] !== undefined);
    if (tried.length === 0) return { ...found, try_counted: null };
    const inForce = replayRules(handlers, log.environment, log.inForce, {});
    const before = tried.flatMap(({ handler }) => inForce.get(handler.name) ?? []);
    const problem = await noteTries(log.tries, found, judgedRules([...before, ...tried], found));
    return { ...found, try_counted: problem === undefined, ...(problem !== undefined && { uncounted: problem }) };
  } finally {
    if (io.interactive) io.err(CLEAR_LINE);
  }
}

/** The log of a run that was kept, over the settings it was played under. */
async function logOfRun(named: string, options: ReplayOptions): Promise<Log> {
  const { file, portfolio } = options;
  const { run: kept, play, decisions, endMs } = await runOf(named, { '--file': file, '--portfolio': portfolio });
  const inForce = new Map(Object.entries(play.policy ?? {}).map(([gate, { settings }]) => [gate, settings] as const));
  const pages = filePages(decisions, '--run');
  return { pages, range: rangeOf(options, endMs), inForce, environment: kept.settings, tries: fileTries(decisions) };
}

async function logOf(io: Io, session: PortfolioConnection, options: ReplayOptions): Promise<Log> {
  const range = rangeOf(options, await portfolioNowMs(session.redis, session.portfolio));
  const { redis, portfolio } = session;
  const pages = loggedPages(redis, portfolio, range);
  const tries = redisTries(redis, portfolio);
  return { pages, range, inForce: await overlaysOf(session), environment: io.environment, tries };
}

/** The settings that policies in force lay over those of the environment (contract §6). */
async function overlaysOf({ redis, portfolio }: PortfolioConnection): Promise<Overlays> {
  const overlays = new Map<string, Overrides>();
  for (const { gate, rejudge } of await loadHandlers()) {
    if (rejudge === undefined) continue;
    const { settings, problem } = await readPolicy(redis, portfolio, gate);
    if (problem !== '') throw new CliError(exitCodes.failed, `${portfolio.key(keys.policy(gate))}: ${problem}`);
    overlays.set(gate, settings);
  }
  return overlays;
}
