import { z } from 'zod';
import { list } from './shapes.ts';

/** What a month of the demo came to: US dollars, percent. */
const Month = z.object({
  end_usd: z.number().describe('Equity at its end'),
  lowest_usd: z.number(),
  max_drawdown_percent: z.number(),
  entry_permits: z.number().int(),
});

/** The demo's month with limits, and the same month without; only of a demo that was played with both. */
export const MonthPair = z
  .object({
    without: Month,
    with: Month,
    settings: z.record(z.string(), z.string()).describe('The limits'),
    losses: list(
      z.object({
        at: z.string().describe('ISO 8601, by the clock of the demo'),
        event: z.string().describe('LOSS_LIMIT where one was reached, LOSS_RELEASED where one was let go'),
        reason: z.string(),
      }),
    ),
    cost_usd: z.number().describe('Equity at the end without the limits less that with them'),
    drawdown_spared_percent: z.number().describe('Points by which the largest drawdown is smaller with them'),
  })
  .meta({ id: 'MonthPair' });

/** A parsed `MonthPair`. */
export type MonthPair = z.output<typeof MonthPair>;
