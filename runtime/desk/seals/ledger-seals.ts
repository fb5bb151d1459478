import type { Redis } from 'ioredis';
import { streams } from '../../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { entriesBack } from '../../redis/entries-back.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { olderThan } from '../decisions/older-than.ts';
import { SEALED, type Seal, sealOf } from './seal.ts';

const PAGE = 500;
/** The newest seal is mostly among these. */
const FIRST_PAGE = 10;

/** The newest entry of a ledger, and the newest seal in it; empty texts and undefined where there is none. */
export interface SealHead {
  readonly id: string;
  readonly seq: number;
  readonly hash: string;
  readonly sha256: string;
  readonly seal: Seal | undefined;
}

/** The newest entry of the ledger and its newest seal, looked for from the end on. */
export async function sealHead(redis: Redis, portfolio: Portfolio): Promise<SealHead> {
  const key = portfolio.streamKey(streams.ledger);
  let head: Omit<SealHead, 'seal'> | undefined;
  let before: string | undefined;
  for (let size = FIRST_PAGE; ; size = PAGE) {
    const page = await entriesBack(redis, key, { newest: olderThan(before), count: size });
    for (const [id, flat] of page) {
      const fields = fieldsOf(flat);
      head ??= { id, seq: Number(fields.seq ?? 0), hash: fields.hash ?? '', sha256: fields.sha256 ?? '' };
      const seal = sealOf(fields);
      if (seal !== undefined) return { ...head, seal };
    }
    before = page.at(-1)?.[0];
    if (before === undefined || page.length < size) break;
  }
  return { ...(head ?? { id: '', seq: 0, hash: '', sha256: '' }), seal: undefined };
}

/** The entries of the ledger that are seals, oldest first, as their fields; from a time on (Unix ms, of the entry). */
export async function sealEntries(redis: Redis, portfolio: Portfolio, fromMs = 0): Promise<Fields[]> {
  const key = portfolio.streamKey(streams.ledger);
  const found: Fields[] = [];
  let from = String(Math.max(0, Math.floor(fromMs)));
  for (;;) {
    const page = await redis.xrange(key, from, '+', 'COUNT', PAGE);
    for (const [, flat] of page) {
      const fields = fieldsOf(flat);
      if (fields.action === SEALED) found.push(fields);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return found;
    from = `(${last[0]}`;
  }
}
