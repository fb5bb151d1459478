import type { Redis } from 'ioredis';
import type { LedgerPage, LedgerRow } from '../../../schemas/api/ledger.ts';
import { streams } from '../../../schemas/keys.ts';
import { timeOf } from '../../../schemas/time.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { olderThan } from '../decisions/older-than.ts';
import type { LedgerEntry } from './ledger.ts';

/** An entry of the ledger as a row; a field that is missing is empty text. */
export function ledgerRow({ id, fields }: LedgerEntry): LedgerRow {
  const timeMs = timeOf(fields);
  const { action = '', actor = '', reason = '', gate = '', symbol = '', before = '', after = '' } = fields;
  const { seq = '', hash = '' } = fields;
  const at = timeMs === undefined ? null : timeMs / 1000;
  return { id, at, action, actor, reason, gate, symbol, before, after, seq, hash };
}

/** The newest entries of the ledger, newest first; with `before`, of those older than this id. */
export async function ledgerPage(
  redis: Redis,
  portfolio: Portfolio,
  { limit, before }: { readonly limit: number; readonly before: string | undefined },
): Promise<LedgerPage> {
  const found = await redis.xrevrange(portfolio.streamKey(streams.ledger), olderThan(before), '-', 'COUNT', limit + 1);
  const entries = found.slice(0, limit).map(([id, flat]) => ledgerRow({ id, fields: fieldsOf(flat) }));
  return { entries, next: found.length > limit ? (entries.at(-1)?.id ?? null) : null };
}
