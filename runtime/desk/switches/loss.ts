import type { Redis } from 'ioredis';
import { keys } from '../../../schemas/keys.ts';
import { type Change, operate, requireOwnKey } from '../../engine/commit/operation.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { keptLosses } from './kept-losses.ts';

/** The kinds of loss that were released, as a comma list. */
export interface LossReleased {
  readonly released: string;
}

/** What was confirmed: the place that was lost (`redis` or `file`), or `unreadable`. */
export interface LossConfirmed {
  readonly confirmed: string;
}

const CONFIRM = luaScript('portcullisLossConfirm', new URL('./loss-confirm.lua', import.meta.url));

const RELEASE = luaScript('portcullisLossRelease', new URL('./loss-release.lua', import.meta.url));

/**
 * Releases the loss limits that were reached (contract §4): OPEN plans are judged again, what tripped counts from the next
 * reading on, and losses in a row count anew. The trading state stays as it is. Refused where nothing is held.
 */
export async function releaseLoss(redis: Redis, portfolio: Portfolio, change: Change): Promise<LossReleased> {
  const held = [keys.lossLatch, keys.lossPauses, keys.lossStreaks].map((name) => portfolio.key(name));
  for (const key of held) requireOwnKey(portfolio, key);
  return await operate<LossReleased>(redis, portfolio, RELEASE, change, { keys: held, args: [] });
}

/**
 * Lets OPEN plans be judged by what is kept of losses, after Redis or the file lost it; what cannot be read begins anew.
 * A latch stays. Refused where nothing was lost.
 */
export async function confirmLoss(redis: Redis, portfolio: Portfolio, change: Change): Promise<LossConfirmed> {
  const latch = portfolio.key(keys.lossLatch);
  requireOwnKey(portfolio, latch);
  const { state } = await keptLosses(redis, portfolio);
  return await operate<LossConfirmed>(redis, portfolio, CONFIRM, change, {
    keys: [latch],
    args: [state === 'unreadable' ? '1' : '0'],
  });
}
