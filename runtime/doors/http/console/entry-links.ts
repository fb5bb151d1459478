import { createHash, randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { runtimeKeys } from '../../../../schemas/keys.ts';
import { luaScript, runScript } from '../../../redis/lua.ts';
import type { Portfolio } from '../../../settings/portfolio.ts';

/** How long a one-time link can be used (ms). */
export const LINK_LIFE_MS = 600_000;

const MAKE_LINK = luaScript('portcullisEntryLink', new URL('./make-link.lua', import.meta.url));

/**
 * A new one-time link into the console that is served at `base`, for an operator of this name; without one, for the
 * `operator`. Redis keeps the hash of its code alone: who reads Redis cannot use it.
 */
export async function makeEntryLink(redis: Redis, portfolio: Portfolio, base: string, name = ''): Promise<string> {
  const code = randomBytes(24).toString('base64url');
  await runScript(redis, MAKE_LINK, [keyOf(portfolio, code)], [name, LINK_LIFE_MS]);
  return `${base}/console/enter?link=${code}`;
}

/** The name that the link of this code was made for, if it opens the console now; it never does again. */
export async function takeEntryLink(redis: Redis, portfolio: Portfolio, code: string): Promise<string | undefined> {
  return (await redis.getdel(keyOf(portfolio, code))) ?? undefined;
}

function keyOf(portfolio: Portfolio, code: string): string {
  return portfolio.key(runtimeKeys.entryLink(createHash('sha256').update(code).digest('hex')));
}
