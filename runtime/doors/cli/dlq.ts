import { Argument, type Command, Option } from 'commander';
import type { Redis } from 'ioredis';
import { printable } from '../../../schemas/printable.ts';
import {
  type DeadLetter,
  findDeadLetters,
  listDeadLetters,
  type Replayed,
  replayDeadLetters,
} from '../../desk/dead-letters/dead-letters.ts';
import { type Dropped, dropDeadLetters } from '../../desk/dead-letters/dead-letters-drop.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { type StreamRef, streamsOf } from '../../engine/streams/lanes.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import type { Io } from './io.ts';
import type { ExitStatus } from './main.ts';
import {
  type ChangeOptions,
  type CommonOptions,
  changeOf,
  confirm,
  wholeNumber,
  withChangeOptions,
  withCommonOptions,
} from './options.ts';
import { moment, print, table } from './output.ts';
import { lanesIn, type PortfolioConnection, withSession } from './session.ts';
import { readStreams, valued } from './values.ts';

type StreamOption = { readonly stream?: string };

/** `--stream`. */
function streamOption(): Option {
  return valued(new Option('--stream <name>', 'the source stream'), readStreams);
}

/** `dlq list`, `dlq show`, `dlq replay` and `dlq drop`: entries that could not be understood or judged. */
export function deadLetterCommands(program: Command, io: Io, outcome: ExitStatus): void {
  const dlq = program.command('dlq').description('dead letters: entries that could not be understood or judged');
  withCommonOptions(dlq.command('list').description('the newest dead letters of a stream, or of all'))
    .addArgument(valued(new Argument('[stream]', 'the source stream, such as harvest.proposal'), readStreams))
    .option('--limit <count>', 'how many of each stream', wholeNumber(1, 10_000), 50)
    .addHelpText('after', '\nExample:\n  $ portcullis dlq list apply.plan --limit 5')
    .action(async (stream: string | undefined, options: CommonOptions & { limit: number }) =>
      withStreams(io, { ...options, ...(stream !== undefined && { stream }) }, async ({ redis }, streams) => {
        const lists = await Promise.all(streams.map((one) => listDeadLetters(redis, one, options.limit)));
        print(io, options, lists.flat(), listText);
      }),
    );
  withCommonOptions(dlq.command('show').description('one dead letter, with all its fields'))
    .argument('<id>', 'its id, as the list shows it')
    .addOption(streamOption())
    .addHelpText('after', '\nExample:\n  $ portcullis dlq show 1717000000000-0')
    .action(async (id: string, options: CommonOptions & StreamOption) =>
      withStreams(io, options, async ({ redis }, streams) => {
        print(io, options, (await located(redis, streams, id)).letter, letterText);
      }),
    );
  replayCommand(dlq, io, outcome);
  dropCommand(dlq, io);
}

function replayCommand(dlq: Command, io: Io, outcome: ExitStatus): void {
  withChangeOptions(dlq.command('replay').description('put dead letters back on their stream, each once'), {
    asks: true,
  })
    .argument('<ids...>', 'their ids, as the list shows them')
    .addOption(streamOption())
    .addHelpText(
      'after',
      '\nThey come back as new entries: an old plan is a new one again, and is judged as one.' +
        '\n\nExample:\n  $ portcullis dlq replay 1717000000000-0 --reason "producer fixed its numbers" --yes',
    )
    .action(async (ids: string[], options: ChangeOptions & StreamOption) => {
      await confirm(
        io,
        options,
        `Put ${ids.length === 1 ? 'this entry' : `these ${ids.length} entries`} back to be judged again?`,
      );
      await withStreams(io, options, async (session, streams) => {
        const replayed = await replay(io, session, streams, ids, options);
        print(io, options, replayed, replayText);
        if (replayed.some(({ tooLarge }) => tooLarge.length > 0)) outcome.code = exitCodes.failed;
      });
    });
}

function dropCommand(dlq: Command, io: Io): void {
  withChangeOptions(dlq.command('drop').description('delete dead letters for good; the ledger keeps their ids'), {
    asks: true,
  })
    .argument('<ids...>', 'their ids, as the list shows them')
    .addOption(streamOption())
    .addHelpText('after', '\nExample:\n  $ portcullis dlq drop 1717000000000-0 --reason "a test of the producer" --yes')
    .action(async (ids: string[], options: ChangeOptions & StreamOption) => {
      await confirm(io, options, `Delete ${ids.length === 1 ? 'this entry' : `these ${ids.length} entries`} for good?`);
      await withStreams(io, options, async ({ redis, portfolio }, streams) => {
        const dropped: Dropped[] = [];
        for (const [stream, own] of await byStream(redis, streams, ids)) {
          dropped.push(await dropDeadLetters(redis, portfolio, stream, own, changeOf(io, options)));
        }
        print(io, options, dropped, dropText);
      });
    });
}

