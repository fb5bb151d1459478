import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { keys, runtimeKeys } from '../../../schemas/keys.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

const LOOK_EVERY_MS = 25;

const NOTE = luaScript('portcullisFollowed', new URL('./followed.lua', import.meta.url));

/** The running workers of a gate, and how long after a moment the last of them judged by the policy in force. */
export interface Followers {
  readonly workers: readonly string[];
  /** Milliseconds; 0 without workers. */
  readonly slowest_ms: number;
  /** Workers that had not noticed by the time nobody waited any longer. */
  readonly missing: readonly string[];
}

/** Notes that a worker goes by this version of a gate's policy from now on. */
export async function noteFollowed(
  redis: Redis,
  portfolio: Portfolio,
  about: { readonly gate: string; readonly worker: string; readonly version: string },
): Promise<void> {
  const { gate, worker, version } = about;
  await runScript(redis, NOTE, [portfolio.key(runtimeKeys.followed(gate))], [worker, version]);
}

/** The names of the running workers that judge for a gate. */
export async function workersOf(redis: Redis, portfolio: Portfolio, gate: string): Promise<string[]> {
  const known = await redis.smembers(portfolio.key(runtimeKeys.consumers(gate)));
  const alive = await Promise.all(known.map((name) => redis.exists(portfolio.key(runtimeKeys.worker(name)))));
  return known.filter((_name, at) => alive[at] === 1).sort();
}

/** Waits until every running worker of a gate goes by the policy in force, for `withinMs` at most; times are taken from `sinceMs`. */
export async function awaitFollowers(
  redis: Redis,
  portfolio: Portfolio,
  gate: string,
  span: { readonly sinceMs: number; readonly withinMs: number },
): Promise<Followers> {
  for (;;) {
    const found = await followersNow(redis, portfolio, gate, span.sinceMs);
    if (found.missing.length === 0) return found;
    if ((await redisNowMs(redis)) - span.sinceMs >= span.withinMs) return found;
    await pause(LOOK_EVERY_MS);
  }
}

async function followersNow(redis: Redis, portfolio: Portfolio, gate: string, sinceMs: number): Promise<Followers> {
  const workers = await workersOf(redis, portfolio, gate);
  const version = await redis.hget(portfolio.key(keys.policy(gate)), 'version');
  const followed = await redis.hgetall(portfolio.key(runtimeKeys.followed(gate)));
  const times = workers.map((worker) => {
    const [known, ms] = (followed[worker] ?? '').split(' ');
    return known === version ? Math.max(0, Number(ms) - sinceMs) : undefined;
  });
  return {
    workers,
    slowest_ms: Math.max(0, ...times.flatMap((time) => time ?? [])),
    missing: workers.filter((_worker, at) => times[at] === undefined),
  };
}
