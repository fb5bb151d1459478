import type { Redis } from 'ioredis';
import { evictionProblem, memoryPolicyOf } from '../eviction.ts';
import type { Portfolio } from '../portfolio.ts';

const REDIS_FLOOR = 7;
const HASH_TAG = /\{[^}]+\}/;

/** Throws when a server is older than Redis 7.0, may evict keys, or is a cluster on which the portfolio's keys would not share a slot (contract §0). */
export async function requireServer(redis: Redis, { prefix, outputPrefix }: Portfolio): Promise<void> {
  const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown';
  if (!(Number.parseInt(version, 10) >= REDIS_FLOOR)) {
    throw new Error(`expected Redis ${REDIS_FLOOR}.0 or newer, got ${version}: point REDIS_URL at a newer server`);
  }
  const problem = evictionProblem(memoryPolicyOf(await redis.info('memory')));
  if (problem !== '') throw new Error(problem);
  const [tag] = HASH_TAG.exec(prefix) ?? [];
  const isOneSlot = tag !== undefined && HASH_TAG.exec(outputPrefix)?.[0] === tag;
  if (isOneSlot || !/cluster_enabled:1/.test(await redis.info('cluster'))) return;
  if (tag !== undefined) {
    throw new Error(
      `OUTPUT_PREFIX: expected a prefix with the {hash tag} of the portfolio, such as ${tag}-beside, because this Redis ` +
        `is a cluster, got ${JSON.stringify(outputPrefix)}: inputs and outputs would be in two slots`,
    );
  }
  throw new Error(
    `PORTFOLIOS: expected a prefix with a {hash tag}, such as {${prefix}}, because this Redis is a cluster, got ` +
      `${JSON.stringify(prefix)}: its keys would be spread over several slots`,
  );
}
