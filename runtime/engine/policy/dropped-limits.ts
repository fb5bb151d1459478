import type { Redis } from 'ioredis';
import { parseJson } from '../../../schemas/json.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** Says of a worker which limits of the originals it was given that are not in force here; none takes back what it said before. */
export async function noteDroppedLimits(
  redis: Redis,
  portfolio: Portfolio,
  worker: string,
  limits: readonly string[],
): Promise<void> {
  const key = portfolio.key(runtimeKeys.droppedLimits);
  if (limits.length === 0) await redis.hdel(key, worker);
  else await redis.hset(key, worker, JSON.stringify(limits));
}

/** The limits of the originals that running workers were given and that are not in force here, `NAME=value` each. */
export async function droppedLimitsOf(redis: Redis, portfolio: Portfolio): Promise<string[]> {
  const noted = Object.entries(await redis.hgetall(portfolio.key(runtimeKeys.droppedLimits)));
  const alive = await Promise.all(noted.map(([worker]) => redis.exists(portfolio.key(runtimeKeys.worker(worker)))));
  return [...new Set(noted.flatMap(([, limits], at) => (alive[at] === 1 ? namesIn(limits) : [])))].sort();
}

function namesIn(text: string): string[] {
  const limits = parseJson(text);
  return Array.isArray(limits) ? limits.map(String) : [];
}
