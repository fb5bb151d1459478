import { type Finding, repeated, type Witness } from './witness.ts';

/** Why an exit may be refused: the kill switch, or that an earlier ask for it came to its end. */
const EXIT_REFUSALS = new Set([
  ...['kill_switch_active', 'deadline_passed', 'evaluation_error'],
  ...['permit_expired', 'permit_revoked', 'permit_given_back', 'already_permitted'],
]);

/** Nobody is told of a permit that was not given, none lies where another could take it, and exits are not held up. */
export function askerFindings({ told, decisions, permits }: Witness): readonly Finding[] {
  const given = new Set(
    decisions
      .filter(({ handler, verdict }) => handler === 'governor' && verdict === 'PERMIT')
      .map(({ planId }) => planId),
  );
  const granted = told.filter((one) => one.granted).map(({ planId }) => planId);
  return [
    ...granted.filter((plan) => !given.has(plan)).map((plan) => `plan ${plan} was told of a permit that nobody gave`),
    ...repeated(granted).map((plan) => `plan ${plan} was told twice`),
    ...told.filter(({ planId }) => permits.has(planId)).map(({ planId }) => `the permit of ${planId} can be taken`),
    ...told
      .filter(({ closes, granted: isGranted, reason }) => closes && !isGranted && !EXIT_REFUSALS.has(reason))
      .map(({ planId, reason }) => `the exit ${planId} was refused: ${reason}`),
  ];
}
