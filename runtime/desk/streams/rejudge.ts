import type { Redis } from 'ioredis';
import { type Change, operate, Refusal, requireOwnKey } from '../../engine/commit/operation.ts';
import type { StreamRef } from '../../engine/streams/lanes.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** What became of entries that were to be judged again. */
export interface Rejudged {
  readonly stream: string;
  readonly again: readonly { readonly id: string; readonly newId: string }[];
  /** Not in the stream (any more). */
  readonly missing: readonly string[];
  /** Too many fields for one command. */
  readonly tooLarge: readonly string[];
}

const IDS_AT_ONCE = 25;

const REJUDGE = luaScript('portcullisRejudge', new URL('./rejudge.lua', import.meta.url));

/** Has finished entries judged again, as new ones: their fields exact to the byte, each under a new id and with an entry of the ledger. */
export async function rejudge(
  redis: Redis,
  portfolio: Portfolio,
  stream: StreamRef,
  ids: readonly string[],
  change: Change,
): Promise<Rejudged> {
  requireOwnKey(portfolio, stream.key);
  const odd = ids.find((id) => !/^\d+-\d+$/.test(id));
  if (odd !== undefined) {
    throw new Refusal(`expected the id of an entry such as 1717000000000-0, got ${JSON.stringify(odd)}`);
  }
  const again: { id: string; newId: string }[] = [];
  const missing: string[] = [];
  const tooLarge: string[] = [];
  for (let from = 0; from < ids.length; from += IDS_AT_ONCE) {
    const more = { keys: [stream.key], args: [stream.name, ...ids.slice(from, from + IDS_AT_ONCE)] };
    type Reply = { readonly again: string; readonly missing: string; readonly tooLarge: string };
    const reply = await operate<Reply>(redis, portfolio, REJUDGE, change, more);
    for (const pair of words(reply.again)) {
      const [id = '', newId = ''] = pair.split('=');
      again.push({ id, newId });
    }
    missing.push(...words(reply.missing));
    tooLarge.push(...words(reply.tooLarge));
  }
  return { stream: stream.name, again, missing, tooLarge };
}

function words(text: string): string[] {
  return text.split(' ').filter(Boolean);
}
