import { writeFile } from 'node:fs/promises';
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { judgesOf } from '../../../handlers/contract/faces.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import { loggedPlay, type PlayableLog } from '../../desk/candles/logged-play.ts';
import type { TimeRange } from '../../desk/decisions/decision-export.ts';
import { loggedPages } from '../../desk/decisions/decision-log.ts';
import { candleTries, fileTries, type TriesKept, triesIn } from '../../desk/replay/tries.ts';
import { candleFileMarks } from '../../desk/report/candle-marks.ts';
import { type FundingSource, storedFunding } from '../../desk/report/funding.ts';
import { markSources } from '../../desk/report/html/heat-page.ts';
import { htmlOf } from '../../desk/report/html/html.ts';
import { candidatePageOf, pageOf } from '../../desk/report/html/index.ts';
import type { ReportPage } from '../../desk/report/html/page.ts';
import { type GateReport, MixedLogError, type ReportRequest, report } from '../../desk/report/index.ts';
import type { MarkSource, MarkSourceName } from '../../desk/report/marks.ts';
import { REPORT_RULES, REPORT_SPAN_MS, storedMaterial } from '../../desk/report/stored.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { CLEAR_LINE, progressBar } from '../terminal/progress-bar.ts';
import { withAskerOption } from './decision-filter.ts';
import { filePages, rangeOf } from './decision-source.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import { fileProblem, writable } from './files.ts';
import type { Io } from './io.ts';
import { runOf, withRunOption } from './kept-run.ts';
import { momentOption, spanOption } from './moments.ts';
import { type CommonOptions, withCommonOptions } from './options.ts';
import { print } from './output.ts';
import { type FundingOptions, fundingRules, sourceOf, withFundingOptions } from './report-funding.ts';
import { playedOf, type ReportPlayOptions, withPlayOptions } from './report-played.ts';
import { reportText } from './report-text.ts';
import { type PortfolioConnection, withSession } from './session.ts';
import { judging, valued } from './values.ts';

const MOST_BPS = 1_000;

interface ReportOptions extends CommonOptions, ReportPlayOptions, FundingOptions {
  readonly file?: string;
  readonly askedBy?: string;
  readonly horizon: number;
  readonly feeBps: number;
  readonly html?: string;
  readonly candidate?: boolean;
  readonly run?: string;
}

/** Where a report's decisions and marks come from. */
type Material = Pick<ReportRequest, 'log' | 'range' | 'sources' | 'sightings' | 'tries' | 'funding' | 'played'>;

/** What candles that are named bring: marks, and which policies were played on them. */
interface FromCandles {
  readonly candles: readonly MarkSource[];
  readonly tried: readonly TriesKept[];
}

/** `report`: what a gate decided over a time, how soundly, and what its softening came to in money. */
export function reportCommand(program: Command, io: Io): void {
  const command = program
    .command('report')
    .description('what a gate did, or would have done: decisions, soundness, and the money')
    .addArgument(valued(new Argument('<gate>', 'heat-gate, risk-governor, governor, or one of your own'), judging));
  withRunOption(withAskerOption(withFundingOptions(withPlayOptions(withCommonOptions(command))), '--asked-by'))
    .option(
      '--since <moment>',
      'from then on: 48h, 7d, or a time (default: 48h; with --file or --run all)',
      momentOption,
    )
    .option('--until <moment>', 'up to then (default: the last decision)', momentOption)
    .option('--candidate', 'what the candidate policy said otherwise, alone: decisions, permits and dollars by day')
    .option('--html <file>', 'write it as a page too: one file, with drawings, that needs nothing else')
    .option('--file <file>', 'decisions that export wrote, compressed or not (default: the log in Redis)')
    .option('--candles <path>', 'value by the candles of this file, or of all in this folder, first')
    .addOption(
      new Option('--horizon <span>', 'follow a kept part for so long at most')
        .argParser(spanOption)
        .default(REPORT_RULES.horizonMs, '24h'),
    )
    .addOption(
      new Option('--fee-bps <bps>', 'fee of a close, in hundredths of a per cent')
        .argParser(feeOf)
        .default(REPORT_RULES.feeBps),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis report heat-gate --since 48h --html heat.html' +
        '\n  $ portcullis report heat-gate --file decisions.jsonl.gz --candles candles.csv' +
        '\n  $ portcullis report heat-gate --run may/in-force --play' +
        '\n  $ portcullis report governor --since 7d --json | jq .reasons' +
        '\n  $ portcullis report governor --since 7d --candidate' +
        '\n\nNothing is written but the page. docs/evidence.md says how each figure is made.',
    )
    .action(async (gate: string, options: ReportOptions) => {
      const judge = await judgeNamed(gate);
      if (options.html !== undefined) await writable('--html', options.html);
      const made = await reported(io, judge, options);
      const page = options.candidate === true ? candidateOf(made) : pageOf(made);
      if (options.html !== undefined) {
        await writeFile(options.html, htmlOf(page));
        io.err(`Written: ${options.html}\n`);
      }
      print(io, options, made, () => reportText(page));
    });
}

function candidateOf(made: GateReport): ReportPage {
  const page = candidatePageOf(made);
  if (page !== undefined) return page;
  const why = `expected decisions of ${made.figures.gate} that a candidate was judged by, got none among ${made.looked_at}`;
  throw new CliError(exitCodes.failed, `${why}: put one there with portcullis policy candidate, or look further back`);
}

