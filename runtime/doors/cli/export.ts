import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Command } from 'commander';
import { streamIdMs } from '../../../schemas/time.ts';
import { decisionPages, rawDecisionPages, type TimeRange } from '../../desk/decisions/decision-export.ts';
import type { DecisionPage } from '../../desk/decisions/decision-file.ts';
import { type DecisionFilter, type LoggedDecision, matches, matchesAll } from '../../desk/decisions/decisions.ts';
import { ledgerKeyOf } from '../../desk/seals/ledger-key.ts';
import { sealedPages } from '../../desk/seals/sealed-export.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { CLEAR_LINE } from '../terminal/progress-bar.ts';
import { type FilterOptions, filterOf, withFilterOptions } from './decision-filter.ts';
import { filePages } from './decision-source.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import { runOf, withRunOption } from './kept-run.ts';
import { type MomentOption, momentOption } from './moments.ts';
import { type CommonOptions, withPortfolioOption } from './options.ts';
import { moment } from './output.ts';
import { connectionSettings, type PortfolioConnection, withSession } from './session.ts';

interface ExportOptions extends CommonOptions, FilterOptions {
  readonly strategy?: string;
  readonly since?: MomentOption;
  readonly until?: MomentOption;
  readonly gzip?: boolean;
  readonly raw?: boolean;
  readonly seal?: boolean;
  readonly run?: string;
}

/** `export`: the decision log as JSON lines on standard output, however long it is. */
export function exportCommand(program: Command, io: Io): void {
  const command = program.command('export').description('the decision log as JSON lines, one decision a line');
  withRunOption(withFilterOptions(withPortfolioOption(command)))
    .option('--since <moment>', 'from then on: 48h, 7d, or a time (default: all)', momentOption)
    .option('--until <moment>', 'up to then (default: now)', momentOption)
    .option('--gzip', 'compressed')
    .option('--raw', 'as stored: facts that decisions share are named, not joined; replay and report do not read it')
    .option('--seal', 'with seals and proofs, in whole sealed ranges: portcullis verify holds the file to them')
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis export --since 7d > decisions.jsonl' +
        '\n  $ portcullis export --gate governor --verdict BLOCK --gzip > blocks.jsonl.gz' +
        '\n  $ portcullis export --seal --since 30d > month.jsonl && portcullis verify month.jsonl' +
        '\n\nWith --seal no filter is allowed: a decision that it leaves out could not be told from one that was dropped.',
    )
    .action(async (options: ExportOptions) => {
      const filter = await filterOf(options, options.strategy);
      if (options.seal === true && (options.raw === true || !matchesAll(filter))) {
        throw usageError(
          'expected --seal without a filter and without --raw: a sealed range is whole, or cannot be verified',
        );
      }
      if (options.run !== undefined) return await exportedRun(io, options.run, filter, options);
      await withSession(io, options, async (session) => exported(io, session, filter, options));
    });
}

async function exported(
  io: Io,
  session: PortfolioConnection,
  filter: DecisionFilter,
  options: ExportOptions,
): Promise<void> {
  const { redis, portfolio } = session;
  const range = rangeAsked(options, await portfolioNowMs(redis, portfolio));
  const told = new ExportProgress(io);
  const pages = options.raw === true ? rawDecisionPages : decisionPages;
  const texts =
    options.seal === true
      ? sealedTexts(
          sealedPages(redis, portfolio, range, ledgerKeyOf(connectionSettings(io.environment).ledger.keyFile)),
          told,
        )
      : linesOf(pages(redis, portfolio, range), filter, told);
  await streamed(io, texts, options, told);
}

/** The decisions of a run that was kept: it is plain, as they were never sealed. */
async function exportedRun(io: Io, named: string, filter: DecisionFilter, options: ExportOptions): Promise<void> {
  const { portfolio, seal, raw } = options;
  const { decisions, endMs } = await runOf(named, { '--portfolio': portfolio, '--seal': seal, '--raw': raw });
  const range = rangeAsked(options, endMs);
  const told = new ExportProgress(io);
  await streamed(io, linesOf(within(filePages(decisions, '--run'), range), filter, told), options, told);
}

async function* within(
  pages: AsyncIterable<DecisionPage>,
  range: TimeRange,
): AsyncGenerator<readonly LoggedDecision[]> {
  for await (const { decisions } of pages) {
    yield decisions.filter(({ id }) => streamIdMs(id) >= range.fromMs && streamIdMs(id) <= range.toMs);
  }
}

function rangeAsked(options: ExportOptions, nowMs: number): TimeRange {
  const range = { fromMs: options.since?.(nowMs) ?? 0, toMs: options.until?.(nowMs) ?? nowMs };
  if (range.fromMs <= range.toMs) return range;
  throw usageError(
    `expected --since before --until, got ${moment(seconds(range.fromMs))} and ${moment(seconds(range.toMs))}`,
  );
}

async function streamed(
  io: Io,
  texts: AsyncIterable<string>,
  options: ExportOptions,
  told: ExportProgress,
): Promise<void> {
  const lines = Readable.from(texts, { objectMode: false });
  try {
    await written(lines, io.output, options.gzip === true, io.ended);
  } catch (error) {
    if (!io.ended.aborted) throw error;
    told.end('stopped');
    return;
  }
  told.end('done');
}

async function written(lines: Readable, output: Writable, gzip: boolean, signal: AbortSignal): Promise<void> {
  const ending = { signal, end: false };
  if (gzip) await pipeline(lines, createGzip(), output, ending);
  else await pipeline(lines, output, ending);
}

async function* linesOf(
  pages: AsyncIterable<readonly LoggedDecision[]>,
  filter: DecisionFilter,
  told: ExportProgress,
): AsyncGenerator<string> {
  for await (const page of pages) {
    const wanted = page.filter((decision) => matches(filter, decision));
    told.more(wanted.length, page.at(-1)?.fields.timestamp ?? '');
    if (wanted.length > 0) yield wanted.map(({ id, fields }) => `${JSON.stringify({ id, ...fields })}\n`).join('');
  }
}

async function* sealedTexts(pages: ReturnType<typeof sealedPages>, told: ExportProgress): AsyncGenerator<string> {
  for await (const { text, decisions } of pages) {
    told.more(decisions.length, decisions.at(-1)?.fields.timestamp ?? '');
    yield text;
  }
}

/** Says on standard error how far an export is: as it goes on where somebody looks on, and at the end. */
class ExportProgress {
  readonly #io: Io;
  #count = 0;

  constructor(io: Io) {
    this.#io = io;
  }

  more(count: number, timestamp: string): void {
    this.#count += count;
    if (this.#io.interactive) this.#io.err(`${CLEAR_LINE}${this.#count} decisions, up to ${moment(timestamp)}`);
  }

  end(how: 'done' | 'stopped'): void {
    const clear = this.#io.interactive ? CLEAR_LINE : '';
    const stopped = how === 'stopped' ? ', then stopped: there are more' : '';
    this.#io.err(`${clear}${this.#count} decisions${stopped}\n`);
  }
}

function seconds(unixMs: number): string {
  return String(Math.floor(unixMs / 1000));
}
