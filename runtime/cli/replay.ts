import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { recorded } from '../../schemas/decision.ts';
import { keys } from '../../schemas/keys.ts';
import { ReplayPolicy } from '../../schemas/replay-policy.ts';
import { redisNowMs } from '../clock.ts';
import { DecisionFileError, type DecisionPage, fileDecisions } from '../evidence/decision-file.ts';
import { replay, type TimedReplay } from '../evidence/replay/index.ts';
import { type Overlays, replayRules } from '../evidence/replay/rules.ts';
import { loadHandlers } from '../load-handlers.ts';
import { decisionPages, type TimeRange } from '../ops/decision-export.ts';
import type { DecisionFilter } from '../ops/decisions.ts';
import { progressBar } from '../progress-bar.ts';
import { type FilterOptions, filterOf, withFilterOptions } from './decision-filter.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import type { Io } from './io.ts';
import type { Outcome } from './main.ts';
import { type MomentOption, momentOption } from './moments.ts';
import { type CommonOptions, withCommonOptions } from './options.ts';
import { print } from './output.ts';
import { replayText } from './replay-text.ts';
import { type Session, withSession } from './session.ts';

interface ReplayOptions extends CommonOptions, FilterOptions {
  readonly policy?: string;
  readonly file?: string;
  readonly since?: MomentOption;
  readonly until?: MomentOption;
  readonly same?: boolean;
}

/** What is judged again: pages of decisions, within a time, over settings in force. */
interface Log {
  readonly pages: AsyncIterable<DecisionPage>;
  readonly range: TimeRange;
  readonly inForce: Overlays;
}

const PolicySettings = z.record(z.string(), z.string());

/** `replay`: logged decisions judged again under other limits, and what would have been different. */
export function replayCommand(program: Command, io: Io, outcome: Outcome): void {
  const command = program.command('replay').description('logged decisions under other limits: what would differ');
  withFilterOptions(withCommonOptions(command))
    .option('--policy <file>', 'JSON of what to change, by gate (default: nothing, the limits in force)')
    .option('--file <file>', 'decisions that export wrote, compressed or not (default: the log in Redis)')
    .option('--since <moment>', 'from then on: 48h, 7d, or a time (default: all)', momentOption)
    .option('--until <moment>', 'up to then (default: now)', momentOption)
    .option('--same', 'exit with 1 unless every decision comes out as logged, to the byte')
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis replay --policy tighter.json --since 7d' +
        '\n  $ portcullis replay --file decisions.jsonl.gz --same' +
        '\n\nA policy: {"heat-gate":{"settings":{"HEAT_MIN":"0.3"}},"governor":{"mode":"production"}}' +
        '\nNothing is written anywhere.',
    )
    .action(async (options: ReplayOptions) => {
      const found = await replayed(io, options);
      print(io, options, found, replayText);
      if (options.same === true && found.identical !== found.decisions - found.without_limits) {
        outcome.code = exitCodes.failed;
      }
    });
}

async function replayed(io: Io, options: ReplayOptions): Promise<TimedReplay> {
  const filter = await filterOf(options);
  const policy = options.policy === undefined ? {} : await policyOf(options.policy);
  const { file } = options;
  if (file === undefined) {
    return await withSession(io, options, async (session) => run(io, policy, filter, await logOf(session, options)));
  }
  const range = rangeOf(options, Date.now());
  return await run(io, policy, filter, { pages: readable(file), range, inForce: new Map() });
}

async function run(io: Io, policy: ReplayPolicy, filter: DecisionFilter, log: Log): Promise<TimedReplay> {
  const rules = replayRules(await loadHandlers(), io.environment, log.inForce, policy);
  const onPage = (share: number, decisions: number) =>
    io.err(`\r\u001b[2K${progressBar(share)} ${decisions} decisions`);
  try {
    const { pages, range } = log;
    return await replay({ pages, range, rules, filter, signal: io.ended, ...(io.interactive && { onPage }) });
  } finally {
    if (io.interactive) io.err('\r\u001b[2K');
  }
}

async function logOf(session: Session, options: ReplayOptions): Promise<Log> {
  const range = rangeOf(options, await redisNowMs(session.redis));
  return { pages: loggedPages(session, range), range, inForce: await overlaysOf(session) };
}

async function* loggedPages({ redis, portfolio }: Session, range: TimeRange): AsyncGenerator<DecisionPage> {
  let fromMs: number | undefined;
  for await (const decisions of decisionPages(redis, portfolio, range)) {
    fromMs ??= msOf(decisions[0]?.id);
    yield { decisions, share: (msOf(decisions.at(-1)?.id) - fromMs) / Math.max(1, range.toMs - fromMs) };
  }
}

function msOf(id = '0-0'): number {
  return Number(id.split('-')[0]);
}

/** The settings that policies in force lay over those of the environment (contract §6). */
async function overlaysOf({ redis, portfolio }: Session): Promise<Overlays> {
  const overlays = new Map<string, Record<string, string>>();
  for (const { gate, rejudge } of await loadHandlers()) {
    if (rejudge === undefined) continue;
    const json = await redis.hget(portfolio.key(keys.policy(gate)), 'settings');
    if (json === null) continue;
    const settings = recorded(PolicySettings, json);
    const key = portfolio.key(keys.policy(gate));
    if (settings === undefined) {
      throw new CliError(
        exitCodes.failed,
        `${key} settings: expected a JSON object of texts, got ${json.slice(0, 60)}`,
      );
    }
    overlays.set(gate, settings);
  }
  return overlays;
}

function rangeOf(options: ReplayOptions, nowMs: number): TimeRange {
  const range = { fromMs: options.since?.(nowMs) ?? 0, toMs: options.until?.(nowMs) ?? nowMs };
  if (range.fromMs <= range.toMs) return range;
  throw usageError('expected --since before --until, got it after');
}

async function policyOf(path: string): Promise<ReplayPolicy> {
  const expected = 'expected JSON such as {"heat-gate":{"settings":{"HEAT_MIN":"0.3"}}}';
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw usageError(`--policy ${path}: ${error.message}`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw usageError(`--policy ${path}: ${expected}, got ${String(error)}`);
  }
  const parsed = ReplayPolicy.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw usageError(`--policy ${path}: ${expected}, got ${issue?.path.join(' ')}: ${issue?.message}`);
}

async function* readable(path: string): AsyncGenerator<DecisionPage> {
  try {
    yield* fileDecisions(path);
  } catch (error) {
    if (error instanceof DecisionFileError) throw usageError(error.message);
    if (error instanceof Error && 'code' in error) throw new CliError(exitCodes.usage, `--file ${error.message}`);
    throw error;
  }
}
