import { type Command, InvalidArgumentError, Option } from 'commander';
import { keys } from '../../../schemas/keys.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { keyPages, streamPages } from '../../desk/compare/compared-entries.ts';
import { type CompareRules, Comparing, isAgreement } from '../../desk/compare/index.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { cleanEnvironment } from '../../settings/environment.ts';
import { type CompareReport, compareText } from './compare-text.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import type { Io } from './io.ts';
import type { ExitStatus } from './main.ts';
import { type MomentOption, momentOption } from './moments.ts';
import { type CommonOptions, withCommonOptions } from './options.ts';
import { print } from './output.ts';
import { type PortfolioConnection, withSession } from './session.ts';

/** What two systems cannot but write at different moments. */
const TIMES = ['timestamp', 'ts_epoch', 'ts', 'created_at', 'inputs_age_sec'];

/** What the originals and Portcullis write differently on purpose (docs/migrate.md). */
const BY_DESIGN = ['mode', 'harvest_action', 'input_reason'];

interface CompareOptions extends CommonOptions {
  readonly stream?: string;
  readonly keys?: string;
  readonly with?: string;
  readonly by: readonly string[];
  readonly ignore: readonly string[];
  readonly byDesign: readonly string[];
  readonly tolerance: number;
  readonly since?: MomentOption;
  readonly until?: MomentOption;
}

/** `compare`: where two systems that read the same inputs answered differently. */
export function compareCommand(program: Command, io: Io, outcome: ExitStatus): void {
  withCommonOptions(program.command('compare').description('where two systems beside each other answered differently'))
    .option('--stream <name>', 'a stream of both, such as harvest.calibrated')
    .option('--keys <pattern>', 'hashes or strings of both, such as "permit:*"')
    .option('--with <prefix>', 'prefix of the other system (default: OUTPUT_PREFIX)')
    .addOption(listOf('--by <fields>', 'fields that tell which entry answers which', ['plan_id']))
    .addOption(listOf('--ignore <fields>', 'fields that are not compared', TIMES))
    .addOption(listOf('--by-design <fields>', 'fields that may differ: counted, and no difference', BY_DESIGN))
    .option('--tolerance <number>', 'numbers this close are the same, relative to the larger', toleranceOption, 1e-9)
    .option('--since <moment>', 'entries from then on: 48h, 7d, or a time (default: all)', momentOption)
    .option('--until <moment>', 'entries up to then (default: now)', momentOption)
    .addHelpText(
      'after',
      '\nHere is the portfolio, there is --with. A field that holds a JSON object is compared member by member' +
        ' (value.reason).\nExit codes: 0 nothing differs, 1 something does, or there is nothing to compare.' +
        '\n\nExamples:\n  $ portcullis compare --stream harvest.calibrated --with beside --since 24h' +
        '\n  $ portcullis compare --stream governor.events --with beside --by plan_id,event --ignore timestamp,checks' +
        '\n  $ portcullis compare --keys "harvest:heat:by_plan:*" --with beside',
    )
    .action(async (options: CompareOptions) => {
      if ((options.stream === undefined) === (options.keys === undefined)) {
        throw usageError('expected one of --stream and --keys');
      }
      const other = otherPrefix(io, options);
      await withSession(io, options, async (session) => {
        const report = await compared(io, session, other, options);
        print(io, options, report, compareText);
        if (!isAgreement(report) || report.same === 0) outcome.code = exitCodes.failed;
      });
    });
}

function otherPrefix(io: Io, { with: named }: CompareOptions): string {
  const prefix = named ?? cleanEnvironment(io.environment).OUTPUT_PREFIX;
  if (prefix === undefined) throw usageError('expected --with and the prefix of the other system, got none');
  return prefix.replace(/:$/, '');
}

async function compared(
  io: Io,
  session: PortfolioConnection,
  there: string,
  options: CompareOptions,
): Promise<CompareReport> {
  const here = session.portfolio.prefix;
  if (here === there) throw usageError(`expected --with another prefix than ${here}`);
  const { by, ignore, byDesign, tolerance } = options;
  const rules: CompareRules = { by, ignore, byDesign, tolerance };
  const comparing = new Comparing(rules);
  const range = await rangeOf(session, options);
  for (const [side, prefix] of [
    ['here', here],
    ['there', there],
  ] as const) {
    let count = 0;
    for await (const page of entriesOf(session, prefix, options, range)) {
      if (io.ended.aborted) throw new CliError(exitCodes.failed, 'stopped before all was read: nothing was compared');
      for (const { fields, name } of page) comparing.add(side, fields, name);
      count += page.length;
      if (io.interactive) io.err(`\r\u001b[2K${prefix}: ${count} read`);
    }
    if (io.interactive) io.err('\r\u001b[2K');
  }
  const name = options.stream ?? options.keys ?? '';
  return {
    name,
    here,
    there,
    by: options.keys === undefined ? rules.by : ['name'],
    ignored: rules.ignore,
    ...comparing.result(),
  };
}

async function* entriesOf(
  { connect }: PortfolioConnection,
  prefix: string,
  options: CompareOptions,
  range: { fromMs: number; toMs: number },
) {
  // The two may be on different nodes of a cluster.
  const redis = await connect(prefix);
  if (options.keys !== undefined) {
    yield* keyPages(redis, prefix, options.keys);
    return;
  }
  const key = `${prefix}:${keys.stream(options.stream ?? '')}`;
  for await (const page of streamPages(redis, key, range)) yield page.map((fields) => ({ fields, name: undefined }));
}

async function rangeOf({ redis }: PortfolioConnection, { since, until }: CompareOptions) {
  const nowMs = await redisNowMs(redis);
  const range = { fromMs: since?.(nowMs) ?? 0, toMs: until?.(nowMs) ?? nowMs };
  if (range.fromMs > range.toMs) throw usageError('expected --since before --until');
  return range;
}

function listOf(flags: string, description: string, initial: readonly string[]): Option {
  const parse = (text: string) => text.split(',').flatMap((word) => word.trim() || []);
  return new Option(flags, description).argParser(parse).default(initial, initial.join(','));
}

function toleranceOption(text: string): number {
  const value = parseNumber(text);
  if (value !== undefined && value >= 0) return value;
  throw new InvalidArgumentError(`expected a number of at least 0, got ${JSON.stringify(text)}`);
}
