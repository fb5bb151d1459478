import type { Redis } from 'ioredis';
import { type Change, operate, operationScript } from '../../engine/commit/operation.ts';
import type { StreamRef } from '../../engine/streams/lanes.ts';
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

const DROP = {
  name: 'portcullisDrop',
  text: operationScript(`
local dead, stream = KEYS[5], ARGV[3]
local wrong = wrongType({ [dead] = 'stream', [KEYS[2]] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local dropped, missing = {}, {}
for i = 4, #ARGV do
  local id = ARGV[i]
  if redis.call('XDEL', dead, id) == 0 then missing[#missing + 1] = id
  else
    dropped[#dropped + 1] = id
    ledger({ action = 'dlq_drop', gate = stream, before = id, after = '' })
  end
end
return finish({ dropped = table.concat(dropped, ' '), missing = table.concat(missing, ' ') })
`),
};

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