async function judgeNamed(name: string): Promise<AnyHandler> {
  const judges = judgesOf(await loadHandlers());
  const judge = judges.find(({ gate }) => gate === name);
  if (judge !== undefined) return judge;
  throw usageError(`expected a gate of ${alternatives(judges.map(({ gate }) => gate))}, got ${quoted(name)}`);
}

async function reported(io: Io, judge: AnyHandler, options: ReportOptions): Promise<GateReport> {
  const { file } = options;
  const candles = options.candles === undefined ? [] : [await candlesOf(options.candles)];
  const tried = options.candles === undefined ? [] : [await candleTries([options.candles])];
  if (options.run !== undefined) return await reportedRun(io, judge, options, { named: options.run, candles, tried });
  // A play takes minutes: its funding is read by a connection of its own, before it.
  const recorded: FundingSource | undefined =
    file === undefined
      ? { of: (of) => withSession(io, options, ({ redis, portfolio }) => storedFunding(redis, portfolio).of(of)) }
      : undefined;
  const played = await playedOf(io, judge, options, { recorded, logged: () => loggedBy(io, options) });
  if (file !== undefined) {
    const range = rangeOf(options, Date.now());
    return await run(io, judge, options, {
      ...{ log: () => filePages(file), tries: triesIn([fileTries(file), ...tried]) },
      ...{ range, sources: candles, played },
    });
  }
  return await withSession(io, options, async (session) => {
    const { redis, portfolio } = session;
    const material = storedMaterial(redis, portfolio);
    const range = await rangeOfSession(options, session);
    return await run(io, judge, options, {
      ...material,
      tries: triesIn([material.tries, ...tried]),
      played,
      range,
      sources: [...candles, ...material.sources],
    });
  });
}

/** What of the log of a file, or of Redis, can be proposed again. */
async function loggedBy(io: Io, options: ReportOptions): Promise<PlayableLog> {
  const { file, portfolio: named } = options;
  if (file !== undefined) return await loggedPlay(filePages(file), rangeOf(options, Date.now()), named);
  return await withSession(io, options, async (session) => {
    const range = await rangeOfSession(options, session);
    return await loggedPlay(loggedPages(session.redis, session.portfolio, range), range);
  });
}

async function rangeOfSession(options: ReportOptions, { redis, portfolio }: PortfolioConnection): Promise<TimeRange> {
  const span = { since: (nowMs: number) => nowMs - REPORT_SPAN_MS, ...options };
  return rangeOf(span, await portfolioNowMs(redis, portfolio));
}

/** On a run that was kept: valued by its own prices, and played again as it was played. */
async function reportedRun(
  io: Io,
  judge: AnyHandler,
  options: ReportOptions,
  { named, candles, tried }: { readonly named: string } & FromCandles,
): Promise<GateReport> {
  const { file, portfolio } = options;
  const kept = await runOf(named, { '--file': file, '--portfolio': portfolio });
  const { decisions, prices, endMs } = kept;
  const recorded = kept.funding === undefined ? undefined : await sourceOf(kept.funding);
  const log = () => filePages(decisions, '--run');
  const range = rangeOf(options, endMs);
  const played = await playedOf(io, judge, options, { kept, recorded, logged: () => loggedPlay(log(), range) });
  const sources = [...candles, await candlesOf(prices)];
  return await run(io, judge, options, {
    log,
    tries: triesIn([fileTries(decisions), ...tried]),
    range,
    sources,
    ...(recorded !== undefined && { funding: recorded }),
    played,
  });
}

async function run(io: Io, judge: AnyHandler, options: ReportOptions, material: Material): Promise<GateReport> {
  const onPage = (share: number, decisions: number) =>
    io.err(`${CLEAR_LINE}${progressBar(share)} ${decisions} decisions`);
  const onMarks = (source: MarkSourceName, marks: number) =>
    io.err(`${CLEAR_LINE}${marks} marks of ${markSources[source]}`);
  try {
    return await report({
      ...material,
      ...(await fundingRules(options, material.funding)),
      judge,
      endsAtLast: options.until === undefined,
      portfolio: options.portfolio,
      ...(options.askedBy !== undefined && { askedBy: options.askedBy }),
      horizonMs: options.horizon,
      feeBps: options.feeBps,
      signal: io.ended,
      ...(io.interactive && { onPage, onMarks }),
    });
  } catch (error) {
    throw error instanceof MixedLogError ? usageError(`${error.message}. Choose one with --portfolio`) : error;
  } finally {
    if (io.interactive) io.err(CLEAR_LINE);
  }
}

async function candlesOf(path: string): Promise<MarkSource> {
  try {
    const source = await candleFileMarks(path);
    return { ...source, pages: (symbols, range) => readable(path, source.pages(symbols, range)) };
  } catch (error) {
    throw fileProblem('--candles', path, error);
  }
}

async function* readable<T>(path: string, pages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* pages;
  } catch (error) {
    throw fileProblem('--candles', path, error);
  }
}

function feeOf(text: string): number {
  const bps = parseNumber(text);
  if (bps !== undefined && bps >= 0 && bps <= MOST_BPS) return bps;
  throw new InvalidArgumentError(`expected a number from 0 to ${MOST_BPS}, got ${JSON.stringify(text)}`);
}
