import type { Redis } from 'ioredis';
import { exposureOf } from '../../handlers/common/exposure.ts';
import { reportedSymbols } from '../../handlers/common/position-record.ts';
import type { HashView, Views } from '../../handlers/common/reads.ts';
import type { ExposureSettings } from '../../schemas/exposure.ts';
import { families } from '../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../schemas/wire.ts';
import type { Portfolio } from '../portfolio.ts';
import { BookView } from '../views/book-view.ts';
import { withTallies } from '../views/tally-tree.ts';
import { scanKeys } from './scan.ts';

/** A position as the governor's caps count it (contract §4, Figures). Figures nobody published are null. */
export interface ListedPosition {
  readonly symbol: string;
  /** Negative when short. */
  readonly qty: number | null;
  /** Gross notional, US dollars. */
  readonly notional_usd: number | null;
  readonly mark_price: number | null;
  /** Unix seconds of its newest report. */
  readonly reported_at: number | null;
}

/** The positions that caps count now, largest notional first, judged by the governor's own rules. */
export async function listPositions(
  redis: Redis,
  portfolio: Portfolio,
  settings: ExposureSettings,
): Promise<ListedPosition[]> {
  const [seconds] = await redis.time();
  const views = await viewsNow(redis, portfolio);
  const exposure = exposureOf(views, settings, Number(seconds) * 1000).value;
  const listed: ListedPosition[] = [];
  for (const symbol of reportedSymbols(views)) {
    const position = exposure.positionOf(symbol);
    if (position === undefined) continue;
    listed.push({
      symbol,
      qty: position.qty ?? null,
      notional_usd: position.notionalUsd ?? null,
      mark_price: position.markPrice ?? null,
      reported_at: position.atMs === undefined ? null : Math.floor(position.atMs / 1000),
    });
  }
  return listed.sort(
    (a, b) => (b.notional_usd ?? Infinity) - (a.notional_usd ?? Infinity) || (a.symbol < b.symbol ? -1 : 1),
  );
}

async function viewsNow(redis: Redis, portfolio: Portfolio): Promise<Views> {
  const book = new BookView(portfolio);
  await book.load(redis);
  await book.catchUp(redis);
  const hashes = await hashesNow(redis, portfolio);
  return withTallies({
    book,
    hashes: (family) => viewOf(hashes.get(family) ?? new Map()),
    violation: () => undefined,
  });
}

async function hashesNow(redis: Redis, portfolio: Portfolio): Promise<Map<string, Map<string, Fields>>> {
  const found = new Map(Object.values(families).map((family) => [family as string, new Map<string, Fields>()]));
  for await (const page of scanKeys(redis, portfolio.key(''), 'hash')) {
    for (const key of page) {
      const name = key.slice(portfolio.key('').length);
      const family = [...found.keys()].find((one) => name.startsWith(`${one}:`));
      if (family === undefined) continue;
      const fields = fieldsOf(Object.entries(await redis.hgetall(key)).flat());
      found.get(family)?.set(name.slice(family.length + 1), fields);
    }
  }
  return found;
}

function viewOf(hashes: ReadonlyMap<string, Fields>): HashView {
  return { get: (name) => hashes.get(name), names: () => hashes.keys() };
}
