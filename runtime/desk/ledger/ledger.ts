import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { keys, streams } from '../../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { readInForce } from '../../engine/policy/in-force.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { scanKeys } from '../decisions/scan.ts';
import type { Anchor, Anchors } from './anchors.ts';
import { ModeWalk } from './mode-walk.ts';

/** One entry of the ops ledger. */
export interface LedgerEntry {
  readonly id: string;
  readonly fields: Fields;
}

/** What is wrong at one place of the ledger, in words; `id` is the entry where it shows, empty when it is none. */
export interface LedgerProblem {
  readonly id: string;
  readonly problem: string;
}

/** What a look over the whole ledger found. */
export interface LedgerVerdict {
  readonly whole: boolean;
  /** Entries that are there. */
  readonly entries: number;
  /** Those of them that were written before the ledger was chained. */
  readonly unchained: number;
  /** Number of the newest entry; 0 without any. */
  readonly seq: number;
  /** Hash of the newest entry; empty without any. To be kept elsewhere: who can write to Redis could chain anew. */
  readonly head: string;
  readonly problems: readonly LedgerProblem[];
}

const PAGE = 1_000;
const MOST_PROBLEMS = 20;

/** The newest entries of the ledger from `fromMs` (Unix ms) on, at most `atMost`, oldest of them first. */
export async function ledgerEntries(
  redis: Redis,
  portfolio: Portfolio,
  fromMs: number,
  atMost: number,
): Promise<LedgerEntry[]> {
  const from = String(Math.max(0, Math.floor(fromMs)));
  const entries = await redis.xrevrange(portfolio.streamKey(streams.ledger), '+', from, 'COUNT', atMost);
  return entries.map(([id, flat]) => ({ id, fields: fieldsOf(flat) })).reverse();
}

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
  const walk = new ChainWalk(head, anchors);
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

interface StreamCounts {
  /** Entries ever written to the stream. */
  readonly added: number;
  readonly lastId: string;
}

async function streamCounts(redis: Redis, key: string): Promise<StreamCounts> {
  if ((await redis.exists(key)) === 0) return { added: 0, lastId: '' };
  const info = fieldsOf((await redis.xinfo('STREAM', key)) as string[]);
  return { added: Number(info['entries-added']), lastId: String(info['last-generated-id']) };
}

/** Follows the chain entry by entry. */
class ChainWalk {
  readonly #wanted: string | undefined;
  readonly #anchors: Anchors | undefined;
  /** By number, the hash of each entry that was kept outside Redis and has not come yet. */
  readonly #kept = new Map<number, Anchor>();
  readonly #modes = new ModeWalk();
  readonly #problems: LedgerProblem[] = [];
  #entries = 0;
  #unchained = 0;
  #seq = 0;
  #hash = '';
  #lastId = '';
  #found = false;

  constructor(wanted: string | undefined, anchors: Anchors | undefined) {
    this.#wanted = wanted;
    this.#anchors = anchors;
    for (const anchor of anchors?.kept ?? []) if (anchor.seq > 0) this.#kept.set(anchor.seq, anchor);
  }

  get entries(): number {
    return this.#entries;
  }

  modes(): ReturnType<ModeWalk['modes']> {
    return this.#modes.modes();
  }

  take(id: string, flat: readonly Buffer[]): void {
    this.#entries += 1;
    this.#lastId = id;
    const fields = fieldsOf(flat.map((text) => text.toString()));
    if (fields.hash === undefined && this.#seq === 0) {
      this.#unchained += 1;
      return;
    }
    this.#follow(id, fields);
    if (fields.hash !== digestOf(flat)) this.#report(id, 'was altered: its hash is not that of its fields');
    this.#seq = Number(fields.seq ?? 0) || this.#seq + 1;
    this.#hash = fields.hash ?? '';
    this.#found ||= fields.hash === this.#wanted;
    this.#compare(id, this.#seq, this.#hash);
    const problem = this.#modes.take(fields, this.#seq);
    if (problem !== undefined) this.#report(id, problem);
  }

  #follow(id: string, fields: Fields): void {
    const seq = Number(fields.seq ?? Number.NaN);
    if (fields.hash === undefined) this.#report(id, 'was put there by other means: it has no hash');
    else if (seq !== this.#seq + 1) {
      this.#report(id, `expected number ${this.#seq + 1}, got ${fields.seq ?? 'none'}: ${gap(this.#seq, seq)}`);
    } else if ((fields.prev ?? '') !== this.#hash) {
      this.#report(id, 'does not follow the entry before it: that one was altered or exchanged');
    }
  }

  #compare(id: string, seq: number, hash: string): void {
    const anchor = this.#kept.get(seq);
    if (anchor === undefined) return;
    this.#kept.delete(seq);
    if (anchor.hash === hash) return;
    this.#report(
      id,
      `is another entry ${seq} than at ${when(anchor)} (${this.#anchors?.path}): the ledger was written anew`,
    );
  }

  #missing(): void {
    for (const problem of this.#anchors?.problems ?? []) this.#report('', problem);
    for (const anchor of this.#kept.values()) {
      const newest = this.#seq === 0 ? 'none is left' : `the newest is ${this.#seq}`;
      this.#report(
        '',
        `entry ${anchor.seq}, which was there at ${when(anchor)} (${this.#anchors?.path}), is gone: ${newest}`,
      );
    }
  }

  verdict({ added, lastId }: StreamCounts, besides: readonly string[]): LedgerVerdict {
    if (lastId !== this.#lastId && lastId !== '') {
      const newest = this.#lastId === '' ? 'none is left' : `the newest is ${this.#lastId}`;
      this.#report('', `the newest entries are gone: ${lastId} was written, ${newest}`);
    }
    if (added > this.#entries && this.#problems.length === 0) {
      this.#report('', `${added - this.#entries} of ${added} entries that were written are gone`);
    }
    if (this.#wanted !== undefined && !this.#found) this.#report('', `no entry has the hash ${this.#wanted}`);
    this.#missing();
    for (const problem of besides) this.#report('', problem);
    return {
      whole: this.#problems.length === 0,
      entries: this.#entries,
      unchained: this.#unchained,
      seq: this.#seq,
      head: this.#hash,
      problems: this.#problems,
    };
  }

  #report(id: string, problem: string): void {
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push({ id, problem });
  }
}

function when({ at }: Anchor): string {
  return new Date(at * 1000).toISOString();
}

function gap(before: number, seq: number): string {
  if (!(seq > before + 1)) return 'the order was changed or an entry was put in between';
  return seq === before + 2 ? 'one entry is gone' : `${seq - before - 1} entries are gone`;
}

/** The hash an entry must have: over its texts up to `hash`, each as `<bytes>:<text>` (see the commit's `chained`). */
function digestOf(flat: readonly Buffer[]): string {
  const hash = createHash('sha1');
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const [name, value] = [flat[at] ?? Buffer.alloc(0), flat[at + 1] ?? Buffer.alloc(0)];
    if (name.toString() === 'hash') continue;
    for (const text of [name, value]) hash.update(`${text.length}:`).update(text);
  }
  return hash.digest('hex');
}
