import { z } from 'zod';
import { proofKinds } from '../effect-proof.ts';
import { WatchedActivation } from './activation.ts';
import { FieldTexts, list, SkippedCheck } from './shapes.ts';

const figure = z.number().nullable();

const ProvenFact = z
  .object({
    count: z.number().int(),
    last_at: figure.describe('Unix seconds'),
    last_plan_id: z.string().describe('Empty before the first'),
  })
  .meta({ id: 'ProvenFact' });

const EffectProof = z
  .object({
    ...Object.fromEntries(proofKinds.map((kind) => [kind, ProvenFact])),
    since: figure.describe('Unix seconds from which on this was looked at; null where it never was'),
    calibrated_readers: list(
      z.object({
        group: z.string(),
        idle_sec: figure.describe('Seconds since a consumer of it last asked; null without consumers'),
        waiting: z.number().int().describe('Entries that it has not been given yet'),
      }),
    ).describe('Consumer groups that read harvest.calibrated'),
  })
  .meta({ id: 'EffectProof' });

/** What an operator sees first, as `portcullis status` shows it. */
export const Status = z
  .object({
    portfolio: z.string(),
    at: z.number().describe('Unix seconds by Redis’s clock'),
    portfolio_at: z.number().describe('Unix seconds by the clock of the portfolio: the demo’s is simulated'),
    modes: list(
      z.object({
        gate: z.string(),
        mode: z.string(),
        actor: z.string(),
        reason: z.string(),
        since: z.string(),
        limits: FieldTexts.describe('The limits that an operator set'),
        skips: list(SkippedCheck).describe('The checks that its mode leaves out, or that refuse nothing in it'),
      }),
    ),
    heat: z
      .object({
        heat: figure,
        bucket: z.string(),
        reason: z.string(),
        equity_usd: figure,
        age_sec: figure,
      })
      .nullable(),
    trading: z.object({
      trading_state: z.string(),
      armed: z.boolean(),
      kill: z.enum(['on', 'off']),
      restored_at: figure.describe('Unix seconds of a restore from a backup that nobody has released'),
      actor: z.string(),
      reason: z.string(),
      since: z.string(),
      holds: list(z.object({ reason: z.string(), words: z.string(), do: z.string() })).describe(
        'What else refuses OPEN plans, and what ends it',
      ),
    }),
    dropped_limits: z
      .array(z.string())
      .describe('Limits of the originals that running workers were given and that are not in force here, NAME=value')
      .readonly(),
    effect_proof: EffectProof.describe('Whether somebody acts on what the gates write'),
    activations: list(WatchedActivation).describe('The last activation of each gate that had one'),
    feeds: z.object({
      collected: list(
        z.object({
          feed: z.string(),
          state: z.string(),
          age_sec: figure,
          source: z.string(),
          worker: z.string(),
          error: z.string(),
        }),
      ),
      doubt: z.string(),
      events: z.string().describe("What is wrong with the stream of the account's events; empty where nothing is"),
      differences: list(
        z.object({
          symbol: z.string(),
          exchange_qty: z.number(),
          other_qty: z.number(),
          where: z.string(),
          since: z.number(),
        }),
      ),
    }),
    lanes: list(
      z.object({
        handler: z.string(),
        stream: z.string(),
        group: z.string(),
        ageMs: z.number(),
        pending: z.number().int(),
        undelivered: z.number().int(),
        oldestPendingMs: z.number(),
        deadLetters: z.number().int(),
        lastDeliveredId: z.string(),
        source: z.enum(['none', 'ids', 'lag', 'counted']),
      }),
    ),
    streams_ahead: list(z.object({ stream: z.string(), problem: z.string(), do: z.string() })).describe(
      'Streams that are ahead of Redis’s clock, and the command that mends each',
    ),
    decisions: list(FieldTexts).describe('Fields of the last decisions, oldest first'),
  })
  .meta({ id: 'Status' });
