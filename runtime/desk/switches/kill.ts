import type { Redis } from 'ioredis';
import { keys } from '../../../schemas/keys.ts';
import { type Change, operate } from '../../engine/commit/operation.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** What the kill switch was and is. `recorded` is false when the ledger could not be written: the switch was still set. */
export interface KillChange {
  readonly before: 'on' | 'off';
  readonly after: 'on' | 'off';
  readonly recorded: boolean;
}

const SET_KILL = luaScript('portcullisSetKill', new URL('./set-kill.lua', import.meta.url));

/**
 * Turns the kill switch on or off, whatever is in its key, and tells the watcher that it was reported, and which permits to revoke.
 * Never writes the trading state; works on a server that is out of memory (contract §4, Kill).
 */
export async function setKill(redis: Redis, portfolio: Portfolio, on: boolean, change: Change): Promise<KillChange> {
  return await operate<KillChange>(redis, portfolio, SET_KILL, change, {
    keys: [portfolio.key(keys.kill), portfolio.key(keys.killSeen), portfolio.key(keys.revokeUntil)],
    args: [on ? '1' : '0'],
  });
}
