const DRY_RUN = 'dry_run';
const CLOSES = 'closes';

/** A permit that is not yet known to be taken or taken back. */
export interface OutstandingPermit {
  readonly planId: string;
  readonly symbol: string;
  /** As spelled in the plan. */
  readonly action: string;
}

/** The member of the set of outstanding permits that stands for a permit; a dry run's says so, and one that only closes where its action does not. */
export function outstandingMember(
  { planId, symbol, action }: OutstandingPermit,
  dryRun: boolean,
  closes = false,
): string {
  return [planId, symbol, action, ...(dryRun ? [DRY_RUN] : []), ...(closes ? [CLOSES] : [])].join(':');
}

/** The permit that a member stands for, whether a dry run gave it, and whether it says that it only closes. */
export function parseOutstanding(
  member: string,
): OutstandingPermit & { readonly dryRun: boolean; readonly closes: boolean } {
  const [planId = '', symbol = '', action = '', ...flags] = member.split(':');
  return { planId, symbol, action, dryRun: flags.includes(DRY_RUN), closes: flags.includes(CLOSES) };
}
