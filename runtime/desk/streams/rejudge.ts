import type { Redis } from 'ioredis';
import { type Change, operate, operationScript, Refusal, requireOwnKey } from '../../engine/commit/operation.ts';
import type { StreamRef } from '../../engine/streams/lanes.ts';
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

/** KEYS[5] the stream; ARGV[3] its name, then ids. Fields go from one command to the next inside Redis, where they are exact. */
const REJUDGE = {
  name: 'portcullisRejudge',
  text: operationScript(`
local stream = KEYS[5]
local wrong = wrongType({ [stream] = 'stream', [KEYS[2]] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local again, missing, tooLarge = {}, {}, {}
for i = 4, #ARGV do
  local id = ARGV[i]
  local entry = redis.call('XRANGE', stream, id, id)[1]
  if not entry then missing[#missing + 1] = id
  elseif #entry[2] > 7900 then tooLarge[#tooLarge + 1] = id
  else
    local added = redis.call('XADD', stream, '*', unpack(entry[2]))
    ledger({ action = 'stream_rejudge', gate = ARGV[3], before = id, after = added })
    again[#again + 1] = id .. '=' .. added
  end
end
return finish({ again = table.concat(again, ' '), missing = table.concat(missing, ' '), tooLarge = table.concat(tooLarge, ' ') })
`),
};

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
