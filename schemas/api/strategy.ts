import { z } from 'zod';
import { list } from './shapes.ts';

const state = z.enum(['active', 'paused']).describe('paused: it opens nothing, and its closes pass');

/** What pausing or resuming a strategy came to. */
export const StrategyPaused = z
  .object({
    strategy: z.string(),
    before: state,
    after: state,
    version: z.string().describe('Version of the policy of the governor that says so; empty before the first'),
  })
  .meta({ id: 'StrategyPaused' });

/** A parsed `StrategyPaused`. */
export type StrategyPaused = z.output<typeof StrategyPaused>;

/** A strategy as it stands. */
const StrategyNow = z.object({
  strategy: z.string(),
  state,
  reserved: z.number().int().describe('Permits whose order does not show in a position yet'),
  reserved_usd: z.number().describe('What these keep room for, US dollars'),
});

/** A parsed `StrategyNow`. */
export type StrategyNow = z.output<typeof StrategyNow>;

/** The strategies that are known of: those that limits name, and those that keep room under the caps. */
export const Strategies = z.object({ strategies: list(StrategyNow) }).meta({ id: 'Strategies' });
