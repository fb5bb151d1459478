import type { GovernorReason } from '../../schemas/governor.ts';
import type { GovernorGate } from '../../schemas/governor-gates.ts';
import { round10 } from '../../schemas/number.ts';
import type { Check } from '../contract/effects.ts';

/** A judged gate: its check, and the reason when it refuses. */
export interface GateResult {
  readonly check: Check & { readonly gate: GovernorGate };
  readonly reason?: GovernorReason;
}

type Value = Check['value'];

/** A gate that is not judged. */
export function skipped(gate: GovernorGate, value: Value = null, limit: Value = null): GateResult {
  return { check: { gate, value, limit, headroom: headroomOf(value, limit), verdict: 'skipped' } };
}

/** Refuses a figure from its limit on. */
export function below(gate: GovernorGate, value: number, limit: number, reason: GovernorReason): GateResult {
  return judged(gate, { value, limit }, value >= limit ? reason : undefined);
}

/** Refuses a figure above its limit. */
export function atMost(gate: GovernorGate, value: number, limit: number, reason: GovernorReason): GateResult {
  return judged(gate, { value, limit }, value > limit ? reason : undefined);
}

/** A gate that is judged: it passes where there is no reason to refuse. */
export function judged(
  gate: GovernorGate,
  { value, limit }: { value: Value; limit: Value },
  reason?: GovernorReason,
  headroom = headroomOf(value, limit),
): GateResult {
  if (reason === undefined) return { check: { gate, value, limit, headroom, verdict: 'pass' } };
  return { check: { gate, value, limit, headroom, verdict: 'refuse' }, reason };
}

function headroomOf(value: Value, limit: Value): number | null {
  return typeof value === 'number' && typeof limit === 'number' ? round10(limit - value) : null;
}

/** A figure as facts hold it: at 10 digits, so that what is written is what was judged; null where it is not known. */
export function figure(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : round10(value);
}
