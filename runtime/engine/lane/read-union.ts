import type { KeyedRead, Read } from '../../../handlers/contract/reads.ts';

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
