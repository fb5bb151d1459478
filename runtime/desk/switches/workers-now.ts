import type { Redis } from 'ioredis';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { scanKeys } from '../decisions/scan.ts';

/** The names of the workers that run on a portfolio, in order; one that died is among them for ten seconds. */
export async function workersNow(redis: Redis, portfolio: Portfolio): Promise<string[]> {
  const start = portfolio.key(runtimeKeys.worker(''));
  const workers = new Set<string>();
  for await (const page of scanKeys(redis, start, 'string')) {
    for (const key of page) workers.add(key.slice(start.length));
  }
  return [...workers].sort();
}
