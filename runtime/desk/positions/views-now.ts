import type { Redis } from 'ioredis';
import type { HashView, Views } from '../../../handlers/contract/reads.ts';
import { families } from '../../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { BookView } from '../../engine/views/book-view.ts';
import { withTallies } from '../../engine/views/tally-tree.ts';
import { ViolationsView } from '../../engine/views/violations-view.ts';
import { isWrongType } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { scanKeys } from '../decisions/scan.ts';

/** The views of a portfolio as they are now, read once and never followed; writes nothing. */
export async function viewsNow(redis: Redis, portfolio: Portfolio): Promise<Views> {
  const book = new BookView(portfolio);
  await book.load(redis);
  await book.catchUp(redis);
  const violations = new ViolationsView(portfolio);
  await violations.catchUp(redis);
  const hashes = await hashesNow(redis, portfolio);
  return withTallies({
    book,
    hashes: (family) => viewOf(hashes.get(family) ?? new Map()),
    violation: (symbol) => violations.get(symbol),
  });
}

async function hashesNow(redis: Redis, portfolio: Portfolio): Promise<Map<string, Map<string, Fields>>> {
  const found = new Map(Object.values(families).map((family) => [family as string, new Map<string, Fields>()]));
  const prefix = `${portfolio.prefix}:`;
  for await (const page of scanKeys(redis, prefix, 'hash')) {
    const ours = page.flatMap((key) => {
      const name = key.slice(prefix.length);
      const family = [...found.keys()].find((one) => name.startsWith(`${one}:`));
      return family === undefined ? [] : [{ key, family, name: name.slice(family.length + 1) }];
    });
    const pipeline = redis.pipeline();
    for (const { key } of ours) pipeline.hgetall(key);
    const replies = (await pipeline.exec()) ?? [];
    for (const [at, { family, name }] of ours.entries()) {
      const [error, fields] = replies[at] ?? [null, {}];
      if (error !== null && !isWrongType(error)) throw error;
      const flat = error === null ? Object.entries(fields as Record<string, string>).flat() : [];
      if (flat.length > 0) found.get(family)?.set(name, fieldsOf(flat));
    }
  }
  return found;
}

function viewOf(hashes: ReadonlyMap<string, Fields>): HashView {
  return { get: (name) => hashes.get(name), names: () => hashes.keys() };
}
