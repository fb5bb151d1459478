import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Fields } from '../../../schemas/wire.ts';
import { markOf } from './ledger-key.ts';

/** The action of an entry of the ops ledger that is a seal. */
export const SEALED = 'decisions_sealed';
/** Who seals, in the ledger. */
const ACTOR = 'portcullis';

const Id = z.string().regex(/^\d+-\d+$/);
const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const Whole = z
  .string()
  .regex(/^[1-9]\d{0,15}$/)
  .transform(Number);

/** A closed range of the decision log, as the ledger has it. */
const SealFields = z.object({
  /** Number of the seal, from 1. */
  seal: Whole,
  /** Ids of the first and the last decision. */
  from: Id,
  to: Id,
  /** Decisions of the range. */
  count: Whole,
  /** Merkle root over them, hexadecimal. */
  root: Hash,
  /** Hash of the seal before; empty in the first. */
  before: z.union([z.literal(''), Hash]),
  /** Hash of this seal. */
  after: Hash,
  /** Hash of the entry of the ledger before this one: the head that it was sealed on. */
  prev: z.string(),
  /** Mark of the key, where one is set. */
  mac: z.string().optional(),
});
export type Seal = z.output<typeof SealFields>;

/** What a seal says of a range before it is in the ledger. */
export type Range = Pick<Seal, 'seal' | 'from' | 'to' | 'count' | 'root' | 'before'>;

/** The seal that the fields of an entry of the ledger are; undefined where they are none. */
export function sealOf(fields: Fields): Seal | undefined {
  return fields.action === SEALED ? SealFields.safeParse({ ...fields }).data : undefined;
}

/** The hash of a seal: SHA-256 over the JSON list of what it says and the hash of the one before. */
export function sealHash({ seal, from, to, count, root, before }: Range): string {
  return createHash('sha256')
    .update(JSON.stringify([seal, from, to, count, root, before]))
    .digest('hex');
}

/** What the mark of a seal is over: whose it is, the head of the ledger, the seal with all before it, and its root. */
export function markedOf(
  portfolio: string,
  { prev, seal, after, root }: Pick<Seal, 'prev' | 'seal' | 'after' | 'root'>,
): readonly (string | number)[] {
  return [portfolio, prev, seal, after, root];
}

/**
 * The fields of a seal in the ledger, before those of its chain: names and values in turn. `head` is the hash of the
 * entry it will follow, `at` is in Unix seconds.
 */
export function sealEntry(
  range: Range,
  about: { readonly portfolio: string; readonly head: string; readonly key: string | undefined; readonly at: number },
): string[] {
  const { portfolio, head, key, at } = about;
  const after = sealHash(range);
  const { seal, from, to, count, root, before } = range;
  const fields = {
    ...{ action: SEALED, actor: ACTOR, reason: `${count} decisions`, gate: '', symbol: '', before, after },
    ...{ timestamp: String(at), actor_known: 'worker', seal: String(seal), from, to, count: String(count), root },
  };
  const mac = key === undefined ? [] : ['mac', markOf(key, markedOf(portfolio, { prev: head, seal, after, root }))];
  return [...Object.entries(fields).flat(), ...mac];
}
