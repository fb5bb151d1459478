import { z } from 'zod';
import { type Asker, parseAsker } from './asker.ts';
import { Identifier, identifierMessage } from './identifier.ts';
import { identifierProblem } from './wire.ts';

/** An exit that a strategy proposes (contract §1). */
export interface HarvestProposal extends Pick<Asker, 'strategy'> {
  readonly planId: string;
  readonly symbol: string;
  /** As spelled on the wire, `_PROPOSED` included; `action`, else `harvest_action`. */
  readonly action: string;
  /** Undefined when the proposal carries none. */
  readonly traceId: string | undefined;
  readonly reason: string;
  /** Comma list. */
  readonly reasonCodes: string;
}

const ProposalEntry = z.object({
  plan_id: Identifier,
  symbol: Identifier,
  action: z.string().optional(),
  harvest_action: z.string().optional(),
  strategy: z.string().optional(),
  trace_id: z.string().optional(),
  reason: z.string().optional(),
  reason_codes: z.string().optional(),
});

/** Parses an entry of `harvest.proposal`: needs a usable `plan_id`, `symbol` and `action` (without one: `harvest_action`). */
export const HarvestProposal: z.ZodType<HarvestProposal> = ProposalEntry.transform((entry, context) => {
  const action = entry.action ?? entry.harvest_action;
  const problem = identifierProblem(action);
  if (action === undefined || problem !== undefined) {
    context.addIssue({ code: 'custom', path: ['action'], message: identifierMessage(action, problem) });
    return z.NEVER;
  }
  return {
    planId: entry.plan_id,
    symbol: entry.symbol,
    action,
    strategy: parseAsker(entry.strategy).strategy,
    traceId: entry.trace_id || undefined,
    reason: entry.reason ?? '',
    reasonCodes: entry.reason_codes ?? '',
  };
});

/** The 13 fields of `harvest.heat.decision`, in the order in which they are written (contract §1). */
export const heatDecisionFields = [
  'ts_epoch',
  'symbol',
  'plan_id',
  'in_action',
  'out_action',
  'heat_level',
  'heat_score',
  'heat_action',
  'recommended_partial',
  'reason',
  'inputs_age_sec',
  'mode',
  'debug_json',
] as const;

/** A whole entry of `harvest.heat.decision`: each of the 13 fields, empty where there is nothing to say. */
export type HeatDecisionEntry = Readonly<Record<(typeof heatDecisionFields)[number], string>>;
