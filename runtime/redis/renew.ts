import type { Redis } from 'ioredis';
import { luaScript, runScript } from './lua.ts';

const RENEW = luaScript('portcullisRenew', new URL('./renew.lua', import.meta.url));

/** Lengthens the life of a key to so many seconds while it holds what its holder put there; whether it did. */
export async function renew(redis: Redis, key: string, holder: string, lifeSec: number): Promise<boolean> {
  return (await runScript(redis, RENEW, [key], [holder, lifeSec])) === 1;
}
