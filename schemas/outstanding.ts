const DRY_RUN = 'dry_run';
const CLOSES = 'closes';
const STRATEGY = 'strategy=';

/** A permit that is not yet known to be taken or taken back. */
export interface OutstandingPermit {
  readonly planId: string;
  readonly symbol: string;
  /** As spelled in the plan. */
  readonly action: string;
  /** Which strategy asked, where the plan names one. */
  readonly strategy?: string | undefined;
}

/** The member of the set of outstanding permits that stands for a permit; a dry run's says so, one that only closes where its action does not, and which strategy asked where it is named. */
export function outstandingMember(
  { planId, symbol, action, strategy }: OutstandingPermit,
  dryRun: boolean,
  closes = false,
): string {
  const flags = [...(dryRun ? [DRY_RUN] : []), ...(closes ? [CLOSES] : [])];
  const asker = strategy === undefined ? [] : [`${STRATEGY}${strategy}`];
  return [planId, symbol, action, ...flags, ...asker].join(':');
}

/** All members that may stand for a permit, those of a release that named no strategy among them. */
export function outstandingMembers({ strategy, ...permit }: OutstandingPermit): readonly string[] {
  const known = strategy ? [permit, { ...permit, strategy }] : [permit];
  return known.flatMap((one) =>
    [false, true].flatMap((dryRun) => [false, true].map((closes) => outstandingMember(one, dryRun, closes))),
  );
}

/** The permit that a member stands for, whether a dry run gave it, and whether it says that it only closes. */
export function parseOutstanding(
  member: string,
): OutstandingPermit & { readonly dryRun: boolean; readonly closes: boolean } {
  const [planId = '', symbol = '', action = '', ...flags] = member.split(':');
  const asker = flags.find((flag) => flag.startsWith(STRATEGY))?.slice(STRATEGY.length);
  const said = { dryRun: flags.includes(DRY_RUN), closes: flags.includes(CLOSES) };
  return { planId, symbol, action, ...said, ...(asker !== undefined && { strategy: asker }) };
}