async function byStream(
  redis: Redis,
  streams: readonly StreamRef[],
  ids: readonly string[],
): Promise<ReadonlyMap<StreamRef, readonly string[]>> {
  const found = new Map<StreamRef, string[]>();
  for (const id of new Set(ids)) {
    const { stream } = await located(redis, streams, id);
    found.set(stream, [...(found.get(stream) ?? []), id]);
  }
  return found;
}

async function replay(
  io: Io,
  { redis, portfolio }: PortfolioConnection,
  streams: readonly StreamRef[],
  ids: readonly string[],
  options: ChangeOptions,
): Promise<Replayed[]> {
  const results: Replayed[] = [];
  for (const [stream, own] of await byStream(redis, streams, ids)) {
    results.push(await replayDeadLetters(redis, portfolio, stream, own, changeOf(io, options)));
  }
  return results;
}

async function withStreams(
  io: Io,
  options: CommonOptions & StreamOption,
  work: (session: PortfolioConnection, streams: readonly StreamRef[]) => Promise<void>,
): Promise<void> {
  const handlers = await loadHandlers();
  await withSession(io, options, async (session) => {
    const all = streamsOf(lanesIn(io.environment, session.portfolio, handlers), session.portfolio);
    const wanted = options.stream === undefined ? all : all.filter(({ name }) => name === options.stream);
    if (wanted.length === 0) {
      const names = all.map(({ name }) => name).join(', ');
      throw usageError(`expected a stream of ${names}, got ${JSON.stringify(options.stream)}`);
    }
    await work(session, wanted);
  });
}

async function located(
  redis: Redis,
  streams: readonly StreamRef[],
  id: string,
): Promise<{ stream: StreamRef; letter: DeadLetter }> {
  const found = await findDeadLetters(redis, streams, id);
  const [letter, another] = found;
  if (letter === undefined) {
    throw new CliError(exitCodes.failed, `expected a dead letter ${id}, got none: see \`portcullis dlq list\``);
  }
  if (another !== undefined) {
    throw usageError(
      `${id} is in several streams: name one with --stream ${found.map((one) => one.stream).join(' or --stream ')}`,
    );
  }
  const stream = streams.find(({ name }) => name === letter.stream);
  if (stream === undefined) throw new Error(`expected ${letter.stream} to be one of the streams searched`);
  return { stream, letter };
}

function listText(letters: readonly DeadLetter[]): string {
  if (letters.length === 0) return 'No dead letters.\n';
  const rows = letters.map(({ stream, id, at, group, attempts, reason, fields }) => {
    const own = new Map(fields);
    return [
      stream,
      id,
      moment(at),
      group,
      String(attempts),
      own.get('plan_id') ?? '-',
      own.get('symbol') ?? '-',
      reason,
    ];
  });
  return table(['STREAM', 'ID', 'SET ASIDE', 'GROUP', 'ATTEMPTS', 'PLAN', 'SYMBOL', 'REASON'], rows);
}

function letterText(letter: DeadLetter): string {
  const about = [
    `${letter.stream} ${letter.sourceId} of group ${letter.group}, set aside ${moment(letter.at)}`,
    `after ${letter.attempts} attempts: ${printable(letter.reason)}`,
  ];
  const fields = letter.fields.map(([name, value]) => `  ${printable(name)} = ${printable(value)}`);
  return `${[...about, '', ...fields].join('\n')}\n`;
}

function replayText(results: readonly Replayed[]): string {
  const lines = results.flatMap(({ stream, replayed, missing, tooLarge }) => [
    ...replayed.map(({ id, newId }) => `${id} is back on ${stream} as ${newId}.`),
    ...missing.map((id) => `${id} is not there any more: somebody put it back already.`),
    ...tooLarge.map((id) => `${id} stays: it has no fields, or too many for one command.`),
  ]);
  return `${lines.join('\n')}\n`;
}

function dropText(results: readonly Dropped[]): string {
  const lines = results.flatMap(({ stream, dropped, missing }) => [
    ...dropped.map((id) => `${id} of ${stream} is deleted.`),
    ...missing.map((id) => `${id} is not there any more.`),
  ]);
  return `${lines.join('\n')}\n`;
}
