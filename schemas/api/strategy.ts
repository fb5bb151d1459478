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

const figureOrNull = z.number().nullable();

/** A strategy as it stands. */
const StrategyNow = z.object({
  strategy: z.string(),
  state,
  reserved: z.number().int().describe('Permits whose order does not show in a position yet'),
  reserved_usd: z.number().describe('What these keep room for, US dollars'),
  used: z
    .object({
      symbols: figureOrNull.optional().describe('Symbols that it holds or has reserved'),
      held_usd: figureOrNull.optional().describe('What it holds beside what is reserved, US dollars'),
      permits_hour: figureOrNull.optional().describe('Its OPEN permits within an hour'),
    })
    .optional()
    .describe('What limits of strategies count, each where one is set; null is not known'),
  limits: z
    .object({
      share_pct: z.number().optional().describe('Percent of the total cap'),
      max_usd: z.number().optional().describe('What that is, US dollars'),
      max_positions: z.number().optional().describe('Symbols held or reserved'),
      max_permits_hour: z.number().optional().describe('OPEN permits within an hour'),
    })
    .optional()
    .describe('Its own limits, each where it has one'),
});

/** A parsed `StrategyNow`. */
export type StrategyNow = z.output<typeof StrategyNow>;

/** The strategies that are known of: those that limits name, that hold something, or that keep room under the caps. */
export const Strategies = z
  .object({
    strategies: list(StrategyNow),
    unattributed_usd: figureOrNull
      .optional()
      .describe("What is held and is no strategy's, US dollars, where what they hold is limited; null is not known"),
  })
  .meta({ id: 'Strategies' });

/** A parsed `Strategies`. */
export type Strategies = z.output<typeof Strategies>;
