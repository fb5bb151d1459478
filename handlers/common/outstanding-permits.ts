import { type AskEnd, PERMIT_TTL_SEC, TAKEN_BACK_TTL_SEC } from '../../schemas/governor.ts';
import { keys } from '../../schemas/keys.ts';
import { type OutstandingPermit, parseOutstanding } from '../../schemas/outstanding.ts';
import type { BestEffort, Effect } from '../contract/effects.ts';
import type { Scored } from '../contract/reads.ts';
import { proven } from './effect-proof.ts';
import { governorEvent } from './governor-events.ts';

/** A permit is taken back even where what it reserved, or the event of it, is in a key of another type. */
const BESIDE: BestEffort = {};

/** Why a permit is taken back. */
export interface TakingBack {
  readonly event: 'PERMIT_REVOKED' | 'PERMIT_WITHDRAWN';
  readonly reason: string;
}

/** When, and in which mode of the governor. */
interface Moment {
  readonly mode: string;
  readonly nowMs: number;
}

/**
 * Takes an outstanding permit back, if it is still there. One that is gone was taken: its order may be under way, so its
 * reservation stays; that is counted by who takes it off the list of outstanding ones (contract §4, Effect proof).
 */
export function takePermit({ member, score }: Scored, why: TakingBack, moment: Moment): Effect {
  const permit = parseOutstanding(member);
  const { planId, dryRun } = permit;
  const offTheList = (counted: readonly Effect[]): Effect => {
    return { do: 'take', scope: 'shared', key: keys.outstanding, member, taken: counted, gone: [] };
  };
  const taken = proven('permit_taken', planId, moment.nowMs);
  const unseen = dryRun ? [] : proven('permit_unseen', planId, moment.nowMs);
  return {
    do: 'take',
    key: keys.permit(planId),
    taken: [
      { do: 'zrem', scope: 'shared', key: keys.outstanding, members: [member] },
      { do: 'hdel', scope: 'shared', key: keys.reserved, fields: [planId], bestEffort: BESIDE },
      ...takenBackEffects(permit, dryRun, why),
      ended(permit, dryRun, why, moment),
    ],
    gone: [offTheList([unlessAnswered(planId, taken)]), ...revokedAsk(planId, why)],
    expiry: { fromMs: score + PERMIT_TTL_SEC * 1000, effects: [offTheList([unlessAnswered(planId, unseen)])] },
  };
}

/** A dry run keeps no markers, and what is executed by it is not looked at. */
function takenBackEffects({ planId }: OutstandingPermit, dryRun: boolean, { event }: TakingBack): readonly Effect[] {
  if (dryRun) return [];
  const value = event === 'PERMIT_REVOKED' ? 'permit_revoked' : 'permit_withdrawn';
  return [{ do: 'set', key: keys.takenBack(planId), value, ttlSec: TAKEN_BACK_TTL_SEC, bestEffort: BESIDE }];
}

function ended(permit: OutstandingPermit, dryRun: boolean, why: TakingBack, { mode, nowMs }: Moment): Effect {
  const { planId } = permit;
  const told = (reason: string): Effect => {
    return { ...governorEvent(why.event, { ...permit, reason, mode }, nowMs), bestEffort: BESIDE };
  };
  if (why.event === 'PERMIT_REVOKED') return told(why.reason);
  const notTaken = dryRun ? [] : proven('permit_not_taken', planId, nowMs);
  return {
    do: 'take',
    key: keys.answered(planId),
    taken: [told('not_executed')],
    gone: [told(why.reason), ...notTaken],
  };
}

/** Whoever asked has the permit and cannot be called back; a repeat of the ask is told that it is none any more. */
function revokedAsk(planId: string, { event }: TakingBack): readonly Effect[] {
  if (event !== 'PERMIT_REVOKED') return [];
  const revoked = endedAsk(planId, 'permit_revoked');
  return [{ do: 'take', key: keys.asked(planId), taken: [revoked], gone: [], bestEffort: BESIDE }];
}

/** A repeat of the plan is told that its permit has ended, and how. */
export function endedAsk(planId: string, end: AskEnd): Effect {
  return { do: 'set', key: keys.asked(planId), value: end, ttlSec: TAKEN_BACK_TTL_SEC, bestEffort: BESIDE };
}

/** A permit whose plan was answered as not executed may have been withdrawn for that: it proves nothing. */
function unlessAnswered(planId: string, counted: readonly Effect[]): Effect {
  return { do: 'take', key: keys.answered(planId), taken: [], gone: counted };
}
