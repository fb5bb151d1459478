import type { Redis } from 'ioredis';
import { runtimeKeys, streams } from '../../../schemas/keys.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import { RedisProblem } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/**
 * Raised by a release whose keys an older one would misread (docs/continuity.md). Data without a number are those of 0.1;
 * from 2 on decisions may name facts that they share.
 */
const SCHEMA = 2;

const BEGIN = luaScript('portcullisSchema', new URL('./schema.lua', import.meta.url));

/** How decisions keep the facts that they share: named, or said with each; undefined: as the data have it. */
export type DecisionFactsForm = 'shared' | 'inline' | undefined;

/**
 * Says on the portfolio which schema its keys have, and answers whether decisions are to name the facts that they share.
 * Throws where a newer release has written the keys.
 */
export async function requireSchema(redis: Redis, portfolio: Portfolio, form: DecisionFactsForm): Promise<boolean> {
  const key = portfolio.key(runtimeKeys.schema);
  const { commits, workers } = runtimeKeys;
  const before = [portfolio.streamKey(streams.decisions), portfolio.key(commits), portfolio.key(workers)];
  const found = String(await runScript(redis, BEGIN, [key, ...before], [form ?? '', SCHEMA]));
  if (/^\d+$/.test(found) && Number(found) <= SCHEMA) return form !== 'inline' && Number(found) === SCHEMA;
  throw new Error(newerFormat(key, found));
}

/** Throws where a newer release has written the keys of the portfolio: what is read there could mean something else. */
export async function requireReadable(redis: Redis, portfolio: Portfolio): Promise<void> {
  const key = portfolio.key(runtimeKeys.schema);
  const found = (await redis.type(key)) === 'string' ? ((await redis.get(key)) ?? '') : '';
  if (/^\d+$/.test(found) && Number(found) > SCHEMA) throw new RedisProblem(newerFormat(key, found));
}

function newerFormat(key: string, found: string): string {
  return (
    `${key}: expected a schema of at most ${SCHEMA}, got ${JSON.stringify(found)}: newer format. A newer release has ` +
    'written these keys, and this one could misread them. Use that release again, or restore a backup from before it'
  );
}
