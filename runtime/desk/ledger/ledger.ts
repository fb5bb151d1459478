import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { keys, streams } from '../../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { readInForce } from '../../engine/policy/in-force.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { scanKeys } from '../decisions/scan.ts';
import type { Anchors } from './anchors.ts';
import { ChainWalk, type HeldTo, type LedgerVerdict, type StreamCounts } from './chain-walk.ts';
import type { PolicyOf } from './policy-walk.ts';

const PAGE = 1_000;
/** The version of what was in force before anybody said anything (policy-history.lua). */
const NO_VERSION = 'none';

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
  const rehearsed = await rehearsedVersions(redis, portfolio);
  const walk = new ChainWalk({ portfolio: portfolio.outputPrefix, wanted: head, anchors, rehearsed });
  let from = '-';
  for (;;) {
    const page = await redis.xrangeBuffer(key, from, '+', 'COUNT', PAGE);
    for (const [id, flat] of page) walk.take(id.toString(), flat);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    from = `(${last[0].toString()}`;
  }
  return walk.verdict(await streamCounts(redis, key), await besides(redis, portfolio, walk, rehearsed));
}

/** What stands in Redis beside the ledger and does not go with it, in words. */
async function besides(
  redis: Redis,
  portfolio: Portfolio,
  walk: ChainWalk,
  rehearsed: HeldTo['rehearsed'],
): Promise<readonly string[]> {
  if (walk.entries === 0) {
    const policies = await distinctKeys(redis, portfolio.key(keys.policyHistory('')));
    if (policies === 0) return [];
    return [`no entry is left, and ${policies} histories of policies are: each change of a policy was an entry`];
  }
  const told = [...walk.policies()].map(async ([gate, policy]) => {
    const { fields, wrongType } = await readInForce(redis, portfolio, gate);
    return wrongType ? [] : differences(gate, policy, fields, rehearsed);
  });
  return (await Promise.all(told)).flat();
}

/** Where what is in force of a policy is not what the ledger put in force. */
function differences(gate: string, policy: PolicyOf, fields: Fields, rehearsed: HeldTo['rehearsed']): string[] {
  const { mode = '', version = NO_VERSION, settings = '{}' } = fields;
  const limits = createHash('sha1').update(settings).digest('hex');
  const isRehearsed = rehearsed(gate, version);
  const now = { mode, limits, version: version || NO_VERSION };
  const put = { ...policy, version: isRehearsed ? undefined : policy.version };
  const said = { mode: 'in', limits: 'with limits', version: 'at version' };
  return (['mode', 'limits', 'version'] as const).flatMap((what) => {
    const known = put[what];
    if (known === undefined || known.value === now[what]) return [];
    const how = what === 'mode' ? 'into' : said[what];
    const [is, was] = [now[what] || 'no mode', known.value || 'no mode'];
    return [
      `${gate} is ${said[what]} ${is}, and entry ${known.seq} put it ${how} ${was}: it was changed without an entry`,
    ];
  });
}

/** Whether a version of a gate's policy comes of a rehearsal, by the histories there are. */
async function rehearsedVersions(redis: Redis, portfolio: Portfolio): Promise<HeldTo['rehearsed']> {
  const found = new Set<string>();
  const start = portfolio.key(keys.policyHistory(''));
  for await (const page of scanKeys(redis, start, 'stream')) {
    for (const key of page) {
      for (const [, flat] of await redis.xrange(key, '-', '+')) {
        const { action, version } = fieldsOf(flat);
        if (action === 'rehearsal') found.add(`${key.slice(start.length)} ${version}`);
      }
    }
  }
  return (gate, version) => found.has(`${gate} ${version}`);
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
