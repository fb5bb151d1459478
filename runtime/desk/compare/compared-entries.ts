import type { Redis } from 'ioredis';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { scanKeys } from '../decisions/scan.ts';

const PAGE = 1_000;

/** The entries of a stream between two moments (Unix ms), oldest first, a page at a time; none of a stream that is missing. */
export async function* streamPages(
  redis: Redis,
  key: string,
  range: { readonly fromMs: number; readonly toMs: number },
): AsyncGenerator<readonly Fields[]> {
  let from = `${range.fromMs}-0`;
  for (;;) {
    const entries = await redis.xrange(key, from, String(range.toMs), 'COUNT', PAGE);
    if (entries.length > 0) yield entries.map(([, flat]) => fieldsOf(flat));
    if (entries.length < PAGE) return;
    from = `(${entries.at(-1)?.[0]}`;
  }
}

/** A hash, or a string as its field `value`, with the part of its name behind the prefix; a key of another type says so in `type`. */
export interface KeyHeld {
  readonly name: string;
  readonly fields: Fields;
}

/** What the keys hold whose names match a pattern (`*` and `?`, without the prefix), each once, a page at a time. */
export async function* keyPages(redis: Redis, prefix: string, pattern: string): AsyncGenerator<readonly KeyHeld[]> {
  const seen = new Set<string>();
  const start = `${prefix}:`;
  const matching = nameMatcher(pattern);
  for await (const page of scanKeys(redis, `${start}${pattern.replace(/[*?].*$/s, '')}`)) {
    const fresh = page.filter((key) => !seen.has(key) && matching.test(key.slice(start.length)));
    for (const key of fresh) seen.add(key);
    const held = await Promise.all(fresh.map(async (key) => ({ key, fields: await fieldsAt(redis, key) })));
    yield held.flatMap(({ key, fields }) => (fields === undefined ? [] : [{ name: key.slice(start.length), fields }]));
  }
}

/** Undefined for a key that is gone meanwhile. */
async function fieldsAt(redis: Redis, key: string): Promise<Fields | undefined> {
  const type = await redis.type(key);
  if (type === 'hash') {
    const fields = await redis.hgetall(key);
    return Object.keys(fields).length === 0 ? undefined : fields;
  }
  if (type !== 'string') return type === 'none' ? undefined : { type };
  const value = await redis.get(key);
  return value === null ? undefined : { value };
}

function nameMatcher(pattern: string): RegExp {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
}
