import { DEFAULT_STRATEGY } from '../../schemas/asker.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { BUDGET_MAX_AGE_MS, FIVE_MINUTES_MS, VIOLATION_MAX_AGE_MS } from '../../schemas/governor.ts';
import { parseNumber, round10 } from '../../schemas/number.ts';
import { larger, type Plan } from '../../schemas/plan.ts';
import { FUTURE_TOLERANCE_MS, isFresh, streamIdMs, timeOf } from '../../schemas/time.ts';
import { isRiskUnknown } from '../common/book-risk/judged.ts';
import { isDataLost } from '../common/data-loss.ts';
import { freshEquity, freshMargin, isRuinDoubted, statedEquity } from '../common/equity.ts';
import { type GovernorState, governorStateOf, isBeforeRestore, killIsOn } from '../common/governor-state.ts';
import { type KnownExposure, knownExposure } from '../common/known-exposure.ts';
import { lossFigures } from '../common/loss-limits/figures.ts';
import { underTrial } from '../common/loss-limits/trial.ts';
import { type Reservations, reservationsAt, reservedNewSymbols } from '../common/reservations.ts';
import type { HashFact } from '../contract/reads.ts';
import type { GateFigures } from './gates.ts';
import { limitFigures } from './order-limits.ts';
import type { GovernorCtx } from './reads.ts';
import { countWithin, lastTime } from './times.ts';

/** The P2.8 budget of the plan's symbol, when there is one that still decides. US dollars. */
export interface BudgetFigures {
  readonly mode: string;
  readonly budgetUsd: number | undefined;
  /** Position and plan together; undefined when either is not known. */
  readonly valueUsd: number | undefined;
  /** Position or plan exceed the budget, or a violation was reported just now. */
  readonly violated: boolean;
}

/** What the gates compare, with the whole of what it was taken from. */
export interface PlanFigures extends GateFigures {
  readonly state: GovernorState;
  readonly exposure: KnownExposure;
  readonly reservations: Reservations;
}

/** Everything an OPEN plan is judged on, each figure computed once (contract §4, Figures). */
export function figuresOf(plan: Plan, ctx: GovernorCtx): PlanFigures {
  const { settings, nowMs } = ctx;
  const facts = underTrial(ctx.facts, ctx.trialOf);
  const exposure = knownExposure(facts.exposure, facts.portfolio, settings, nowMs);
  const reservations = reservationsAt(facts.reserved, exposure.reportOf, nowMs);
  const markUsd = facts.exposure.markOf(plan.symbol, nowMs)?.price;
  const planUsd = planNotional(plan, markUsd);
  const equityUsd = freshEquity(facts.portfolio.fields, settings.GOV_STATE_MAX_AGE_SEC * 1000, nowMs);
  const maintenanceUsd = freshMargin(facts.portfolio.fields, settings.GOV_STATE_MAX_AGE_SEC * 1000, nowMs);
  const own = { markUsd, planUsd, report: exposure.reportOf(plan.symbol), reservations };
  const world = { ...own, exposure, equityUsd, maintenanceUsd, facts, nowMs };
  const lastExec = lastTime(facts.lastExec, nowMs);
  return {
    killOn: killIsOn(facts.kill),
    state: governorStateOf(facts.state),
    beforeRestore: isBeforeRestore(governorStateOf(facts.state), streamIdMs(ctx.sourceId)),
    symbol: plan.symbol,
    strategy: plan.strategy ?? DEFAULT_STRATEGY,
    strategyUnreadable: !plan.strategyReadable,
    ageMs: nowMs - streamIdMs(ctx.sourceId),
    budget: budgetFigures(plan.symbol, ctx, exposure, planUsd),
    killScore: plan.killScore === undefined ? undefined : round10(plan.killScore),
    sinceExecMs: lastExec.sinceMs,
    lastExecReadable: lastExec.readable,
    execsHour: facts.execTimes === null ? undefined : countWithin(facts.execTimes, HOUR_MS, nowMs),
    execs5Min: facts.execTimes === null ? undefined : countWithin(facts.execTimes, FIVE_MINUTES_MS, nowMs),
    exposure,
    reservations,
    reservationsReadable: !facts.reserved.wrongType && reservations.unreadable.length === 0,
    dataLost: isDataLost(facts.dataLost),
    equityDoubted: facts.portfolio.fields !== null && isRuinDoubted(statedEquity(facts.portfolio.fields)),
    riskUnknown: isRiskUnknown(facts.risk, settings, nowMs),
    loss: lossFigures(facts, settings, nowMs),
    reservedNew: reservedNewSymbols(reservations.live, exposure.reportOf),
    planUsd,
    limits: limitFigures(plan, world, settings),
  };
}

/**
 * Notional of a plan in US dollars at 10 digits: the larger of |qty| at the market's mark, |qty| at its own price, and
 * what it says itself. Undefined when it cannot be evaluated: no quantity and no notional, or a quantity without any price.
 */
function planNotional(
  plan: Pick<Plan, 'qty' | 'price' | 'notionalUsd'>,
  marketPrice: number | undefined,
): number | undefined {
  const { qty, price, notionalUsd } = plan;
  if (qty === undefined) return notionalUsd === undefined ? undefined : round10(notionalUsd);
  if (qty === 0) return round10(notionalUsd ?? 0);
  const highest = larger(marketPrice, price);
  if (highest === undefined) return undefined;
  const notional = Math.max(qty * highest, notionalUsd ?? 0);
  return Number.isFinite(notional) ? round10(notional) : undefined;
}

function budgetFigures(
  symbol: string,
  ctx: GovernorCtx,
  exposure: KnownExposure,
  planUsd: number | undefined,
): BudgetFigures | undefined {
  const fields = freshBudget(ctx.facts.budget, ctx.nowMs);
  if (fields === undefined) return undefined;
  const report = exposure.reportOf(symbol);
  const positionUsd = report === undefined ? 0 : report.notionalUsd;
  const writtenUsd = parseNumber(fields.budget_usd);
  const budgetUsd = writtenUsd === undefined ? undefined : round10(writtenUsd);
  const valueUsd = planUsd === undefined || positionUsd === undefined ? undefined : round10(positionUsd + planUsd);
  const exceeded = budgetUsd !== undefined && valueUsd !== undefined && valueUsd > budgetUsd;
  const violation = ctx.facts.violations(symbol);
  const recent = violation !== undefined && isRecent(violation.atMs, ctx.nowMs);
  return { mode: fields.mode ?? '', budgetUsd, valueUsd, violated: exceeded || recent };
}

function freshBudget(budget: HashFact, nowMs: number) {
  const fields = budget.fields;
  const atMs = fields === null ? undefined : timeOf(fields);
  return fields !== null && atMs !== undefined && isFresh(atMs, nowMs, BUDGET_MAX_AGE_MS) ? fields : undefined;
}

function isRecent(atMs: number, nowMs: number): boolean {
  return nowMs - atMs < VIOLATION_MAX_AGE_MS && atMs - nowMs <= FUTURE_TOLERANCE_MS;
}
