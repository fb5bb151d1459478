import { z } from 'zod';
import { Identifier } from './identifier.ts';
import { magnitude } from './number.ts';
import { parseBoolean } from './wire.ts';

/** What an executor says became of a plan (contract §4). */
export interface ApplyResult {
  readonly planId: string;
  readonly symbol: string;
  /** Undefined when the entry does not say, or not readably. */
  readonly executed: boolean | undefined;
  /** What was executed, where the entry says so. */
  readonly action: string | undefined;
  /** Absolute quantity that was executed, where the entry says so. */
  readonly qty: number | undefined;
  /** Whether it only answers a repeat of a plan that may have run. */
  readonly duplicate: boolean;
}

/** Parses an entry of `apply.result`: needs a usable `plan_id`. */
export const ApplyResult: z.ZodType<ApplyResult> = z
  .object({
    plan_id: Identifier,
    symbol: z.string().optional(),
    action: z.string().optional(),
    executed: z.string().optional(),
    qty: z.string().optional(),
    error: z.string().optional(),
  })
  .transform((entry) => ({
    planId: entry.plan_id,
    symbol: entry.symbol ?? '',
    executed: parseBoolean(entry.executed),
    action: entry.action?.trim() || undefined,
    qty: magnitude(entry.qty),
    duplicate: /\bduplicate_plan\b/i.test(entry.error ?? ''),
  }));
