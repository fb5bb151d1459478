import { z } from 'zod';
import { tradingStates } from './governor.ts';

/** Null on the wire is a figure that is not known. */
const figure = z
  .number()
  .nullable()
  .transform((value) => value ?? undefined);
/** A sum that JSON cannot carry went beyond every limit. */
const sum = z
  .number()
  .nullable()
  .transform((value) => value ?? Infinity);

/** What of a logged plan its judgment rests on besides the action (`input` of the decision log). */
export const RecordedPlan = z.object({ reduce_only: z.boolean().optional(), kill_score: figure.optional() });

/** What decides over a logged CLOSE (`facts` of the decision log). */
export const RecordedSwitches = z.object({
  kill_on: z.boolean(),
  trading_state: z.enum(tradingStates),
  armed: z.boolean(),
});

/** What decides over a logged OPEN: US dollars, milliseconds, counts. */
export const RecordedFigures = RecordedSwitches.extend({
  age_ms: z.number(),
  positions_known: z.boolean(),
  positions: z.number(),
  gross_notional_usd: sum,
  unpriced: z.number(),
  reserved_new: z.number(),
  reserved_usd: sum,
  reservations_readable: z.boolean(),
  plan_notional_usd: figure,
  execs_hour: figure,
  execs_5min: figure,
  since_exec_ms: figure,
  last_exec_readable: z.boolean(),
  budget: z.object({ mode: z.string(), budget_usd: figure, value_usd: figure, violated: z.boolean() }).optional(),
});

/** Parsed `RecordedFigures`. */
export type RecordedFigures = z.output<typeof RecordedFigures>;
