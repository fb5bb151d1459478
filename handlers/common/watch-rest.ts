import { FIVE_MINUTES_MS, type GovernorSettings } from '../../schemas/governor.ts';
import { hasLossLimits } from '../../schemas/loss-limits.ts';
import { limitsUse } from '../../schemas/strategy-limits.ts';
import { KEPT_SINCE } from '../../schemas/strategy-use.ts';
import { timeOf } from '../../schemas/time.ts';
import { hasStreakLimits } from '../../schemas/trades.ts';
import type { HashFact, Scored, TextFact } from '../contract/reads.ts';

/** What may wait for its time, or for what positions are reported to be. */
interface WaitingFacts {
  readonly outstanding: readonly Scored[] | null;
  readonly errors: readonly Scored[] | null;
  readonly revokeUntil: TextFact;
  readonly reserved: HashFact;
  readonly dataLost: HashFact;
  readonly pauses: HashFact;
  readonly warned: HashFact;
  readonly lossTrial: HashFact;
  readonly strategyUse: HashFact;
  readonly portfolio: HashFact;
}

/** Whether the account's own figures are judged by the watcher. */
export function judgesAccount(settings: GovernorSettings): boolean {
  return hasLossLimits(settings) || hasStreakLimits(settings);
}

/**
 * Whether the governor's watcher, which has nothing to do now, has nothing to do at any later time either, until a key
 * that it reads changes: nothing is outstanding, reserved or held that ends by time or by what positions show. In doubt
 * it has. What of the account ends by time gives it nothing to do; a state from ahead of the clock does, once it counts.
 */
export function isAtRest(facts: WaitingFacts, settings: GovernorSettings, nowMs: number): boolean {
  const { outstanding, errors, revokeUntil, reserved, dataLost, pauses, warned, lossTrial, portfolio } = facts;
  if (outstanding?.length !== 0 || errors === null || revokeUntil.text !== null) return false;
  if (errors.some(({ score }) => nowMs - score < FIVE_MINUTES_MS)) return false;
  if ([reserved, dataLost, pauses, warned, lossTrial].some(({ fields, wrongType }) => fields !== null || wrongType)) {
    return false;
  }
  if (judgesAccount(settings) && isAhead(portfolio, nowMs)) return false;
  return !limitsUse(settings) || holdsNothing(facts.strategyUse);
}

function isAhead({ fields }: HashFact, nowMs: number): boolean {
  return ((fields && timeOf(fields)) ?? nowMs) > nowMs;
}

/** Whether what strategies hold is kept, and they hold nothing. */
function holdsNothing({ fields }: HashFact): boolean {
  const names = Object.keys(fields ?? {});
  return names.length === 1 && names[0] === KEPT_SINCE;
}
