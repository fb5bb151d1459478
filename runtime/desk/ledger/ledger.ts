import type { Redis } from 'ioredis';
import { keys, streams } from '../../../schemas/keys.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import { readInForce } from '../../engine/policy/in-force.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { scanKeys } from '../decisions/scan.ts';
import type { Anchors } from './anchors.ts';
import { ChainWalk, type LedgerVerdict, type StreamCounts } from './chain-walk.ts';

const PAGE = 1_000;

/**
 * Walks the whole ledger and says whether it is as it was written: every hash is that of its entry, every entry names
 * the one before it, none is missing in between or at either end, and the modes in it go on from each other to those in
 * force. With `head`, also whether an entry of that hash is in it; with `anchors`, whether all entries are that were kept
 * outside Redis.
 */
export async function verifyLedger(
  redis: Redis,
  portfolio: Portfolio,
  head?: string,
  anchors?: Anchors,
): Promise<LedgerVerdict> {
  const key = portfolio.streamKey(streams.ledger);
  const walk = new ChainWalk(portfolio.outputPrefix, head, anchors);
  let from = '-';
  for (;;) {
    const page = await redis.xrangeBuffer(key, from, '+', 'COUNT', PAGE);
    for (const [id, flat] of page) walk.take(id.toString(), flat);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    from = `(${last[0].toString()}`;
  }
  return walk.verdict(await streamCounts(redis, key), await besides(redis, portfolio, walk));
}

/** What stands in Redis beside the ledger and does not go with it, in words. */
async function besides(redis: Redis, portfolio: Portfolio, walk: ChainWalk): Promise<readonly string[]> {
  if (walk.entries === 0) {
    const policies = await distinctKeys(redis, portfolio.key(keys.policyHistory('')));
    if (policies === 0) return [];
    return [`no entry is left, and ${policies} histories of policies are: each change of a policy was an entry`];
  }
  const told = [...walk.modes()].map(async ([gate, { mode, seq }]) => {
    const { fields, wrongType } = await readInForce(redis, portfolio, gate);
    const now = fields.mode ?? '';
    if (wrongType || now === mode) return [];
    return [
      `${gate} is in ${now || 'no mode'}, and entry ${seq} put it into ${mode || 'no mode'}: it was changed without an entry`,
    ];
  });
  return (await Promise.all(told)).flat();
}

async function distinctKeys(redis: Redis, start: string): Promise<number> {
  const found = new Set<string>();
  for await (const page of scanKeys(redis, start)) for (const key of page) found.add(key);
  return found.size;
}

async function streamCounts(redis: Redis, key: string): Promise<StreamCounts> {
  if ((await redis.exists(key)) === 0) return { added: 0, lastId: '' };
  const info = fieldsOf((await redis.xinfo('STREAM', key)) as string[]);
  return { added: Number(info['entries-added']), lastId: String(info['last-generated-id']) };
}
