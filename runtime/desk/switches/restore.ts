import type { Redis } from 'ioredis';
import { keys } from '../../../schemas/keys.ts';
import { type Change, operate } from '../../engine/commit/operation.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { scanKeys } from '../decisions/scan.ts';
import { type KillChange, setKill } from './kill.ts';
import { workersNow } from './workers-now.ts';

/** What was made safe after a restore. */
export interface Restored {
  readonly kill: KillChange;
  /** Unix ms by Redis's clock: plans sent up to then get no permit until somebody releases that. */
  readonly restored_ms: number;
  /** Permits of the backup that were deleted: they may have been taken since. */
  readonly permits_deleted: number;
  /** Workers that ran already: what they permitted before this is out. */
  readonly workers: readonly string[];
}

/** What a release ended; `restored_ms` is empty text where nothing was held. */
export interface Released {
  readonly restored_ms: string;
}

const HOLD = luaScript('portcullisHoldRestored', new URL('./hold-restored.lua', import.meta.url));

const RELEASE = luaScript('portcullisReleaseRestored', new URL('./release-restored.lua', import.meta.url));

/**
 * Makes data that came from a backup safe, before any worker judges by them: the kill switch is turned on, plans sent
 * until now get no permit until `releaseRestored`, and permits that the backup held are deleted. May be done again.
 */
export async function holdRestored(redis: Redis, portfolio: Portfolio, change: Change): Promise<Restored> {
  const kill = await setKill(redis, portfolio, true, change);
  const workers = await workersNow(redis, portfolio);
  const { restored_ms } = await operate<{ restored_ms: number }>(redis, portfolio, HOLD, change, {
    keys: [portfolio.key(keys.governorState)],
    args: [],
  });
  let permits_deleted = 0;
  for await (const page of scanKeys(redis, portfolio.key(keys.permit('')))) {
    if (page.length > 0) permits_deleted += await redis.unlink(...page);
  }
  return { kill, restored_ms, permits_deleted, workers };
}

/** Lets plans from before a restore be judged like any other. The kill switch stays as it is. */
export async function releaseRestored(redis: Redis, portfolio: Portfolio, change: Change): Promise<Released> {
  return await operate<Released>(redis, portfolio, RELEASE, change, {
    keys: [portfolio.key(keys.governorState)],
    args: [],
  });
}
