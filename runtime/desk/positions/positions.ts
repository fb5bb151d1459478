import type { Redis } from 'ioredis';
import { families, streams } from '../../../schemas/keys.ts';
import { identifierProblem } from '../../../schemas/wire.ts';
import { type Change, operate, Refusal, requireOwnKey } from '../../engine/commit/operation.ts';
import { BookView } from '../../engine/views/book-view.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** What declaring a position closed did. */
export interface ClearedPosition {
  readonly symbol: string;
  /** The quantity its newer hash named, empty without one. */
  readonly before: string;
  /** Stream id of the zero entry. */
  readonly id: string;
  /** How many of its position hashes were deleted. */
  readonly hashes: number;
}

const CLEAR = luaScript('portcullisClearPosition', new URL('./clear-position.lua', import.meta.url));

/**
 * Declares a position closed: a zero snapshot, and its hashes deleted, so that caps no longer count it (contract §4,
 * Figures). A producer that still reports the position opens it again with its next entry. A symbol of which nothing was
 * ever reported is refused: it was typed wrong, and the position that was meant would stay.
 */
export async function clearPosition(
  redis: Redis,
  portfolio: Portfolio,
  symbol: string,
  change: Change,
): Promise<ClearedPosition> {
  const problem = identifierProblem(symbol);
  if (problem !== undefined) throw new Refusal(`expected a symbol such as BTCUSDT, got one that is ${problem}`);
  requireOwnKey(portfolio, portfolio.streamKey(streams.snapshots));
  await requireReported(redis, portfolio, symbol);
  return await operate<ClearedPosition>(redis, portfolio, CLEAR, change, {
    keys: [portfolio.streamKey(streams.snapshots), ...hashesOf(portfolio, symbol)],
    args: [symbol],
  });
}

/** Throws a `Refusal` for a symbol of which no position was ever reported, closed ones included. */
export async function requireReported(redis: Redis, portfolio: Portfolio, symbol: string): Promise<void> {
  if ((await redis.exists(...hashesOf(portfolio, symbol))) > 0) return;
  const book = new BookView(portfolio);
  await book.load(redis);
  await book.catchUp(redis);
  if (book.get(symbol) !== undefined) return;
  throw new Refusal(
    `expected a symbol of which a position was reported, got ${symbol}: portcullis positions list shows what is held`,
  );
}

function hashesOf(portfolio: Portfolio, symbol: string): string[] {
  return [families.positionSnapshot, families.positionState].map((family) => portfolio.key(`${family}:${symbol}`));
}
