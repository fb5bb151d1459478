import { lastFields, type ProofKind, proofKinds } from '../../schemas/effect-proof.ts';
import { keys } from '../../schemas/keys.ts';
import { formatNumber } from '../../schemas/number.ts';
import type { BestEffort, Effect } from '../contract/effects.ts';
import type { MetricSpec } from '../contract/handler.ts';

/** Times in which something showed that what the gates write is acted on, or is not (contract §4, Effect proof). */
export const EFFECT_PROOF_METRIC: MetricSpec = {
  name: 'portcullis_effect_proof_total',
  type: 'counter',
  help: 'Permits and exits by whether an executor acted on them',
  labels: ['kind'],
  initial: proofKinds.map((kind) => ({ kind })),
};

const WARNING = 'the totals of the effect proof cannot be written: governor:effect_proof is of another type';

/** Counts a fact about a plan, for good and in the metrics; where the totals cannot be written nothing else fails. */
export function proven(kind: ProofKind, planId: string, atMs: number): readonly Effect[] {
  const counts = [{ metric: EFFECT_PROOF_METRIC.name, labels: { kind } }];
  const counted: BestEffort = { applied: counts, failed: counts, warning: WARNING };
  const { ms, plan } = lastFields(kind);
  const key = keys.effectProof;
  return [
    { do: 'hincr', key, field: kind, by: 1, bestEffort: counted },
    { do: 'hset', key, fields: { [ms]: formatNumber(atMs), [plan]: planId }, bestEffort: {} },
  ];
}
