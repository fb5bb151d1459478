import type { Redis } from 'ioredis';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { type Portfolio, portfolioOf } from '../../settings/portfolio.ts';
import { clearScratch, invitationOn, isScratch } from './invitation.ts';

/** Notes a scratch portfolio that is to be cleared away even if all who know of it die. */
export async function noteScratch(redis: Redis, real: Portfolio, { prefix }: Portfolio): Promise<void> {
  await redis.sadd(real.key(runtimeKeys.scratches), prefix);
}

/** Takes the note of one back that is cleared away, or is to be kept. */
export async function forgetScratch(redis: Redis, real: Portfolio, { prefix }: Portfolio): Promise<void> {
  await redis.srem(real.key(runtimeKeys.scratches), prefix);
}

/** Clears away the scratch portfolios of a portfolio to which nobody is invited any more: whoever made or hosted them died. */
export async function clearLeftovers(redis: Redis, real: Portfolio): Promise<readonly string[]> {
  const noted = await redis.smembers(real.key(runtimeKeys.scratches));
  if (noted.length === 0) return [];
  const invited = (await invitationOn(redis, real))?.prefix;
  const left = noted.filter((prefix) => prefix !== invited && isScratch(prefix, real));
  for (const prefix of left) {
    const scratch = portfolioOf(prefix);
    await clearScratch(redis, scratch);
    await forgetScratch(redis, real, scratch);
  }
  return left;
}
