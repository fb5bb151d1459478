import type { Redis } from 'ioredis';
import { runtimeKeys, streams } from '../../../schemas/keys.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { MAX_ENTRY_BYTES, MAX_FIELDS } from '../../../schemas/wire.ts';
import { type Change, operate, Refusal, requireOwnKey } from '../../engine/commit/operation.ts';
import { ENGINE_TIMINGS } from '../../engine/status/timings.ts';
import type { LaneRef } from '../../engine/streams/lanes.ts';
import type { NamedStream } from '../../engine/streams/named.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { scanKeys } from '../decisions/scan.ts';

/** A group whose position was taken back. */
export interface MovedGroup {
  readonly name: string;
  /** The id up to which it was given entries. */
  readonly at: string;
  /** Whether it may read entries again: it stood further than the stream ever went, so that nobody knows what it read. */
  readonly readsAgain: boolean;
}

/** What a repair did to a stream. */
export interface RepairedStream {
  readonly stream: string;
  /** Its last id before, and after. */
  readonly before: string;
  readonly after: string;
  /** Entries that have a new id. */
  readonly moved: number;
  /** Entries of more fields than one command can carry: they are dead letters. */
  readonly setAside: number;
  readonly groups: readonly MovedGroup[];
}

const REPAIR = luaScript('portcullisRepairStream', new URL('./repair.lua', import.meta.url));
const PAGE = 500;

/**
 * Takes a stream, its groups and our marks back below Redis's clock, in one step. An entry that nobody has finished is
 * judged under its new id; what was finished stays so. Throws a `Refusal` where there is nothing to repair.
 */
export async function repairStream(
  redis: Redis,
  portfolio: Portfolio,
  stream: NamedStream,
  lanes: readonly LaneRef[],
  change: Change,
): Promise<RepairedStream> {
  requireOwnKey(portfolio, stream.key);
  if (portfolio.simulatedClock) throw new Refusal('expected a portfolio of the clock of Redis, got one with its own');
  const own = lanes.filter((lane) => lane.stream.key === stream.key);
  const target = {
    groups: own.map(({ group }) => group),
    chained: stream.key === portfolio.streamKey(streams.ledger),
    isBook: stream.key === portfolio.streamKey(streams.snapshots),
    isDecisions: stream.key === portfolio.streamKey(streams.decisions),
    isFacts: stream.key === portfolio.streamKey(streams.decisionFacts),
    leaseMs: ENGINE_TIMINGS.leaseMs,
    mostValues: 2 * MAX_FIELDS,
    mostBytes: MAX_ENTRY_BYTES,
  };
  const dead = stream.name.endsWith('.dlq') ? stream.key : portfolio.deadLetters(stream.key);
  const madeAnew = target.isFacts ? runtimeKeys.newestFacts : runtimeKeys.planIndex;
  const keys = [
    ...[stream.key, dead],
    ...[runtimeKeys.book, runtimeKeys.unusableSnapshots, madeAnew].map((key) => portfolio.key(key)),
    ...own.flatMap(({ handler }) =>
      [runtimeKeys.mark, runtimeKeys.finished, runtimeKeys.lease].map((key) => portfolio.key(key(handler))),
    ),
    ...(await newestAhead(redis, portfolio)),
  ];
  const more = { keys, args: [stream.name, JSON.stringify(target)] };
  type Reply = Omit<RepairedStream, 'groups'> & { readonly groups: string };
  const { groups, ...reply } = await operate<Reply>(redis, portfolio, REPAIR, change, more);
  return { ...reply, groups: groups.split('\n').filter(Boolean).map(movedGroup) };
}

function movedGroup(line: string): MovedGroup {
  const [at = '', again = '', ...name] = line.split(' ');
  return { name: name.join(' '), at, readsAgain: again === '1' };
}

/** Keys that remember which entry wrote last, where that one is ahead of the clock. */
async function newestAhead(redis: Redis, portfolio: Portfolio): Promise<string[]> {
  const nowMs = await redisNowMs(redis);
  const found: string[] = [];
  for await (const page of scanKeys(redis, portfolio.key(runtimeKeys.newest('')), 'string')) {
    for (let from = 0; from < page.length; from += PAGE) {
      const some = page.slice(from, from + PAGE);
      const ids = await redis.mget(...some);
      found.push(...some.filter((_key, at) => streamIdMs(ids[at] ?? '0-0') > nowMs));
    }
  }
  return found;
}
