import type { Redis } from 'ioredis';
import { streams } from '../../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { entriesBack } from '../../redis/entries-back.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { olderThan } from '../decisions/older-than.ts';
import { SEALED } from '../seals/seal.ts';

const PAGE = 1_000;
/** Pages that are looked through for entries that are no seals, unless fewer are said. */
const MOST_PAGES = 100;

/** One entry of the ops ledger. */
export interface LedgerEntry {
  readonly id: string;
  readonly fields: Fields;
}

/** Which entries are wanted: at most so many of the newest, from Unix ms on, older than an id, and whether seals are among them. */
export interface WantedEntries {
  readonly atMost: number;
  readonly fromMs?: number;
  readonly before?: string | undefined;
  readonly seals?: boolean;
  /** Pages of a thousand to look through at most. */
  readonly mostPages?: number;
  /** The entry that the search ends with. */
  readonly isLast?: (entry: LedgerEntry) => boolean;
}

/** The newest entries, newest first; `lookedTo` is the oldest id that was looked at where older ones were not. */
export interface FoundEntries {
  readonly entries: readonly LedgerEntry[];
  readonly lookedTo: string | undefined;
}

/** The newest entries of the ledger; the seals of the decision log, of which there are many, are left out unless asked for. */
export async function ledgerEntries(
  redis: Redis,
  portfolio: Portfolio,
  { atMost, fromMs = 0, before, seals = false, mostPages = MOST_PAGES, isLast }: WantedEntries,
): Promise<FoundEntries> {
  const key = portfolio.streamKey(streams.ledger);
  const oldest = fromMs <= 0 ? '-' : String(Math.floor(fromMs));
  const entries: LedgerEntry[] = [];
  let lookedTo = before;
  let size = atMost;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await entriesBack(redis, key, { newest: olderThan(lookedTo), oldest, count: size });
    for (const [id, flat] of page) {
      lookedTo = id;
      const fields = fieldsOf(flat);
      const entry = { id, fields };
      if (seals || fields.action !== SEALED) entries.push(entry);
      if (entries.length === atMost || isLast?.(entry)) return { entries, lookedTo };
    }
    if (page.length < size) return { entries, lookedTo: undefined };
    size = PAGE;
  }
  return { entries, lookedTo };
}
