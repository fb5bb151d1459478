import { ASK_TIMEOUT_MS } from '../names.ts';
import { type Finding, type KeptAsk, repeated, type Witness } from './witness.ts';

const LEFT_MS = 1_000;

/** Why an exit may be refused: the kill switch, or that an earlier ask for it came to its end; never that no answer came. */
const EXIT_REFUSALS = new Set([
  ...['kill_switch_active', 'evaluation_error'],
  ...['permit_expired', 'permit_revoked', 'permit_given_back', 'already_permitted'],
]);

/** Nobody is told of a permit that was not given, none lies where another could take it, and exits are not held up. */
export function askerFindings({ told, decisions, permits, kept }: Witness): readonly Finding[] {
  const given = new Set(
    decisions
      .filter(({ handler, verdict }) => handler === 'governor' && verdict === 'PERMIT')
      .map(({ planId }) => planId),
  );
  const unasked = told.filter(({ reason }) => reason.startsWith('http '));
  const granted = told.filter((one) => one.granted).map(({ planId }) => planId);
  return [
    ...granted.filter((plan) => !given.has(plan)).map((plan) => `plan ${plan} was told of a permit that nobody gave`),
    ...repeated(granted).map((plan) => `plan ${plan} was told twice`),
    ...told.filter(({ planId }) => permits.has(planId)).map(({ planId }) => `the permit of ${planId} can be taken`),
    ...told
      .filter(({ closes, granted: isGranted, reason }) => closes && !isGranted && !EXIT_REFUSALS.has(reason))
      .map(({ planId, reason }) => `the exit ${planId} was refused: ${reason}`),
    ...unasked.map(({ planId, reason }) => `plan ${planId} could not be asked for: ${reason}`),
    ...kept.flatMap(leftOver),
  ];
}

/** What is kept of an ask is gone a second after its end, and what its commit may take: as long as an ask waits at most. */
function leftOver({ key, endsMs, expiresAtSec }: KeptAsk): readonly Finding[] {
  if (endsMs === undefined) return [`${key} is kept for ever`];
  const lateMs = endsMs - expiresAtSec * 1_000;
  return lateMs <= LEFT_MS + ASK_TIMEOUT_MS ? [] : [`${key} is kept for ${lateMs} ms after its permit`];
}
