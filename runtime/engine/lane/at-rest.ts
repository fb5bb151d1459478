import { createHash, type Hash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { type KeyedRead, LOWEST_READ } from '../../../handlers/contract/reads.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import { Together } from '../../redis/together.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type Found, type FoundAll, LETTERS, nameOf, wayOf } from './read-script.ts';

const AT_REST = luaScript('portcullisAtRest', new URL('./at-rest.lua', import.meta.url));

/** Lanes of one script: with some twenty keys each, Redis takes some tenths of a millisecond. */
const LOOKED_AT_ONCE = 20;

/** The policy of a gate and the newest of its history, as the script reads them. */
const POLICY_LETTERS = 'pn';

/** What a lane with nothing to do rests on, as it was read. */
export interface Rest {
  /** Keys that were not there. */
  readonly absent: readonly string[];
  /** The others, the policy and its history first. */
  readonly present: readonly string[];
  /** How each of those is read, a letter each. */
  readonly kinds: string;
  /** SHA-1 of what they held, in hex. */
  readonly digest: string;
}

/** A reply of Redis, of any depth. */
type Reply = Found | readonly Reply[];

/** What a batch was told of the keys it read, before it was understood. */
export interface Replies {
  /** The whole names of the policy and of its history. */
  readonly policy: string;
  readonly history: string;
  readonly found: Pick<FoundAll, 'policy' | 'history'>;
  /** What was read besides, by `nameOf`. */
  readonly read: ReadonlyMap<string, Found>;
}

/** What a lane rests on of what it read; undefined where a key is of another type: in doubt, it does not rest. */
export function restOf(replies: Replies, reads: readonly KeyedRead[], portfolio: Portfolio): Rest | undefined {
  const all = reads.map((read) => {
    const held = replies.read.get(nameOf(read));
    if (held === undefined) throw new Error(`expected ${read.key} to have been read`);
    return { key: portfolio.key(read.key), held, letter: LETTERS[wayOf(read)] };
  });
  const there = all.filter(({ held }) => !isAbsent(held));
  const { policy, history, found } = replies;
  const present = [{ key: policy, held: found.policy }, { key: history, held: found.history }, ...there];
  if (present.some(({ held }) => held instanceof Error)) return undefined;
  const hash = createHash('sha1');
  for (const { held } of present) write(held, hash);
  return {
    absent: all.filter(({ held }) => isAbsent(held)).map(({ key }) => key),
    present: present.map(({ key }) => key),
    kinds: `${POLICY_LETTERS}${there.map(({ letter }) => letter).join('')}`,
    digest: hash.digest('hex'),
  };
}

function isAbsent(held: Reply): boolean {
  return held === null || (Array.isArray(held) && held.length === 0);
}

/** As at-rest.lua writes it. */
function write(held: Reply, into: Hash): void {
  if (held === null) into.update('-');
  else if (held instanceof Buffer) into.update(`$${held.length}:`).update(held);
  else if (Array.isArray(held)) {
    into.update(`*${held.length}:`);
    for (const one of held as readonly Reply[]) write(one, into);
  }
}

/** Looks whether what lanes rest on is as it was: those that ask in one turn of the event loop, over one connection, with one script. */
export class RestLooks {
  readonly #looks: Together<Rest, boolean>;

  constructor(redis: Redis) {
    this.#looks = new Together((rests) => look(redis, rests), LOOKED_AT_ONCE);
  }

  /** Whether all of it is as it was. Where that cannot be known, it is not. */
  holds(rest: Rest): Promise<boolean> {
    return this.#looks.ask(rest).catch(() => false);
  }
}

async function look(redis: Redis, rests: readonly Rest[]): Promise<readonly boolean[]> {
  const keys = rests.flatMap(({ absent, present }) => [...absent, ...present]);
  const args = rests.flatMap(({ absent, kinds, digest }) => [absent.length, kinds, digest]);
  const answers = (await runScript(redis, AT_REST, keys, [LOWEST_READ - 1, ...args])) as readonly number[];
  return answers.map((answer) => answer === 1);
}
