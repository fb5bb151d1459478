/** A key that a gate keeps for other programs to look up (contract §2). */
export interface Lookup {
  /** Its name without the portfolio's prefix, `{plan_id}` or `{symbol}` in the place of what it is kept by. */
  readonly key: string;
  readonly kind: 'hash' | 'string';
  /** What it holds. */
  readonly holds: string;
  /** The setting that says for how many seconds it is kept. */
  readonly keptFor: string;
  /** Of one by plan: what `explain` says of it, as the beginning of a sentence. */
  readonly told?: string;
  /** Of one by plan: the handler whose newest decision it keeps; its own where nothing is said. */
  readonly of?: string;
}

const BY_PLAN = '{plan_id}';

/** Whether a lookup is kept by plan, and one that `explain` can read. */
export function isByPlan({ key, kind }: Lookup): boolean {
  return kind === 'hash' && key.includes(BY_PLAN);
}

/** The name of a lookup for a plan, without the portfolio's prefix. */
export function keyForPlan({ key }: Lookup, planId: string): string {
  return key.replace(BY_PLAN, () => planId);
}
