import { z } from 'zod';
import { tradingStates } from './governor.ts';

const amount = z.number().finite().nonnegative();
const count = z.number().int().nonnegative();

/**
 * What is to be taken as given instead of what Redis says; all that is left out is as it is now. US dollars, counts, and
 * seconds since the last permit of the symbol.
 */
export const Hypothesis = z.strictObject({
  equity_usd: z.number().finite().optional(),
  heat: amount.optional(),
  kill: z.enum(['on', 'off']).optional(),
  trading_state: z.enum(tradingStates).optional(),
  armed: z.boolean().optional(),
  positions: count.optional(),
  gross_notional_usd: amount.optional(),
  budget_usd: amount.optional(),
  since_last_permit_sec: amount.optional(),
  permits_hour: count.optional(),
  permits_5min: count.optional(),
  permits_minute: count.optional(),
  mode: z.string().optional(),
});

/** A parsed `Hypothesis`. */
export type Hypothesis = z.output<typeof Hypothesis>;

const member = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** One question: an entry as a producer would write it (numbers and booleans may be JSON's own), for the gate named or the one it belongs to. */
export const Question = z.strictObject({
  gate: z.string().optional(),
  entry: z.record(z.string(), member),
  state: Hypothesis.optional(),
});

/** A parsed `Question`. */
export type Question = z.output<typeof Question>;

/** A question, or up to 1,000. */
export const Questions = z.union([Question, z.array(Question).min(1).max(1000)]);
