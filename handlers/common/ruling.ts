import type { Check, Ruling } from './effects.ts';

/**
 * Whether two rulings over the same message differ: in verdict, in reason, or in what any check says. Refusing and
 * saying that one would refuse are the same: that is a matter of the mode.
 */
export function differs(one: Ruling, other: Ruling): boolean {
  if (one.verdict !== other.verdict || one.reason !== other.reason) return true;
  const [ones, others] = [one.checks ?? [], other.checks ?? []];
  return ones.length !== others.length || ones.some((check, at) => said(check) !== said(others[at] as Check));
}

function said({ verdict }: Check): string {
  return verdict === 'would_refuse' ? 'refuse' : verdict;
}
