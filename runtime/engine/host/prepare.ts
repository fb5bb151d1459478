import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { LaneNames } from '../lane/identity.ts';
import { ensureGroup } from '../lane/recovery.ts';
import { refuseForeign } from './workers.ts';

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
