import { z } from 'zod';
import { heatBuckets, heatModes } from './heat-gate.ts';
import { Identifier } from './identifier.ts';
import { parseNumber } from './number.ts';

/** An exit as the heat gate passed it on, an entry of `harvest.calibrated` (contract §1); heat is a share of equity, time in Unix seconds. */
export const CalibratedExit = z.object({
  trace_id: z.string(),
  plan_id: Identifier,
  symbol: Identifier,
  original_action: z.string(),
  calibrated_action: z.string(),
  heat_value: figure('heat'),
  heat_bucket: z.enum(heatBuckets),
  mode: z.enum(heatModes),
  reason: z.string(),
  timestamp: figure('Unix seconds'),
});
export type CalibratedExit = z.output<typeof CalibratedExit>;

function figure(what: string) {
  return z.string().transform((text, context): number => {
    const value = parseNumber(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `expected ${what} as a number, got ${text}` });
    return z.NEVER;
  });
}
