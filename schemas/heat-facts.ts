import { z } from 'zod';
import { heatBuckets, heatCauses } from './heat-gate.ts';
import { RecordedRisk } from './judged-figures.ts';
import { PricedPosition } from './position-risk.ts';

const figure = z.number();
const symbols = z.array(z.string()).default([]);

const Book = z.object({
  positions: figure,
  risk_usd: figure,
  silent_positions: figure,
  silent_risk_usd: figure,
  sigma_missing: symbols,
  sigma_missing_count: figure.default(0),
  notional_missing: symbols,
  notional_missing_count: figure.default(0),
  largest: z.array(PricedPosition.extend({ risk_usd: figure })),
  remainder_usd: figure,
});

/** Of the facts of a heat gate's decision, all but its positions. */
export const HeatSummary = z.object({
  heat: figure,
  bucket: z.enum(heatBuckets),
  equity_usd: figure.nullable(),
  cause: z.enum(heatCauses).optional(),
  thresholds: z.object({ heat_min: figure, heat_max: figure }),
  risk: RecordedRisk.optional(),
});

/** The heat that a logged exit was judged at, or that it could not be judged. */
export const RecordedHeat = z.union([
  HeatSummary.pick({ heat: true, cause: true, risk: true }),
  z.object({ failure: z.string() }),
]);

/**
 * The facts of a heat gate's decision in the decision log: heat, bucket, equity and risk in US dollars, the thresholds,
 * the largest contributions (largest first) and what all others add.
 */
export const HeatFacts = HeatSummary.extend({ book: Book });

/** Parsed `HeatFacts`. */
export type HeatFacts = z.output<typeof HeatFacts>;
