import type { Redis } from 'ioredis';
import type { Effect } from '../../../handlers/contract/effects.ts';
import type { KeyedRead, Read, Scored } from '../../../handlers/contract/reads.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Guard } from '../commit/commit.ts';
import type { PortfolioViews } from '../views/portfolio-views.ts';
import type { ReadPages, StreamPosition } from '../views/stream-view.ts';
import type { Replies } from './at-rest.ts';
import { overlaid, type Raw } from './overlay.ts';
import { type PolicyRead, policyKeysOf, policyRead } from './policy-read.ts';
import {
  type Found,
  type FoundAll,
  type KeyToRead,
  nameOf,
  type Reads,
  readKeys,
  rightType,
  unionOf,
  WRONG,
  wayOf,
} from './read-script.ts';

/** What facts take of the views of a portfolio: those a worker keeps, or some that are looked at once. */
export interface FactViews extends Pick<PortfolioViews, 'compute'> {
  /** Brings them up to date; `read` reads what is new in the streams they follow, and the facts with it. */
  catchUp(redis: Redis, read: ReadPages): Promise<void>;
}

/** Everything a batch is judged on, read at one moment of Redis's clock. */
export class Facts {
  readonly nowMs: number;
  /** How many commits the portfolio had had. */
  readonly commits: number;
  readonly mode: string | null;
  readonly policyVersion: string | null;
  /** The version that the key of the policy names: another one only where somebody outside wrote it. */
  readonly storedVersion: string | null;
  /** JSON text of the settings that the policy says instead of the environment; null without any. */
  readonly policySettings: string | null;
  /** JSON text of the policy that is judged by beside the one in force; null without any. */
  readonly candidate: string | null;
  /** What Redis said of the keys, before it was understood. */
  readonly replies: Replies;
  /** By key without its prefix: one for each way in which it was read. */
  readonly #raw: ReadonlyMap<string, Raw[]>;
  readonly #views: FactViews;
  readonly #held: ReadonlyMap<string, Guard>;
  #token: string;
  /** Facts by the settings and the reads they were asked for with: the same for all messages of a gate that asks with the same objects. */
  readonly #known = new Map<unknown, Map<Reads, Record<string, unknown>>>();

  constructor(
    views: FactViews,
    read: {
      nowMs: number;
      commits: number;
      policy: PolicyRead;
      token: string;
      replies: Replies;
      raw: ReadonlyMap<string, Raw[]>;
      held: Map<string, Guard>;
    },
  ) {
    this.#views = views;
    this.#raw = read.raw;
    this.#held = read.held;
    this.replies = read.replies;
    this.nowMs = read.nowMs;
    this.commits = read.commits;
    this.mode = read.policy.mode;
    this.policyVersion = read.policy.version;
    this.storedVersion = read.policy.storedVersion;
    this.policySettings = read.policy.settings;
    this.candidate = read.policy.candidate;
    this.#token = read.token;
  }

  /** The facts of a message's reads, with what earlier messages of the batch wrote already in them. */
  of(reads: Reads, settings: unknown): Record<string, unknown> {
    const asked = this.#known.get(settings) ?? new Map<Reads, Record<string, unknown>>();
    const known = asked.get(reads);
    if (known !== undefined) return known;
    const facts: Record<string, unknown> = {};
    for (const name of Object.keys(reads)) facts[name] = this.#fact(reads[name] as Read<unknown>, settings);
    this.#known.set(settings, asked.set(reads, facts));
    return facts;
  }

  /** The state token, as it will be once all that these facts were told of is committed. */
  get token(): string {
    return this.#token;
  }

  /** What must still hold when the batch is committed. */
  guards(): readonly Guard[] {
    return [...this.#held.values()];
  }

  /** Shows later messages of the batch what this effect will have written. */
  overlay(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do === 'emit' || effect.do === 'later') continue;
      if (effect.do === 'take' || effect.do === 'push') continue;
      const raws = this.#raw.get(effect.key);
      if (raws === undefined) continue;
      this.#known.clear();
      for (let at = 0; at < raws.length; at += 1) raws[at] = overlaid(raws[at] as Raw, effect, this.nowMs);
    }
  }

  /** Shows what comes behind a message what that will have written, the state token included. */
  advance(effects: readonly Effect[], token: string): void {
    this.overlay(effects);
    this.#token = token;
  }

  #fact(read: Read<unknown>, settings: unknown): unknown {
    if (read.read === 'computed') return this.#views.compute(read.compute, settings, this.nowMs);
    const raw = this.#raw.get(read.key)?.find(({ kind }) => kind === read.read);
    if (raw === undefined) throw new Error(`expected ${read.key} to have been read`);
    return raw.kind === 'scores' ? raw.members : raw;
  }
}

