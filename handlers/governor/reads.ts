import { DEFAULT_STRATEGY } from '../../schemas/asker.ts';
import { reportedFigures } from '../../schemas/book-risk.ts';
import type { GovernorSettings } from '../../schemas/governor.ts';
import { families, keys } from '../../schemas/keys.ts';
import { type OrderFilters, readFilters } from '../../schemas/market-state.ts';
import { formatNumber } from '../../schemas/number.ts';
import type { Plan } from '../../schemas/plan.ts';
import { DATA_LOST_HELD } from '../common/data-loss.ts';
import { exposureOf } from '../common/exposure.ts';
import { GOVERNOR_STATE_HELD } from '../common/governor-state.ts';
import { LOSS_LATCH_HELD } from '../common/loss-limits/figures.ts';
import { streakReads } from '../common/loss-limits/streaks.ts';
import { trialReads } from '../common/loss-limits/trial.ts';
import { riskReads } from '../common/portfolio-heat.ts';
import type { Ctx } from '../contract/handler.ts';
import { type Computed, computed, type FactsOf, hash, scores, text, type Views } from '../contract/reads.ts';

/** The facts a plan is judged on, those of limits that a policy may set among them always; kill switch (and what was reported of it) and state must be unchanged when the judgment is committed. */
export function planReads(plan: Plan, settings: GovernorSettings) {
  return {
    kill: KILL,
    killSeen: KILL_SEEN,
    state: STATE,
    dataLost: DATA_LOST,
    lossLatch: LOSS_LATCH,
    permitted: text(keys.permitted(plan.planId)),
    ...(plan.ask !== undefined && { asked: text(keys.asked(plan.planId)), blocked: text(keys.block(plan.planId)) }),
    portfolio: PORTFOLIO,
    budget: hash(keys.budget(plan.symbol)),
    lastExec: text(keys.lastExec(plan.symbol)),
    execTimes: scores(keys.execTimes(plan.symbol)),
    permitTimes: PERMIT_TIMES,
    lastOrder: text(lastOrderKey(plan)),
    reserved: RESERVED,
    exposure: EXPOSURE,
    violations: VIOLATIONS,
    filters: FILTERS,
    ...(restsOnRisk(settings) && riskReads),
    ...streakReads,
    ...trialReads,
    ...(plan.kind === 'OPEN' && {
      strategyUse: STRATEGY_USE,
      strategyPermits: scores(keys.strategyPermits(plan.strategy ?? DEFAULT_STRATEGY)),
    }),
  };
}

/**
 * Whether a plan may be judged on the figures of the book's risk: where any is computed. A limit that rests on one may be
 * in a policy alone, or in a candidate, which nobody knows before it is read.
 */
function restsOnRisk(settings: GovernorSettings): boolean {
  return reportedFigures(settings).length > 0 || settings.GOV_MAX_CORRELATED_HEAT_PCT !== undefined;
}

/** Where it is kept when an order was permitted: the same symbol, side and quantity, or notional where it says no quantity. */
export function lastOrderKey({ symbol, side, qty, notionalUsd }: Plan): string {
  const size = qty === undefined ? `usd-${amount(notionalUsd)}` : amount(qty);
  return keys.lastOrder(symbol, side ?? '-', size);
}

function amount(value: number | undefined): string {
  return value === undefined ? '-' : formatNumber(value);
}

/** The facts of a plan. */
export type PlanFacts = FactsOf<ReturnType<typeof planReads>>;

/** What surrounds a plan. */
export type GovernorCtx = Ctx<GovernorSettings, PlanFacts>;

/** Looks up the newest `budget.violation` of a symbol. */
function violationsOf(views: Views): Computed<Views['violation']> {
  return { value: (symbol) => views.violation(symbol), validUntilMs: Infinity };
}

/** Looks up what the exchange asks of an order in a symbol, where a feed knows it. */
function filtersOf(views: Views): Computed<(symbol: string) => OrderFilters> {
  const market = views.hashes(families.market);
  return { value: (symbol) => readFilters(market.get(symbol) ?? {}), validUntilMs: Infinity };
}

/** The same objects for every plan, so that what a batch has in common is told at a glance. */
const KILL = text(keys.kill, true);
const KILL_SEEN = text(keys.killSeen, true);
const STATE = hash(keys.governorState, GOVERNOR_STATE_HELD);
const DATA_LOST = hash(keys.dataLost, DATA_LOST_HELD);
const LOSS_LATCH = hash(keys.lossLatch, LOSS_LATCH_HELD);
const PORTFOLIO = hash(keys.portfolioState);
const RESERVED = hash(keys.reserved);
const STRATEGY_USE = hash(keys.strategyUse);
const PERMIT_TIMES = scores(keys.permitTimes);
const EXPOSURE = computed(exposureOf);
const VIOLATIONS = computed(violationsOf);
const FILTERS = computed(filtersOf);
