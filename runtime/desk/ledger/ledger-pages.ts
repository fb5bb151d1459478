import type { Redis } from 'ioredis';
import type { LedgerPage, LedgerRow } from '../../../schemas/api/ledger.ts';
import { timeOf } from '../../../schemas/time.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type LedgerEntry, ledgerEntries } from './entries.ts';

/** Among seals fewer entries than asked for are found in so many pages; what is older is on the next. */
const MOST_PAGES = 3;

/** An entry of the ledger as a row; a field that is missing is empty text. */
export function ledgerRow({ id, fields }: LedgerEntry): LedgerRow {
  const timeMs = timeOf(fields);
  const { action = '', actor = '', reason = '', gate = '', symbol = '', before = '', after = '' } = fields;
  const { seq = '', hash = '' } = fields;
  const at = timeMs === undefined ? null : timeMs / 1000;
  return { id, at, action, actor, reason, gate, symbol, before, after, seq, hash };
}

/** The newest entries of the ledger but the seals of decisions, newest first; with `before`, of those older than this id. */
export async function ledgerPage(
  redis: Redis,
  portfolio: Portfolio,
  { limit, before }: { readonly limit: number; readonly before: string | undefined },
): Promise<LedgerPage> {
  const { entries: found, lookedTo } = await ledgerEntries(redis, portfolio, {
    ...{ atMost: limit + 1, before, mostPages: MOST_PAGES },
  });
  const entries = found.slice(0, limit).map(ledgerRow);
  if (found.length > limit) return { entries, next: entries.at(-1)?.id ?? null };
  return { entries, next: lookedTo ?? null };
}
