import { z } from 'zod';
import { lossKinds } from '../loss-limits.ts';
import { list, UnixSeconds } from './shapes.ts';

const kind = z.enum(lossKinds).describe('What the loss is counted against');

/** What is kept of losses: bases, what the last reading lost of each, and the limits that are held. */
export const KeptLossesAnswer = z
  .object({
    state: z.enum(['none', 'unreadable', 'kept']).describe('none: no loss limit was ever set'),
    lost: z.string().nullable().describe('Where it was lost and not confirmed since: redis or file'),
    equity_usd: z.number().nullable().describe('Of the last reading'),
    read_at: UnixSeconds.nullable(),
    bases: list(
      z.object({
        kind,
        since: UnixSeconds,
        base_usd: z.number().describe('Without what came and went since'),
        loss_usd: z.number(),
        loss_pct: z.number().describe('Percent of the base with what came and went since'),
      }),
    ),
    tripped: list(
      z.object({
        kind,
        reason: z.string(),
        setting: z.string().describe('The setting of the limit'),
        loss: z.string().describe('With its unit'),
        limit: z.string().describe('With its unit'),
        at: UnixSeconds,
      }),
    ),
    paused: list(
      z.object({
        symbol: z.string().describe('* for all symbols'),
        losses: z.number().int().describe('Trades that lost one after the other'),
        limit: z.number().int(),
        at: UnixSeconds.describe('The last of them: the pause counts from there'),
      }),
    ).describe('Limits on losses in a row that were reached'),
    paused_unreadable: z.boolean().describe('Whether what is kept of those cannot be read: then nothing opens'),
  })
  .meta({ id: 'KeptLosses' });

/** A parsed `KeptLossesAnswer`. */
export type KeptLossesAnswer = z.output<typeof KeptLossesAnswer>;

/** What a release let go. */
export const LossReleasedAnswer = z
  .object({ released: z.string().describe('Kinds of loss, a comma list') })
  .meta({ id: 'LossReleased' });

/** What was confirmed. */
export const LossConfirmedAnswer = z
  .object({ confirmed: z.string().describe('redis, file or unreadable') })
  .meta({ id: 'LossConfirmed' });
