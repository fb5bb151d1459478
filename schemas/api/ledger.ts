import { z } from 'zod';
import { list, StreamId, UnixSeconds } from './shapes.ts';

/** An entry of the ops ledger: who changed what, when and why. */
export const LedgerRow = z
  .object({
    id: StreamId,
    at: UnixSeconds.nullable(),
    action: z.string(),
    actor: z.string(),
    reason: z.string(),
    gate: z.string(),
    symbol: z.string(),
    before: z.string(),
    after: z.string(),
    seq: z.string().describe('Its number; empty in entries from before the ledger was chained'),
    hash: z.string(),
  })
  .meta({ id: 'LedgerRow' });

/** A parsed `LedgerRow`. */
export type LedgerRow = z.output<typeof LedgerRow>;

/** Entries of the ledger, newest first. */
export const LedgerPage = z.object({ entries: list(LedgerRow), next: StreamId.nullable() }).meta({ id: 'LedgerPage' });

/** A parsed `LedgerPage`. */
export type LedgerPage = z.output<typeof LedgerPage>;

/** What a look over the whole ledger found. */
export const LedgerVerdict = z
  .object({
    whole: z.boolean(),
    entries: z.number().int(),
    unchained: z.number().int(),
    seq: z.number().int(),
    head: z.string().describe('Hash of the newest entry; to be kept elsewhere'),
    problems: list(z.object({ id: z.string(), problem: z.string() })),
  })
  .meta({ id: 'LedgerVerdict' });
