import type { Redis } from 'ioredis';
import { compareStreamIds } from '../../schemas/time.ts';

/** The last id of a millisecond. */
const LAST_SEQ = '18446744073709551615';

/** From where back, and how many: ids, or milliseconds of ids, as `XREVRANGE` takes them. */
interface Back {
  readonly newest: string;
  readonly oldest?: string;
  readonly count: number;
}

/** The entries of a stream from one on back, newest first. */
export async function entriesBack(
  redis: Redis,
  key: string,
  { newest, oldest = '-', count }: Back,
): ReturnType<Redis['xrevrange']> {
  return (await beginsAfter(redis, key, newest)) ? [] : await redis.xrevrange(key, newest, oldest, 'COUNT', count);
}

/**
 * Whether a stream has nothing up to an id. Asked for that all the same, Redis goes through the whole stream, from its end:
 * 100 ms with some hundred thousand entries, in which nobody else is answered.
 */
export async function beginsAfter(redis: Redis, key: string, newest: string): Promise<boolean> {
  return newest !== '+' && liesBelow(newest, await firstId(redis, key));
}

/** The id of the first entry of a stream; undefined where it has none. */
export async function firstId(redis: Redis, key: string): Promise<string | undefined> {
  const [first] = await redis.xrange(key, '-', '+', 'COUNT', 1);
  return first?.[0];
}

/** Whether a stream that begins with this entry has nothing up to an id, as `XREVRANGE` takes it. */
export function liesBelow(newest: string, first: string | undefined): boolean {
  if (first === undefined) return true;
  if (newest === '+') return false;
  const isOpen = newest.startsWith('(');
  const id = isOpen ? newest.slice(1) : newest;
  const order = compareStreamIds(id.includes('-') ? id : `${id}-${LAST_SEQ}`, first);
  return order < 0 || (isOpen && order === 0);
}
