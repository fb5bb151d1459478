import { alternatives, quoted } from '../../schemas/setting.ts';

/** Limits of the originals' governor that are not built: here no cap ever blocks a close. */
const DROPPED_LIMITS: readonly string[] = ['GOV_MAX_REDUCE_NOTIONAL_PER_DAY_USD', 'GOV_MAX_REDUCE_QTY_PER_DAY'];

/** Settings of the P2.6 Portfolio Gate, which went by the same number as the heat gate that Portcullis replaces. */
const OTHER_P26 = /^(?:T_(?:COLD|WARM|HOT)|WARM_PARTIAL|W_[A-Z][A-Z_]*)$/;

type Texts = Readonly<Record<string, string>>;

/** Whether a setting is a limit that is not built, and is spoken of as such. */
export function isUnbuiltLimit(name: string): boolean {
  return DROPPED_LIMITS.includes(name);
}

/**
 * The limits of the originals that are set and not in force, `NAME=value` each. One that `GOV_ACCEPT_DROPPED` does not
 * list is a problem: whoever set it counts on it.
 */
export function readDroppedLimits(
  settings: Texts,
  accepted: readonly string[],
  found: { readonly problems: string[]; readonly warnings: string[] },
): readonly string[] {
  for (const name of accepted.filter((one) => !DROPPED_LIMITS.includes(one))) {
    found.problems.push(
      `GOV_ACCEPT_DROPPED: expected a comma list of ${alternatives(DROPPED_LIMITS)}, got ${quoted(name)}`,
    );
  }
  const given = DROPPED_LIMITS.filter((name) => settings[name] !== undefined);
  for (const name of given.filter((one) => !accepted.includes(one))) {
    found.problems.push(
      `${name}: expected none, got ${quoted(settings[name] ?? '')}: this limit of the original governor is not built, ` +
        `and no cap blocks a close here. Remove it, or accept that with GOV_ACCEPT_DROPPED=${given.join(',')}`,
    );
  }
  const dropped = given.filter((name) => accepted.includes(name)).map((name) => `${name}=${settings[name]}`);
  found.warnings.push(...dropped.map((limit) => `${limit} is not in force, as GOV_ACCEPT_DROPPED accepts`));
  return dropped;
}

/** A word on each setting of the other P2.6: what it was, and what serves in its place. */
export function otherGateWarnings(settings: Texts): string[] {
  return Object.keys(settings)
    .filter((name) => OTHER_P26.test(name))
    .sort()
    .map(
      (name) =>
        `${name} changes nothing: it is a setting of the P2.6 Portfolio Gate, not of the heat gate. ${insteadOf(name)}`,
    );
}

function insteadOf(name: string): string {
  if (name.startsWith('T_')) return 'The thresholds here are HEAT_MIN and HEAT_MAX';
  if (name === 'WARM_PARTIAL') return 'Here a full close that is WARM becomes PARTIAL_75';
  return 'Heat has no weights here: it is the sum of |notional| times sigma, over equity';
}
