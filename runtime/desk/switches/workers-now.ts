import type { Redis } from 'ioredis';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { keysLike, scanKeys } from '../decisions/scan.ts';

/** Who runs on a portfolio, and where nobody does, which portfolios of the same Redis somebody runs on. */
export interface Served {
  readonly workers: readonly string[];
  readonly elsewhere: readonly string[];
}

/** The names of the workers that run on a portfolio, in order; one that died is among them for ten seconds. */
export async function workersNow(redis: Redis, portfolio: Portfolio): Promise<string[]> {
  const start = portfolio.key(runtimeKeys.worker(''));
  const workers = new Set<string>();
  for await (const page of scanKeys(redis, start, 'string')) {
    for (const key of page) workers.add(key.slice(start.length));
  }
  return [...workers].sort();
}

/**
 * The workers of a portfolio; of a cluster, `elsewhere` has the portfolios of this node alone. Looks at every key of
 * Redis: for a person, not for what asks again and again. Undefined where it cannot be known: a role that may not look.
 */
export async function servedNow(redis: Redis, portfolio: Portfolio): Promise<Served | undefined> {
  return await lookedUp(redis, portfolio).catch(() => undefined);
}

async function lookedUp(redis: Redis, portfolio: Portfolio): Promise<Served> {
  const workers = await workersNow(redis, portfolio);
  if (workers.length > 0) return { workers, elsewhere: [] };
  const name = `:${runtimeKeys.worker('')}`;
  const prefixes = new Set<string>();
  for await (const page of keysLike(redis, `*${name}*`, 'string')) {
    for (const key of page) prefixes.add(key.slice(0, key.indexOf(name)));
  }
  return { workers, elsewhere: [...prefixes].sort() };
}

/** What to say where nobody runs on a portfolio, as a line; nothing where somebody does, or nobody knows. */
export function unservedText(prefix: string, served: Served | undefined): string {
  if (served === undefined || served.workers.length > 0) return '';
  const { elsewhere } = served;
  const [first] = elsewhere;
  const there =
    first === undefined
      ? 'Nothing runs on this Redis: npm start.'
      : `Running on this Redis: ${elsewhere.join(', ')} (--portfolio ${first}).`;
  return `No worker serves ${prefix}. ${there}\n`;
}
