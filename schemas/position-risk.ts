import { z } from 'zod';

/** What the risk of a position rests on: gross notional in US dollars, volatility of a day. */
export const PricedPosition = z.object({ symbol: z.string(), notional_usd: z.number(), sigma: z.number() });

/** Parsed `PricedPosition`. */
export type PricedPosition = z.output<typeof PricedPosition>;

/** What a position adds to the risk of the portfolio, US dollars: heat, and what is said of it, ask here alone (contract §1). */
export function riskOf({ notional_usd, sigma }: PricedPosition): number {
  return Math.min(notional_usd * sigma, Number.MAX_VALUE);
}
