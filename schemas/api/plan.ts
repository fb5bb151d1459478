import { z } from 'zod';
import { heatBuckets, heatCauses } from '../heat-gate.ts';
import { PriceRange } from '../permit.ts';
import { PricedPosition } from '../position-risk.ts';
import { JudgedFigures } from './judged-figure.ts';
import { Check, FieldTexts, list, ToldCheck } from './shapes.ts';

const figure = z.number().nullable();
const entry = FieldTexts.nullable().describe('What the producer wrote; null where it has been trimmed');

const Cut = z.object({ symbol: z.string(), cut_usd: z.number(), left_usd: z.number() });

/** The heat a proposal was judged on. US dollars; `heat` of a position is its part of the portfolio's. */
const HeatBasis = z
  .object({
    heat: z.number(),
    bucket: z.enum(heatBuckets),
    cause: z.enum(heatCauses).nullable(),
    equity_usd: figure,
    risk_usd: z.number(),
    heat_min: z.number(),
    heat_max: z.number(),
    positions: list(PricedPosition.extend({ risk_usd: z.number(), heat: figure })),
    others_risk_usd: z.number(),
    sigma_missing: list(z.string()),
    notional_missing: list(z.string()),
    silent_positions: z.number(),
    cooler: z
      .object({
        bucket: z.enum(heatBuckets),
        heat_below: z.number(),
        cuts: list(Cut),
        cut_usd: z.number(),
        enough: z.boolean(),
      })
      .nullable()
      .describe('What would have brought the portfolio into the next cooler bucket'),
    hotter: z
      .object({ bucket: z.enum(heatBuckets), heat_from: z.number(), risk_usd: z.number() })
      .nullable()
      .describe('How far the next hotter bucket was'),
    judged: JudgedFigures.optional().describe('Figures that judged beside the heat; absent where none did'),
  })
  .meta({ id: 'HeatBasis' });

const At = {
  at: z.number().nullable().describe('Unix seconds; null where nothing says when'),
  id: z.string().describe('Stream id of the entry that tells it; empty where no entry does'),
};
const told = { reason: z.string(), words: z.string().describe('The reason in words') };
const ToldCandidate = z
  .object({ version: z.string(), verdict: z.string(), ...told, differs: z.boolean() })
  .meta({ id: 'ToldCandidate' });

/** What a candidate policy said of a decision: `differs` where it said something else. */
export type ToldCandidate = z.output<typeof ToldCandidate>;

const ruled = {
  ...{ verdict: z.string(), ...told, mode: z.string(), action: z.string(), checks: list(ToldCheck) },
  candidate: ToldCandidate.optional().describe('What the candidate policy said of it; absent where none was asked'),
};

/** One station on a plan's way. */
const PlanStep = z
  .discriminatedUnion('step', [
    z.object({ ...At, step: z.literal('proposal'), action: z.string(), reason: z.string(), entry }),
    z.object({
      ...At,
      ...ruled,
      step: z.literal('heat'),
      calibrated_action: z.string().nullable(),
      basis: HeatBasis.nullable(),
      facts_problem: z.string().optional(),
    }),
    z.object({ ...At, step: z.literal('lookup'), left_sec: z.number(), words: z.string(), fields: FieldTexts }),
    z.object({ ...At, step: z.literal('plan'), action: z.string(), entry }),
    z.object({ ...At, ...ruled, step: z.literal('governor') }),
    z.object({
      ...At,
      step: z.literal('permit'),
      fate: z.enum(['waiting', 'taken', 'taken_or_expired', 'withdrawn', 'revoked']),
      ...told,
      left_sec: figure,
      range: PriceRange.optional().describe('The prices between which it may be executed, where it names any'),
    }),
    z.object({
      ...At,
      step: z.literal('result'),
      executed: z.boolean().nullable(),
      error: z.string(),
      entry: FieldTexts,
    }),
    z.object({ ...At, step: z.literal('released'), ...told }),
    z.object({ ...At, ...ruled, step: z.literal('decision'), handler: z.string() }),
    z.object({
      ...At,
      step: z.literal('alarm').describe('What the gates decided had no effect'),
      event: z.string(),
      reason: z.string(),
      words: z.string().describe('What it is about, in a sentence'),
      expected: z.string(),
      came: z.string(),
    }),
    z.object({ ...At, step: z.literal('dead_letter'), stream: z.string(), reason: z.string() }),
    z.object({
      ...At,
      step: z.literal('undecided'),
      stream: z.string(),
      decision: z.string(),
      reading: z
        .enum(['waiting', 'in_hand', 'finished', 'unknown'])
        .describe('How far the gate is with it; `finished`: read and acknowledged, without a decision that was found'),
      entry,
    }),
  ])
  .meta({ id: 'PlanStep' });

/** The whole way of a plan, oldest station first. */
export const Explanation = z
  .object({
    portfolio: z.string(),
    plan_id: z.string(),
    symbol: z.string().describe('Empty where nothing names one'),
    end: z.string().describe('Where its way ended, such as `executed` or `blocked`; `unknown` where there is no trace'),
    summary: z.string().describe('The end in a sentence'),
    standing: list(z.string()).describe('Keys that still say that it had a permit, or was blocked'),
    steps: list(PlanStep),
    searched: list(z.object({ stream: z.string(), entries: z.number().int(), back_to: figure, finished: z.boolean() })),
  })
  .meta({ id: 'Explanation' });

/** What a gate would say of an entry. */
const EvaluationAnswer = z
  .object({
    gate: z.string(),
    symbol: z.string(),
    action: z.string(),
    mode: z.string(),
    verdict: z.string(),
    reason: z.string(),
    words: z.string(),
    checks: list(Check),
    calibrated_action: z.string().nullable(),
    heat: HeatBasis.nullable(),
    largest: z
      .object({ notional_usd: figure, qty: figure, price_usd: figure })
      .nullable()
      .describe('Of a plan that opens: the largest size that would pass'),
  })
  .meta({ id: 'Evaluation' });

/** A parsed `EvaluationAnswer`. */
export type Evaluation = z.output<typeof EvaluationAnswer>;

/** An answer, or a list of them where a list was asked. */
export const EvaluationAnswers = z.union([EvaluationAnswer, list(EvaluationAnswer)]);
