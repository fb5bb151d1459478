import type { Redis } from 'ioredis';
import { type Change, operate } from '../../engine/commit/operation.ts';
import type { StreamRef } from '../../engine/streams/lanes.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { requireId } from './dead-letters.ts';

/** What became of dead letters that were to be dropped. */
export interface Dropped {
  readonly stream: string;
  readonly dropped: readonly string[];
  /** Not there: never were, or somebody dealt with them already. */
  readonly missing: readonly string[];
}

const IDS_AT_ONCE = 100;

const DROP = luaScript('portcullisDrop', new URL('./drop.lua', import.meta.url));

/** Deletes dead letters for good, an entry of the ledger for each. */
export async function dropDeadLetters(
  redis: Redis,
  portfolio: Portfolio,
  stream: StreamRef,
  ids: readonly string[],
  change: Change,
): Promise<Dropped> {
  for (const id of ids) requireId(id);
  const dropped: string[] = [];
  const missing: string[] = [];
  for (let i = 0; i < ids.length; i += IDS_AT_ONCE) {
    const more = { keys: [stream.deadLetters], args: [stream.name, ...ids.slice(i, i + IDS_AT_ONCE)] };
    const reply = await operate<{ dropped: string; missing: string }>(redis, portfolio, DROP, change, more);
    dropped.push(...reply.dropped.split(' ').filter(Boolean));
    missing.push(...reply.missing.split(' ').filter(Boolean));
  }
  return { stream: stream.name, dropped, missing };
}
