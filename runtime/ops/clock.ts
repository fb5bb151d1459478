import type { Redis } from 'ioredis';

/** The time by Redis's clock, Unix ms: the only clock that ages and spans are taken by. */
export async function redisNowMs(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}
