import { createHash } from 'node:crypto';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { SEALED } from '../seals/seal.ts';
import { SealWalk } from '../seals/seal-walk.ts';
import type { Anchor, Anchors } from './anchors.ts';
import { type PolicyOf, PolicyWalk } from './policy-walk.ts';

const MOST_PROBLEMS = 20;

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

/** What Redis counts of a stream. */
export interface StreamCounts {
  /** Entries ever written to the stream. */
  readonly added: number;
  readonly lastId: string;
}

/** What a ledger is held to. */
export interface HeldTo {
  /** Prefix under which it is. */
  readonly portfolio: string;
  /** A hash that must be in it. */
  readonly wanted: string | undefined;
  readonly anchors: Anchors | undefined;
  /** Whether a version of a gate's policy comes of a rehearsal. */
  readonly rehearsed: (gate: string, version: string) => boolean;
}

/** Follows the chain entry by entry. */
export class ChainWalk {
  readonly #wanted: string | undefined;
  readonly #anchors: Anchors | undefined;
  /** By number, the hash of each entry that was kept outside Redis and has not come yet. */
  readonly #kept = new Map<number, Anchor>();
  /** The same of seals, by their numbers. */
  readonly #keptSeals = new Map<number, Anchor>();
  readonly #policies: PolicyWalk;
  readonly #seals: SealWalk;
  readonly #problems: LedgerProblem[] = [];
  #entries = 0;
  #unchained = 0;
  #seq = 0;
  #hash = '';
  /** Empty behind an entry of a release that knew SHA-1 alone. */
  #sha256 = '';
  #lastId = '';
  #found = false;

  constructor({ portfolio, wanted, anchors, rehearsed }: HeldTo) {
    this.#seals = new SealWalk({ portfolio, key: anchors?.key });
    this.#policies = new PolicyWalk(rehearsed);
    this.#wanted = wanted;
    this.#anchors = anchors;
    for (const anchor of anchors?.kept ?? []) {
      // What was kept first stands: a later one of the same number was made of what had been written anew.
      if (anchor.seq > 0 && !this.#kept.has(anchor.seq)) this.#kept.set(anchor.seq, anchor);
      const seal = anchor.seals?.seal;
      if (seal !== undefined && !this.#keptSeals.has(seal)) this.#keptSeals.set(seal, anchor);
    }
  }

  get entries(): number {
    return this.#entries;
  }

  /** What the ledger says of the policy of each gate. */
  policies(): ReadonlyMap<string, PolicyOf> {
    return this.#policies.policies();
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
    const { hash, sha256 } = digestsOf(flat);
    if (fields.hash !== hash || (fields.sha256 ?? sha256) !== sha256)
      this.#report(id, 'was altered: its hash is not that of its fields');
    this.#seq = Number(fields.seq ?? 0) || this.#seq + 1;
    this.#hash = fields.hash ?? '';
    this.#sha256 = fields.sha256 ?? '';
    this.#found ||= [fields.hash, fields.sha256, fields.action === SEALED ? fields.after : ''].includes(this.#wanted);
    this.#compare(id, this.#seq, this.#hash);
    const problem = fields.action === SEALED ? this.#sealProblem(fields) : this.#policies.take(fields, this.#seq);
    if (problem !== undefined) this.#report(id, problem);
  }

  #sealProblem(fields: Fields): string | undefined {
    const { seal, problem } = this.#seals.take(fields);
    const anchor = seal === undefined ? undefined : this.#keptSeals.get(seal.seal);
    if (seal === undefined || anchor === undefined) return problem;
    this.#keptSeals.delete(seal.seal);
    if (anchor.seals?.hash === seal.after) return problem;
    return `is another seal ${seal.seal} than at ${when(anchor)} (${this.#anchors?.path}): it was written anew`;
  }

  #follow(id: string, fields: Fields): void {
    const seq = Number(fields.seq ?? Number.NaN);
    if (fields.hash === undefined) this.#report(id, 'was put there by other means: it has no hash');
    else if (seq !== this.#seq + 1) {
      this.#report(id, `expected number ${this.#seq + 1}, got ${fields.seq ?? 'none'}: ${gap(this.#seq, seq)}`);
    } else if ((fields.prev ?? '') !== this.#hash || (fields.prev_sha256 ?? this.#sha256) !== this.#sha256) {
      this.#report(id, 'does not follow the entry before it: that one was altered or exchanged');
    }
  }

  #compare(id: string, seq: number, hash: string): void {
    const anchor = this.#kept.get(seq);
    if (anchor === undefined) return;
    this.#kept.delete(seq);
    if (anchor.hash === hash && (anchor.sha256 ?? this.#sha256) === this.#sha256) return;
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
    for (const [seal, anchor] of this.#keptSeals) {
      this.#report(
        '',
        `seal ${seal} of decisions, which was there at ${when(anchor)} (${this.#anchors?.path}), is gone`,
      );
    }
    const unheld = this.#seals.unheld();
    if (unheld !== undefined) this.#report('', unheld);
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

/**
 * The hashes an entry must have: over its texts up to `hash`, and up to `sha256` where it has that, each as
 * `<bytes>:<text>` (ledger-chain.lua).
 */
function digestsOf(flat: readonly Buffer[]): { readonly hash: string; readonly sha256: string } {
  const [sha1, sha256] = [createHash('sha1'), createHash('sha256')];
  let isBefore = true;
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const [name, value] = [flat[at] ?? Buffer.alloc(0), flat[at + 1] ?? Buffer.alloc(0)];
    if (name.toString() === 'hash') continue;
    isBefore &&= name.toString() !== 'sha256';
    for (const text of [name, value]) {
      for (const hash of isBefore ? [sha1, sha256] : [sha1]) hash.update(`${text.length}:`).update(text);
    }
  }
  return { hash: sha1.digest('hex'), sha256: sha256.digest('hex') };
}