/** Reads what all messages of a batch ask for in one round trip, and brings the views up to date with it. */
export async function readFacts(
  redis: Redis,
  portfolio: Portfolio,
  views: FactViews,
  about: { gate: string; tokenKey: string; reads: readonly Reads[] },
): Promise<Facts> {
  const { keyed, held, computes } = unionOf(about.reads);
  const toRead: KeyToRead[] = [...keyed.values()].map((read) => ({ key: portfolio.key(read.key), as: wayOf(read) }));
  toRead.push({ key: portfolio.key(runtimeKeys.commits), as: 'text' });
  if (portfolio.simulatedClock) toRead.push({ key: portfolio.key(runtimeKeys.simulatedClock), as: 'text' });
  const from = { ...policyKeysOf(portfolio, about.gate), token: about.tokenKey, keys: toRead };
  let found: FoundAll | undefined;
  const read = async (streams: readonly StreamPosition[]) => {
    const all = await readKeys(redis, { ...from, streams });
    found = all;
    const atMs = clock(portfolio, all);
    return all.streams.map((page) => ({ ...page, atMs }));
  };
  if (computes) await views.catchUp(redis, read);
  else await read([]);
  if (found === undefined) throw new Error('expected the facts to have been read with the views');
  return factsFrom(portfolio, views, { keyed: [...keyed], held, from }, found);
}

function factsFrom(
  portfolio: Portfolio,
  views: FactViews,
  reads: {
    keyed: readonly [string, KeyedRead][];
    held: readonly KeyedRead[];
    from: ReturnType<typeof policyKeysOf>;
  },
  found: FoundAll,
): Facts {
  const raw = new Map<string, Raw[]>();
  const byName = new Map<string, Found>();
  for (const [at, [name, read]] of reads.keyed.entries()) {
    const reply = found.keys[at] as Found;
    const raws = raw.get(read.key);
    if (raws === undefined) raw.set(read.key, [rawOf(read, reply)]);
    else raws.push(rawOf(read, reply));
    byName.set(name, reply);
  }
  const held = new Map<string, Guard>();
  for (const read of reads.held) {
    const name = nameOf(read);
    for (const guard of guardsOf(portfolio, read, rightType(byName.get(name) as Found))) {
      held.set(`${name} ${guard.field ?? ''}`, guard);
    }
  }
  const policy = policyRead(portfolio, found);
  const token = textOf(resultOf(found.token) as Buffer | null) ?? '';
  const commits = commitsOf(found.keys[reads.keyed.length] ?? null);
  const replies = { ...reads.from, found, read: byName };
  return new Facts(views, { nowMs: clock(portfolio, found), commits, policy, token, replies, raw, held });
}

function clock(portfolio: Portfolio, { time, keys: found }: FoundAll): number {
  if (!portfolio.simulatedClock) return Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000);
  const nowMs = Number(textOf(resultOf(found.at(-1) ?? null) as Buffer | null) ?? Number.NaN);
  if (!Number.isFinite(nowMs))
    throw new Error(`expected a simulated time in ${portfolio.key(runtimeKeys.simulatedClock)}, got none`);
  return nowMs;
}

/** A count that cannot be read is none: that is as if it had gone back. */
function commitsOf(found: Found): number {
  const count = found instanceof Error ? Number.NaN : Number(textOf(found as Buffer | null) ?? 0);
  return Number.isSafeInteger(count) ? count : 0;
}

function textOf(value: Buffer | null): string | null {
  return value === null ? null : String(value);
}

function resultOf<T>(found: T | Error): T {
  if (found instanceof Error) throw found;
  return found;
}

function rawOf(read: KeyedRead, found: Found): Raw {
  const result = rightType(found);
  const wrongType = result === WRONG;
  switch (read.read) {
    case 'hash': {
      const flat = wrongType ? [] : (result as readonly Buffer[]);
      return { kind: 'hash', fields: flat.length === 0 ? null : fieldsOf(flat.map(String)), wrongType };
    }
    case 'text':
      return { kind: 'text', text: wrongType ? null : textOf(result as Buffer | null), wrongType };
    case 'scores':
      return { kind: 'scores', members: wrongType ? null : scored(result as readonly Buffer[]) };
  }
}

function scored(flat: readonly Buffer[]): Scored[] {
  const members: Scored[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    members.push({ member: String(flat[i]), score: Number(flat[i + 1]) });
  }
  return members;
}

function guardsOf(portfolio: Portfolio, read: KeyedRead, result: unknown): readonly Guard[] {
  const key = portfolio.key(read.key);
  const as = (value: () => Buffer | null | undefined) => (result === WRONG ? { value: '!type' } : exactly(value()));
  if (read.read === 'text') return [{ key, ...as(() => result as Buffer | null) }];
  if (read.read !== 'hash') return [];
  return read.held.map((field) => ({ key, field, ...as(() => fieldOf(result as Buffer[], field)) }));
}

/** What is held is compared byte by byte: bytes that are no UTF-8 would never be equal to the text read of them. */
function exactly(value: Buffer | null | undefined): Pick<Guard, 'value' | 'hex'> {
  if (value === null || value === undefined) return { value: false };
  const text = String(value);
  return Buffer.from(text).equals(value) ? { value: text } : { value: value.toString('hex'), hex: true };
}

function fieldOf(flat: readonly Buffer[], field: string): Buffer | undefined {
  for (let i = 0; i + 1 < flat.length; i += 2) if (String(flat[i]) === field) return flat[i + 1];
  return undefined;
}
