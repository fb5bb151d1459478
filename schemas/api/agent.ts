import { z } from 'zod';
import { Because, words } from './change.ts';
import { identifier } from './shapes.ts';

/** The exits that the heat gate judges (contract §1). */
const exits = ['FULL_CLOSE', 'PARTIAL_75', 'PARTIAL_50', 'PARTIAL_25'] as const;

/** The body of `POST /v1/proposals`. */
export const ProposalBody = z.strictObject({
  symbol: identifier.describe('Such as `BTCUSDT`'),
  action: z.enum(exits).describe('How much of the position to close'),
  reason: words('why it should be closed').describe('Why it should be closed, such as `take_profit`'),
  strategy: identifier.optional().describe('Who proposes; a token of a strategy says so itself'),
});

/** A proposed exit, as it was written. */
export const ProposalAnswer = z
  .object({
    plan_id: z.string().describe('Made for it: its way is at /v1/plans/{id}'),
    id: z.string().describe('Stream id of the entry in harvest.proposal'),
  })
  .meta({ id: 'Proposal' });

/** What only tightens. */
const tightenings = ['reduce_only', 'pause', 'kill'] as const;

/** The body of `POST /v1/tighten`. */
export const TightenBody = z.strictObject({
  ...Because,
  to: z
    .enum(tightenings)
    .describe('`reduce_only`: only what closes passes. `pause`: the strategy opens nothing. `kill`: nothing passes'),
  strategy: identifier.optional().describe('Which strategy to pause; a token of a strategy pauses its own'),
});

/** What was tightened: the same before and after where it was as tight already. */
export const TightenAnswer = z
  .object({ to: z.enum(tightenings), before: z.string(), after: z.string() })
  .meta({ id: 'Tightened' });
