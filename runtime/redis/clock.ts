import type { Redis } from 'ioredis';
import { runtimeKeys } from '../../schemas/keys.ts';
import { parseNumber } from '../../schemas/number.ts';
import type { Portfolio } from '../settings/portfolio.ts';
import { whenReady } from './when-ready.ts';

/** The time by Redis's clock, Unix ms: the only clock that ages and spans are taken by. A worker's own may be wrong. */
export async function redisNowMs(redis: Redis): Promise<number> {
  const [seconds, micros] = await whenReady(redis, (ready) => ready.time());
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

/** The time by the clock of a portfolio, Unix ms: Redis's, but for one with a simulated clock. */
export async function portfolioNowMs(redis: Redis, portfolio: Portfolio): Promise<number> {
  const simulated = portfolio.simulatedClock ? await redis.get(portfolio.key(runtimeKeys.simulatedClock)) : null;
  return parseNumber(simulated) ?? (await redisNowMs(redis));
}
