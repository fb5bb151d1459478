import type { Check, Ruling } from './effects.ts';

/**
 * Whether two rulings over the same message differ: in verdict, in reason, or in what any check says. Refusing and
 * saying that one would refuse are the same: that is a matter of the mode.
 */
export function differs(one: Ruling, other: Ruling): boolean {
  if (!isSameRuling(one, other)) return true;
  const [ones, others] = [one.checks ?? [], other.checks ?? []];
  return ones.length !== others.length || ones.some((check, at) => said(check) !== said(others[at] as Check));
}

/** What a ruling comes to, without its checks: what a log entry says of it as well. */
type Word = Pick<Ruling, 'verdict' | 'reason'>;

/** Whether two rulings come to the same verdict, for the same reason. */
export function isSameRuling(one: Word, other: Word): boolean {
  return one.verdict === other.verdict && one.reason === other.reason;
}

/** Whether a check stands in the way, or would if its gate enforced. */
export function refuses({ verdict }: Pick<Check, 'verdict'>): boolean {
  return verdict === 'refuse' || verdict === 'would_refuse';
}

function said(check: Check): string {
  return refuses(check) ? 'refuse' : check.verdict;
}
