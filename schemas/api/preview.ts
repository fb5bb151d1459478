import { z } from 'zod';
import { tradingStates } from '../governor.ts';
import { StreamId } from './shapes.ts';

/** The body of `POST /v1/preview`: a change that is not made. */
export const PreviewBody = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('kill') }),
  z.strictObject({ action: z.literal('release') }),
  z.strictObject({ action: z.literal('arm') }),
  z.strictObject({ action: z.literal('disarm') }),
  z.strictObject({ action: z.literal('loss_release') }),
  z.strictObject({ action: z.literal('loss_confirm') }),
  z.strictObject({ action: z.enum(['strategy_pause', 'strategy_resume']), strategy: z.string().max(128) }),
  z.strictObject({ action: z.literal('state'), trading_state: z.enum(tradingStates) }),
  z.strictObject({ action: z.literal('mode'), gate: z.string().max(100), mode: z.string().max(100) }),
  z.strictObject({ action: z.literal('clear'), symbol: z.string().max(128) }),
  z.strictObject({ action: z.literal('rollback'), gate: z.string().max(100), version: z.string().max(100).optional() }),
  z.strictObject({
    action: z.enum(['replay', 'drop']),
    stream: z.string().max(200),
    ids: z.array(StreamId).min(1).max(1000),
  }),
]);

/** A parsed `PreviewBody`. */
export type PreviewBody = z.output<typeof PreviewBody>;

/** What a change would do, in words for whoever has to confirm it. */
export const ActionPreview = z
  .object({
    scope: z.string().describe('What it is about'),
    effect: z.string().describe('What happens, and when'),
    count: z.number().int().describe('How many things it touches at once'),
    counted: z.string().describe('What was counted, in words'),
  })
  .meta({ id: 'ActionPreview' });

/** A parsed `ActionPreview`. */
export type ActionPreview = z.output<typeof ActionPreview>;
