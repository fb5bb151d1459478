import { type DecisionRecord, recordedChecks } from '../../../schemas/decision.ts';
import type { GovernorSettings } from '../../../schemas/governor.ts';
import { carriedPart } from '../../contract/carried.ts';
import type { Ruling } from '../../contract/effects.ts';
import { isBurst } from '../ruling.ts';

/** Whether the governor is armed, in the log and here. Undefined: both alike. */
interface Arming {
  readonly logged: boolean;
  readonly here: boolean;
  /** Whether the log's last plan breached the burst limit, so that it disarmed itself. */
  readonly isBreached: boolean;
}

/** The part of what is carried that tells of it. */
export const otherArming = carriedPart<Arming | undefined>('governor arming', undefined);

/** Whether the governor would be armed: an operator arms and disarms both sides alike, a burst disarms the one that has it. */
export function armedHere(logged: boolean, arming: Arming | undefined): boolean {
  if (arming === undefined) return logged;
  if (logged === arming.logged) return arming.here;
  return logged || (arming.isBreached && arming.here);
}

/** What is otherwise about it once a plan was judged, by the state it was judged on in the log. */
export function armingAfter(
  arming: Arming | undefined,
  {
    record,
    ruling,
    logged,
    settings,
  }: {
    readonly record: DecisionRecord;
    readonly ruling: Ruling | undefined;
    readonly logged: boolean;
    readonly settings: GovernorSettings;
  },
): Arming | undefined {
  const disarms = settings.GOV_ENABLE_AUTO_DISARM && settings.GOV_DISARM_ON_BURST_BREACH;
  const breaches = ({ verdict, reason, checks = [] }: Ruling) =>
    verdict === 'BLOCK' && isBurst({ refusal: reason, checks });
  const isAlike = arming === undefined || logged === arming.logged;
  const isBreached =
    breaches({ ...record, checks: recordedChecks(record.checks) }) || (isAlike && arming?.isBreached === true);
  const before = armedHere(logged, arming);
  const here = before && !(disarms && breaches(ruling ?? { ...record, checks: recordedChecks(record.checks) }));
  return logged === here && !isBreached ? undefined : { logged, here, isBreached };
}
