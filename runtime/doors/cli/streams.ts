import { Argument, type Command } from 'commander';
import { span } from '../../../schemas/amount-text.ts';
import { streams as names } from '../../../schemas/keys.ts';
import { printable } from '../../../schemas/printable.ts';
import { type Rejudged, rejudge } from '../../desk/streams/rejudge.ts';
import { type RepairedStream, repairStream } from '../../desk/streams/repair.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { type LaneRef, streamsOf } from '../../engine/streams/lanes.ts';
import { everyStream, type NamedStream } from '../../engine/streams/named.ts';
import { aheadInWords, isAhead, type StreamPosition, streamPositions } from '../../engine/streams/positions.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import {
  type ChangeOptions,
  type CommonOptions,
  changeOf,
  confirm,
  withChangeOptions,
  withCommonOptions,
} from './options.ts';
import { print, table } from './output.ts';
import { lanesIn, type PortfolioConnection, withSession } from './session.ts';
import { allStreams, readStreams, valued } from './values.ts';

/** `streams`, `streams repair` and `streams rejudge`: how far each stream goes, and what mends one that is ahead of the clock. */
export function streamCommands(program: Command, io: Io): void {
  const streams = program.command('streams').description('every stream: its last id, its groups, whether it is ahead');
  withCommonOptions(streams.command('list', { isDefault: true }).description('how far each stream goes'))
    .addHelpText('after', '\nExample:\n  $ portcullis streams')
    .action(async (options: CommonOptions) =>
      withStreams(io, options, async ({ redis }, _lanes, all) => {
        print(io, options, await streamPositions(redis, all), listText);
      }),
    );
  repairCommand(streams, io);
  rejudgeCommand(streams, io);
}

function repairCommand(streams: Command, io: Io): void {
  withChangeOptions(
    streams.command('repair').description('take a stream that is ahead of the clock back below it, with its groups'),
    { asks: true },
  )
    .addArgument(
      valued(new Argument('[stream]', 'the stream, such as apply.plan (default: all that are ahead)'), allStreams),
    )
    .addHelpText(
      'after',
      '\nEntries ahead of the clock get new ids, as old as the newest one that is not ahead; what is not finished is' +
        '\njudged under its new id, what is finished stays so. Redis stands still for about a second for each 50,000.' +
        '\nFirst stop whoever gave such ids.' +
        '\n\nExample:\n  $ portcullis streams repair apply.plan --reason "a producer whose clock was wrong" --yes',
    )
    .action(async (given: string | undefined, options: ChangeOptions) =>
      withStreams(io, options, async (session, lanes, all) => {
        const { redis, portfolio } = session;
        const wanted = given === undefined ? await aheadOnes(session, all) : [streamNamed(all, given)];
        if (wanted.length > 0) {
          await confirm(
            io,
            options,
            `Give every entry of ${wanted.map(({ name }) => name).join(', ')} that is ahead a new id?`,
          );
        }
        const repaired: RepairedStream[] = [];
        for (const stream of wanted) {
          repaired.push(await repairStream(redis, portfolio, stream, lanes, changeOf(io, options)));
        }
        print(io, options, repaired, repairedText);
      }),
    );
}

function rejudgeCommand(streams: Command, io: Io): void {
  withChangeOptions(streams.command('rejudge').description('have finished entries judged again, as new ones'), {
    asks: true,
  })
    .addArgument(valued(new Argument('<stream>', 'the stream, such as harvest.proposal'), readStreams))
    .argument('<ids...>', 'ids of its entries')
    .addHelpText(
      'after',
      '\nMoving a group back does not do that. They come as new entries: an old plan is a new one again, and every' +
        '\nprogram that reads the stream sees it again.' +
        '\n\nExample:\n  $ portcullis streams rejudge apply.plan 1717000000000-0 --reason "judged by wrong limits" --yes',
    )
    .action(async (given: string, ids: string[], options: ChangeOptions) =>
      withStreams(io, options, async ({ redis, portfolio }, lanes) => {
        const stream = streamNamed(streamsOf(lanes, portfolio), given);
        await confirm(
          io,
          options,
          `Put ${ids.length === 1 ? 'this entry' : `these ${ids.length} entries`} on ${given} again?`,
        );
        print(
          io,
          options,
          await rejudge(redis, portfolio, stream, [...new Set(ids)], changeOf(io, options)),
          rejudgedText,
        );
      }),
    );
}

/** The ledger first: without it nothing else can be told to it. The decisions last: with their ids the index of plans is made anew. */
async function aheadOnes({ redis }: PortfolioConnection, all: readonly NamedStream[]): Promise<NamedStream[]> {
  const place = ({ name }: NamedStream) => (name === names.ledger ? 0 : name === names.decisions ? 2 : 1);
  const ahead = (await streamPositions(redis, all)).filter(isAhead);
  return ahead.sort((a, b) => place(a) - place(b));
}

function streamNamed<S extends NamedStream>(all: readonly S[], given: string): S {
  const found = all.find(({ name, key }) => name === given || key === given);
  if (found !== undefined) return found;
  const known = all.map(({ name }) => name).join(', ');
  throw usageError(`expected a stream of ${known}, got ${JSON.stringify(given)}`);
}

async function withStreams(
  io: Io,
  options: CommonOptions,
  work: (session: PortfolioConnection, lanes: readonly LaneRef[], all: readonly NamedStream[]) => Promise<void>,
): Promise<void> {
  const handlers = await loadHandlers();
  await withSession(io, options, async (session) => {
    const lanes = lanesIn(io.environment, session.portfolio, handlers);
    await work(session, lanes, everyStream(handlers, lanes, session.portfolio));
  });
}

function listText(positions: readonly StreamPosition[]): string {
  const rows = positions
    .filter(({ lastId }) => lastId !== '0-0')
    .map((position) => [
      position.name,
      String(position.entries),
      position.lastId,
      position.aheadMs === 0 ? '-' : span(position.aheadMs / 1000),
      position.groups.map(({ name, lastDeliveredId }) => `${printable(name)} ${lastDeliveredId}`).join(', '),
    ]);
  const problems = positions.filter(isAhead).map((one) => `${one.name}: ${aheadInWords(one)}\n`);
  return `${table(['STREAM', 'ENTRIES', 'LAST ID', 'AHEAD', 'GROUPS'], rows)}${problems.join('')}`;
}

function repairedText(repaired: readonly RepairedStream[]): string {
  if (repaired.length === 0) return 'No stream is ahead of the clock.\n';
  return repaired.map(oneRepairedText).join('');
}

function oneRepairedText({ stream, before, after, moved, setAside, groups }: RepairedStream): string {
  const again = groups.filter(({ readsAgain }) => readsAgain);
  const lines = [
    `${stream}: last id ${before} is now ${after}; ${moved} entries have new ids.`,
    ...(setAside > 0 ? [`  ${setAside} with too many fields are dead letters.`] : []),
    ...groups.map(({ name, at }) => `  group ${printable(name)} stands at ${at}.`),
    ...again.map(({ name }) => `  Group ${printable(name)} may read entries again: nobody knows what it had read.`),
    `  Programs that read it without a group go on behind ${after}: start those again.`,
  ];
  return `${lines.join('\n')}\n`;
}

function rejudgedText({ stream, again, missing, tooLarge }: Rejudged): string {
  const lines = [
    ...again.map(({ id, newId }) => `${id} of ${stream} is judged again as ${newId}.`),
    ...missing.map((id) => `${id} is not on ${stream}.`),
    ...tooLarge.map((id) => `${id} stays: it has too many fields for one command.`),
  ];
  return `${lines.join('\n')}\n`;
}
