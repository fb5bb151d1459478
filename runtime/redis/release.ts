import type { Redis } from 'ioredis';
import { luaScript, runScript } from './lua.ts';

const RELEASE = luaScript('portcullisRelease', new URL('./release.lua', import.meta.url));

/** Deletes a key while it holds what its holder put there, and not what somebody else has put there since. */
export async function release(redis: Redis, key: string, holder: string): Promise<void> {
  await runScript(redis, RELEASE, [key], [holder]);
}
