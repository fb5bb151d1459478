import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { inOrder } from '../../../handlers/contract/streams.ts';
import { compareStreamIds } from '../../../schemas/time.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { StreamEntry } from './search.ts';

/**
 * How far the gate's group is with an entry: not delivered yet, delivered and not acknowledged, acknowledged; `unknown`
 * where the group of the gate is not there, or may not be asked about.
 */
export type Reading = 'waiting' | 'in_hand' | 'finished' | 'unknown';

/** How far the gates are with the entries of a stream, which is named as in the contract; by `entryKey`. */
export async function readingsOf(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
  stream: string,
  entries: readonly StreamEntry[],
): Promise<ReadonlyMap<string, Reading>> {
  const key = portfolio.streamKey(stream);
  const groups = inOrder(handlers).flatMap(({ on }) => {
    return on.kind === 'stream' && on.stream === stream ? [portfolio.group(on.group)] : [];
  });
  const readings = new Map<string, Reading>();
  for (const { id } of entries) {
    const all = await Promise.all(groups.map(async (group) => await readingOf(redis, key, group, id)));
    readings.set(entryKey(stream, id), LEAST_FIRST.find((one) => all.includes(one)) ?? 'unknown');
  }
  return readings;
}

/** What tells an entry from those of other streams. */
export function entryKey(stream: string, id: string): string {
  return `${stream} ${id}`;
}

/** Of several gates that read a stream, the one that is the least far tells. */
const LEAST_FIRST: readonly Reading[] = ['unknown', 'waiting', 'in_hand', 'finished'];

async function readingOf(redis: Redis, stream: string, group: string, id: string): Promise<Reading> {
  try {
    const groups = ((await redis.xinfo('GROUPS', stream)) as (string | number)[][]).map(named);
    const own = groups.find((one) => one.get('name') === group);
    if (own === undefined) return groups.length === 0 ? 'waiting' : 'unknown';
    if (compareStreamIds(id, String(own.get('last-delivered-id'))) > 0) return 'waiting';
    const pending = (await redis.xpending(stream, group, id, id, 1)) as unknown[];
    return pending.length === 0 ? 'finished' : 'in_hand';
  } catch (error) {
    if (error instanceof Error && /NOPERM|NOGROUP|WRONGTYPE|no such key/.test(error.message)) return 'unknown';
    throw error;
  }
}

function named(flat: readonly (string | number)[]): ReadonlyMap<string, string | number> {
  const pairs = flat.flatMap((name, at) => (at % 2 === 0 ? [[String(name), flat[at + 1] ?? ''] as const] : []));
  return new Map(pairs);
}
