import type { Redis } from 'ioredis';
import { runtimeKeys } from '../../../../schemas/keys.ts';
import type { Runtime } from '../../../engine/status/types.ts';
import type { Portfolio } from '../../../settings/portfolio.ts';

const KEPT_MS = 30_000;
const SAID_EVERY_MS = 10_000;

/** Keeps in Redis, beside each portfolio served, where its console is, so that a link to it can be made elsewhere; until the returned function is called. */
export function sayConsoleAddress({ portfolios, redisOf, redisUp }: Runtime, base: string): () => void {
  const say = () => {
    for (const portfolio of portfolios.filter((one) => redisUp(one))) {
      const key = portfolio.key(runtimeKeys.consoleAddress);
      redisOf(portfolio)
        .set(key, base, 'PX', KEPT_MS)
        .catch(() => undefined);
    }
  };
  say();
  const timer = setInterval(say, SAID_EVERY_MS);
  return () => clearInterval(timer);
}

/** Where a running process serves the console over this portfolio; `undefined` where none does. */
export async function consoleAddressOf(redis: Redis, portfolio: Portfolio): Promise<string | undefined> {
  return (await redis.get(portfolio.key(runtimeKeys.consoleAddress))) ?? undefined;
}
