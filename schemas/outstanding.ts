const DRY_RUN = 'dry_run';

/** A permit that is not yet known to be taken or taken back. */
export interface OutstandingPermit {
  readonly planId: string;
  readonly symbol: string;
  /** As spelled in the plan. */
  readonly action: string;
}

/** The member of the set of outstanding permits that stands for a permit; a dry run's says so. */
export function outstandingMember({ planId, symbol, action }: OutstandingPermit, dryRun: boolean): string {
  return `${planId}:${symbol}:${action}${dryRun ? `:${DRY_RUN}` : ''}`;
}

/** The permit that a member stands for, and whether a dry run gave it. */
export function parseOutstanding(member: string): OutstandingPermit & { readonly dryRun: boolean } {
  const [planId = '', symbol = '', action = '', mode] = member.split(':');
  return { planId, symbol, action, dryRun: mode === DRY_RUN };
}
