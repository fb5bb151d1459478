import type { Redis } from 'ioredis';
import type { KeyedRead } from '../../handlers/common/reads.ts';

/** A key to read, by its whole name, and how. */
export interface KeyToRead {
  readonly key: string;
  readonly as: KeyedRead['read'];
}

/** What one key holds: an `Error` where it is of another type than was asked for. */
export type Found = Error | Buffer | readonly Buffer[] | null;

/** What all keys of a batch held at one moment of Redis. */
export interface FoundAll {
  /** Seconds and microseconds of Redis's clock. */
  readonly time: readonly [seconds: Buffer, micros: Buffer];
  readonly policy: Error | readonly (Buffer | null)[];
  readonly token: Found;
  readonly keys: readonly Found[];
}

const LETTERS: Readonly<Record<KeyedRead['read'], string>> = { hash: 'h', text: 't', scores: 'z' };

/** A hundred reads of one script cost a fifth of a hundred commands, here and in Redis. KEYS: policy, token, then what is read as ARGV[1] says. */
const READ_SCRIPT = `#!lua flags=no-writes
local read = {
  h = function(key) return redis.pcall('HGETALL', key) end,
  t = function(key) return redis.pcall('GET', key) end,
  z = function(key) return redis.pcall('ZRANGE', key, 0, -1, 'WITHSCORES') end,
}
local found = {}
for i = 3, #KEYS do found[i - 2] = read[string.sub(ARGV[1], i - 2, i - 2)](KEYS[i]) end
return { redis.call('TIME'), redis.pcall('HMGET', KEYS[1], 'mode', 'version', 'settings', 'candidate'), redis.pcall('GET', KEYS[2]), found }
`;

interface Scripted {
  readonly portcullisReadBuffer?: (count: number, ...args: string[]) => Promise<unknown>;
}

/** Reads the policy of a gate (mode, version, settings, candidate), its state token and any number of keys, all at one moment and exact to the byte. */
export async function readKeys(
  redis: Redis & Scripted,
  about: { readonly policy: string; readonly token: string; readonly keys: readonly KeyToRead[] },
): Promise<FoundAll> {
  if (redis.portcullisReadBuffer === undefined) redis.defineCommand('portcullisRead', { lua: READ_SCRIPT });
  const names = [about.policy, about.token, ...about.keys.map(({ key }) => key)];
  const kinds = about.keys.map(({ as }) => LETTERS[as]).join('');
  const reply = await redis.portcullisReadBuffer?.(names.length, ...names, kinds);
  const [time, policy, token, keys] = reply as [FoundAll['time'], FoundAll['policy'], Found, readonly Found[]];
  return { time, policy, token, keys };
}
