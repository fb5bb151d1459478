import { z } from 'zod';
import { LoggedCheck } from './decision.ts';
import { parseJson } from './json.ts';

const checks = z.array(LoggedCheck).readonly();

/** The prices between which an order may be executed, US dollars; absent without a collar. */
export const PriceRange = z.object({ max_price: z.number(), min_price: z.number() });
export type PriceRange = z.output<typeof PriceRange>;

/** A permit as its key holds it (contract §4): quantity in the base asset, notional in US dollars, time in Unix seconds. */
export const Permit = z.object({
  granted: z.literal(true),
  symbol: z.string(),
  action: z.string(),
  strategy: z.string().optional(),
  decision: z.string(),
  computed_qty: z.number().nullable(),
  computed_notional: z.number().nullable(),
  /** What was asked for, of one that was resized: quantity, or notional where no quantity was. */
  asked_qty: z.number().optional(),
  asked_notional: z.number().optional(),
  reduceOnly: z.boolean(),
  created_at: z.number(),
  mode: z.string(),
  dry_run: z.boolean().default(false),
  ...PriceRange.partial().shape,
  checks,
});
export type Permit = z.output<typeof Permit>;

/** A block as its key holds it (contract §4): time in Unix seconds. */
export const Block = z.object({
  reason: z.string(),
  timestamp: z.number(),
  symbol: z.string(),
  strategy: z.string().optional(),
  checks,
});
export type Block = z.output<typeof Block>;

/** The permit or block that a key's JSON text spells; throws, with the text, where it spells none. */
export function parseStored<T>(schema: z.ZodType<T>, what: string, text: string): T {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new Error(`expected the JSON of a ${what}, got ${text.slice(0, 200)}`);
}
