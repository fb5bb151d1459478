import type { Redis } from 'ioredis';

type KeyType = 'hash' | 'stream' | 'string';

/** The keys (of one type, where it is named) that begin with `start`, a page at a time; a key may be seen twice, as SCAN says. */
export async function* scanKeys(redis: Redis, start: string, type?: KeyType): AsyncGenerator<string[]> {
  yield* keysLike(redis, `${escapeGlob(start)}*`, type);
}

/** The keys (of one type, where it is named) that a Redis pattern matches, a page at a time; a key may be seen twice. */
export async function* keysLike(redis: Redis, pattern: string, type?: KeyType): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [next, page] =
      type === undefined
        ? await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1000)
        : await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1000, 'TYPE', type);
    cursor = next;
    if (page.length > 0) yield page;
  } while (cursor !== '0');
}

/** A text that a Redis pattern matches literally. */
function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\^]/g, '\\$&');
}
