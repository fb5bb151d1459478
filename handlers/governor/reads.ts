import type { GovernorSettings } from '../../schemas/governor.ts';
import { keys } from '../../schemas/keys.ts';
import type { Plan } from '../../schemas/plan.ts';
import { exposureOf } from '../common/exposure.ts';
import { GOVERNOR_STATE_HELD } from '../common/governor-state.ts';
import type { Ctx } from '../common/handler.ts';
import { type Computed, computed, type FactsOf, hash, scores, text, type Views } from '../common/reads.ts';

/** The facts a plan is judged on; kill switch (and what was reported of it) and state must be unchanged when the judgment is committed. */
export function planReads(plan: Plan) {
  return {
    kill: text(keys.kill, true),
    killSeen: text(keys.killSeen, true),
    state: hash(keys.governorState, GOVERNOR_STATE_HELD),
    permitted: text(keys.permitted(plan.planId)),
    portfolio: hash(keys.portfolioState),
    budget: hash(keys.budget(plan.symbol)),
    lastExec: text(keys.lastExec(plan.symbol)),
    execTimes: scores(keys.execTimes(plan.symbol)),
    reserved: hash(keys.reserved),
    exposure: computed(exposureOf),
    violations: computed(violationsOf),
  };
}

/** The facts of a plan. */
export type PlanFacts = FactsOf<ReturnType<typeof planReads>>;

/** What surrounds a plan. */
export type GovernorCtx = Ctx<GovernorSettings, PlanFacts>;

/** Looks up the newest `budget.violation` of a symbol. */
function violationsOf(views: Views): Computed<Views['violation']> {
  return { value: (symbol) => views.violation(symbol), validUntilMs: Infinity };
}
