import type { Redis } from 'ioredis';
import { type KeyedRead, LOWEST_READ, type Read } from '../../../handlers/contract/reads.ts';
import { luaScript, runScriptBuffer } from '../../redis/lua.ts';
import { isWrongType } from '../../redis/problem.ts';
import { type StreamPage, type StreamPosition, UNREADABLE } from '../views/stream-view.ts';

/** A key to read, by its whole name, and how. */
export interface KeyToRead {
  readonly key: string;
  readonly as: KeyedRead['read'] | 'lowest';
}

/** What one key holds: an `Error` where it is of another type than was asked for. */
export type Found = Error | Buffer | readonly Buffer[] | null;

/** What a key of another type than was asked for holds. */
export const WRONG = Symbol('wrong type');

/** What a key holds, where it is of the type that was asked for. Throws what Redis answers besides. */
export function rightType(found: Found): Exclude<Found, Error> | typeof WRONG {
  if (!(found instanceof Error)) return found;
  if (isWrongType(found)) return WRONG;
  throw found;
}

/** What all keys of a batch held at one moment of Redis. */
export interface FoundAll {
  /** Seconds and microseconds of Redis's clock. */
  readonly time: readonly [seconds: Buffer, micros: Buffer];
  readonly policy: Error | readonly (Buffer | null)[];
  /** The newest entry of the policy's history. */
  readonly history: Entries;
  readonly token: Found;
  readonly keys: readonly Found[];
  /** What is new in the streams; one of another type says so. */
  readonly streams: readonly StreamPage[];
}

/** How the script reads a key. */
export const LETTERS: Readonly<Record<KeyToRead['as'], string>> = { hash: 'h', text: 't', scores: 'z', lowest: 'l' };

/** Few are new from one batch to the next; a view that is far behind reads on by itself. */
const PAGE = 50;
/** The last rank of `lowest`, and the page, as the script takes them. */
const LIMITS = [String(LOWEST_READ - 1), String(PAGE)];

const READ = luaScript('portcullisRead', new URL('./read.lua', import.meta.url));

/** Entries of a stream; an `Error` where it is none. */
export type Entries = Error | readonly (readonly [id: Buffer, flat: Buffer[]])[];

/** Reads the policy of a gate (mode, version, settings, candidate), the newest of its history, its state token, any number of keys and what is new in streams, all at one moment and exact to the byte. */
export async function readKeys(
  redis: Redis,
  about: {
    readonly policy: string;
    readonly history: string;
    readonly token: string;
    readonly keys: readonly KeyToRead[];
    readonly streams: readonly StreamPosition[];
  },
): Promise<FoundAll> {
  const { keys, streams } = about;
  const names = [
    about.policy,
    about.history,
    about.token,
    ...keys.map(({ key }) => key),
    ...streams.map(({ key }) => key),
  ];
  const kinds = keys.map(({ as }) => LETTERS[as]).join('');
  const from = streams.map(({ after }) => after);
  const reply = await runScriptBuffer(redis, READ, names, [kinds, ...LIMITS, ...from]);
  const [time, policy, history, token, found, entries] = reply as [
    FoundAll['time'],
    FoundAll['policy'],
    Entries,
    Found,
    readonly Found[],
    readonly Entries[],
  ];
  return { time, policy, history, token, keys: found, streams: entries.map(pageOf) };
}

function pageOf(found: Entries): StreamPage {
  if (found instanceof Error) {
    if (isWrongType(found)) return UNREADABLE;
    throw found;
  }
  return { entries: found.map(([id, flat]) => [String(id), flat.map(String)]), more: found.length === PAGE };
}

/** What one message asks for. */
export type Reads = Readonly<Record<string, Read<unknown>>>;

/** What a batch asks for. */
export interface ReadUnion {
  /** By `nameOf`. */
  readonly keyed: Map<string, KeyedRead>;
  /** Those that must be unchanged when the batch is committed. */
  readonly held: KeyedRead[];
  /** Whether anything is computed from the views. */
  readonly computes: boolean;
}

/** What to read for all messages of a batch: many ask with the same objects. */
export function unionOf(all: readonly Reads[]): ReadUnion {
  const keyed = new Map<string, KeyedRead>();
  const held: KeyedRead[] = [];
  const seen = new Set<Read<unknown>>();
  let computes = false;
  for (const reads of new Set(all)) {
    for (const name of Object.keys(reads)) {
      const read = reads[name] as Read<unknown>;
      if (seen.has(read)) continue;
      seen.add(read);
      if (read.read === 'computed') computes = true;
      else unite(read, keyed, held);
    }
  }
  return { keyed, held, computes };
}

function unite(read: KeyedRead, keyed: Map<string, KeyedRead>, held: KeyedRead[]): void {
  const name = nameOf(read);
  const known = keyed.get(name);
  if (known === undefined) keyed.set(name, read);
  if (isHeld(read) && !(known !== undefined && heldOf(known) === heldOf(read))) held.push(read);
}

/** Names a key and the way in which it is read. */
export function nameOf(read: KeyedRead): string {
  return `${wayOf(read)} ${read.key}`;
}

/** The way in which a key is read. */
export function wayOf(read: KeyedRead): KeyedRead['read'] | 'lowest' {
  return read.read === 'scores' && read.lowest === true ? 'lowest' : read.read;
}

function isHeld(read: KeyedRead): boolean {
  return (read.read === 'text' && read.held === true) || (read.read === 'hash' && read.held.length > 0);
}

function heldOf(read: KeyedRead): unknown {
  return read.read === 'scores' ? undefined : read.held;
}
