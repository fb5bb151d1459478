import type { WatchConditions } from './activation.ts';

/** So many standard deviations lie between every decision and the limit where it begins to count. */
const SURE = 3;
/** Less than this is a matter of how floating-point numbers are divided. */
const ROUNDING = 1e-6;

/** The largest share of decisions in which a watched gate may stand in the way, 0 … 1, and from how many decisions on. */
export interface MostChanged {
  readonly share: number;
  readonly from: number;
}

/**
 * So many times the share of before, but no more than halfway from there to every decision, so that it can be passed;
 * and counted from so many decisions on that a run of them is not chance. Undefined where the gate stood in the way of
 * every decision before: more than that there is not.
 */
export function mostChanged(
  { changed_times, changed_floor, changed_from }: WatchConditions,
  changedShare: number,
): MostChanged | undefined {
  if (changedShare >= 1) return undefined;
  const share = Math.max(changed_floor, Math.min(changed_times * changedShare, (1 + changedShare) / 2));
  if (share >= 1) return undefined;
  const from = Math.ceil((SURE ** 2 * share) / (1 - share) - ROUNDING);
  return { share, from: Math.max(changed_from, from) };
}
