import type { Redis } from 'ioredis';
import { whenReady } from './views/when-ready.ts';

/** The time by Redis's clock, Unix ms: the only clock that ages and spans are taken by. A worker's own may be wrong. */
export async function redisNowMs(redis: Redis): Promise<number> {
  const [seconds, micros] = await whenReady(redis, (ready) => ready.time());
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}
