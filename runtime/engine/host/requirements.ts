import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { evictionProblem, memoryPolicyOf } from '../../redis/eviction.ts';
import { RedisProblem } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { LaneNames } from '../lane/identity.ts';
import { ensureGroup } from '../lane/recovery.ts';
import { type DecisionFactsForm, requireSchema } from './schema.ts';
import type { Line } from './shared-on-server.ts';
import { refuseForeign } from './workers.ts';

const REDIS_FLOOR = 7;

const HASH_TAG = /\{[^}]+\}/;

/**
 * Throws when a server or the data in it are not such that this release may work on them. Answers whether decisions are
 * to name the facts that they share.
 */
export async function requireRedis(
  { redis, info }: Pick<Line, 'redis' | 'info'>,
  portfolio: Portfolio,
  form: DecisionFactsForm,
): Promise<boolean> {
  await requireServer(info, portfolio);
  return await requireSchema(redis, portfolio, form);
}

/** Throws when a server is older than Redis 7.0, may evict keys, or is a cluster on which the portfolio's keys would not share a slot (contract §0). */
async function requireServer(info: Line['info'], { prefix, outputPrefix }: Portfolio): Promise<void> {
  const version = /redis_version:(\S+)/.exec(await info('server'))?.[1] ?? 'unknown';
  if (!(Number.parseInt(version, 10) >= REDIS_FLOOR)) {
    throw new Error(`expected Redis ${REDIS_FLOOR}.0 or newer, got ${version}: point REDIS_URL at a newer server`);
  }
  const problem = evictionProblem(memoryPolicyOf(await info('memory')));
  if (problem !== '') throw new RedisProblem(problem);
  const [tag] = HASH_TAG.exec(prefix) ?? [];
  const isOneSlot = tag !== undefined && HASH_TAG.exec(outputPrefix)?.[0] === tag;
  if (isOneSlot || !/cluster_enabled:1/.test(await info('cluster'))) return;
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

/** Makes sure of a handler's stream and group before it reads; throws where a key of another type, or another program, is in the way. */
export async function prepareLane(redis: Redis, handler: AnyHandler, names: LaneNames): Promise<void> {
  if (handler.on.kind === 'watch') return;
  const type = await redis.type(names.stream);
  if (type !== 'none' && type !== 'stream') {
    throw new Error(`expected a stream at ${names.stream}, found a ${type}: rename it or delete it`);
  }
  await ensureGroup(redis, names);
  await refuseForeign(redis, names);
}
