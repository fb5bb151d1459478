import { z } from 'zod';
import { Identifier } from './identifier.ts';

/** The end of a symbol's cooldown, as it was expected when the permit was given. */
export interface CooldownEnd {
  readonly symbol: string;
  readonly planId: string;
  readonly action: string;
}

/** Parses an entry of the cooldown's tick stream. */
export const CooldownEnd: z.ZodType<CooldownEnd> = z
  .object({ symbol: Identifier, plan_id: Identifier, action: Identifier })
  .transform((entry) => ({ symbol: entry.symbol, planId: entry.plan_id, action: entry.action }));
