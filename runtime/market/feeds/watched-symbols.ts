import type { Redis } from 'ioredis';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { keys, runtimeKeys } from '../../../schemas/keys.ts';
import { parseWritten } from '../../../schemas/portfolio-state.ts';
import { identifierProblem } from '../../../schemas/wire.ts';
import { checkpointedPosition } from '../../engine/views/book-view.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

const PLANNED_WITHIN_MS = HOUR_MS;
const MOST = 200;

/** The symbols whose market is watched. */
export interface WatchedSymbols {
  readonly held: ReadonlySet<string>;
  /** Those held, largest first, then those with a plan in the last hour. */
  readonly active: readonly string[];
  /** Those, then the ones the settings name. */
  readonly all: readonly string[];
}

/** What is known of the symbols that matter before looking. */
export interface WatchOptions {
  /** Symbols that the settings name. */
  readonly named: readonly string[];
  /** Whether the account feed says what is held; otherwise the position book does, whoever writes to it. */
  readonly accountIsRead: boolean;
}

/** The symbols that matter now, `MOST` at most: held, planned in the last hour, and named by the settings. */
export async function watchedSymbols(
  redis: Redis,
  portfolio: Portfolio,
  { named, accountIsRead }: WatchOptions,
  nowMs: number,
): Promise<WatchedSymbols> {
  const sizes = accountIsRead ? await heldByAccount(redis, portfolio) : await heldByBook(redis, portfolio);
  const held = distinct([...sizes].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([symbol]) => symbol));
  const planned = await redis.zrangebyscore(
    portfolio.key(keys.plannedSymbols),
    nowMs - PLANNED_WITHIN_MS,
    Number.POSITIVE_INFINITY,
  );
  const active = distinct([...held, ...planned.sort()]);
  return { held: new Set(held), active, all: distinct([...active, ...named]) };
}

/** Symbol → |notional| in US dollars, by the account feed's own record. */
async function heldByAccount(redis: Redis, portfolio: Portfolio): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for (const [symbol, text] of Object.entries(await redis.hgetall(portfolio.key(keys.feedHeld)))) {
    const written = parseWritten(text);
    if (written !== undefined) sizes.set(symbol, written.grossNotionalUsd ?? 0);
  }
  return sizes;
}

/** The same by the checkpoint of the position book, which may be some seconds behind it. */
async function heldByBook(redis: Redis, portfolio: Portfolio): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for (const [symbol, text] of Object.entries(await redis.hgetall(portfolio.key(runtimeKeys.book)))) {
    const position = checkpointedPosition(symbol, text);
    if (position === undefined || position.side === 'FLAT') continue;
    const notional = position.notional ?? (position.qty ?? 0) * (position.markPrice ?? 0);
    if ((position.qty ?? 0) !== 0 || notional !== 0) sizes.set(symbol, Math.abs(notional));
  }
  return sizes;
}

function distinct(symbols: readonly string[]): readonly string[] {
  return [...new Set(symbols)].filter((symbol) => identifierProblem(symbol) === undefined).slice(0, MOST);
}
