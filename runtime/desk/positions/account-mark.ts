import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { feedHandlers } from '../../../schemas/feed.ts';
import { keys, runtimeKeys } from '../../../schemas/keys.ts';
import { formatNumber } from '../../../schemas/number.ts';
import { type Change, operate, Refusal, requireOwnKey } from '../../engine/commit/operation.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** The high-water mark before and after, US dollars as text; empty without one. */
export interface AccountMarkChange {
  readonly before: string;
  readonly after: string;
}

const MARK = luaScript('portcullisAccountMark', new URL('./account-mark.lua', import.meta.url));

/**
 * Sets the high-water mark of the account's equity, US dollars above 0 (contract §5): drawdown counts from there. An equity
 * above it that is read twice raises it again. Refused before the account was ever read.
 */
export async function setAccountMark(
  redis: Redis,
  portfolio: Portfolio,
  usd: number,
  change: Change,
): Promise<AccountMarkChange> {
  if (!Number.isFinite(usd) || usd <= 0) throw new Refusal(`expected a mark above 0 US dollars, got ${usd}`);
  const memory = portfolio.key(keys.highWaterMark);
  requireOwnKey(portfolio, memory);
  const token = portfolio.key(runtimeKeys.token(feedHandlers.account));
  return await operate<AccountMarkChange>(redis, portfolio, MARK, change, {
    keys: [memory, token],
    args: [formatNumber(usd), randomUUID()],
  });
}
