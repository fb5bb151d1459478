import type { Redis } from 'ioredis';
import { luaScript, runScript } from '../../redis/lua.ts';

const TRIM = luaScript('portcullisTrimFacts', new URL('./trim-facts.lua', import.meta.url));
/** Decisions that are looked at, the oldest: under a millisecond of Redis's time. */
const LOOKED_AT = 100;

/** Trims the entries of facts (whole key) that no decision of the log (whole key) needs any more, nor any to come. */
export async function trimFacts(redis: Redis, log: string, facts: string): Promise<void> {
  await runScript(redis, TRIM, [log, facts], [LOOKED_AT]);
}
