import { actionKind } from '../../schemas/action.ts';
import { DEFAULT_STRATEGY } from '../../schemas/asker.ts';
import { type DecisionRecord, recorded, recordedBefore } from '../../schemas/decision.ts';
import type { GovernorSettings } from '../../schemas/governor.ts';
import { gatesInForce } from '../../schemas/governor-gates.ts';
import {
  RecordedClosing,
  RecordedFigures,
  RecordedPlan,
  type RecordedSwitches,
} from '../../schemas/governor-record.ts';
import { type Json, toJson } from '../../schemas/json.ts';
import { hasLossLimits } from '../../schemas/loss-limits.ts';
import type { Plan } from '../../schemas/plan.ts';
import type { LossFigures } from '../common/loss-limits/figures.ts';
import { checksJson } from '../contract/checks-json.ts';
import type { Ruling } from '../contract/effects.ts';
import type { Rules } from '../contract/handler.ts';
import { closeAgain } from './close.ts';
import type { PlanFigures } from './figures.ts';
import type { GateFigures, Switches } from './gates.ts';
import { lacksFigures } from './order-limits.ts';
import { ruleClose, ruleOpen, rulingOf } from './ruling.ts';

/** The member of a decision's facts that has those of all positions. */
export const EXPOSURE = 'exposure';

/** What of a plan its judgment rests on besides the action, as JSON text. */
export function inputOf(plan: Plan): string {
  return toJson({
    side: plan.side,
    qty: plan.qty,
    close_qty: plan.closeQty,
    price: plan.price,
    notional_usd: plan.notionalUsd,
    reduce_only: plan.reduceOnly ? true : undefined,
    resize: plan.resize === undefined ? undefined : true,
    min_qty: plan.resize?.minQty || undefined,
    kill_score: plan.killScore ?? null,
  });
}

/** What decides over any plan, for the facts of its decision. */
export function switchFacts({ killOn, state, beforeRestore }: Switches) {
  const restored = beforeRestore === true ? true : undefined;
  return { kill_on: killOn, trading_state: state.tradingState, armed: state.armed, before_restore: restored };
}

/**
 * Every figure that the gates compare, for the facts of an OPEN plan's decision. No object is spread into it: V8 would
 * add each of its forty members by itself.
 */
export function figureFacts(figures: PlanFigures): Record<string, Json | undefined> {
  const { reservations, exposure, budget } = figures;
  const { kill_on, trading_state, armed, before_restore } = switchFacts(figures);
  return {
    kill_on,
    trading_state,
    armed,
    before_restore,
    age_ms: figures.ageMs,
    positions_known: exposure.known,
    positions: exposure.count,
    gross_notional_usd: exposure.grossNotionalUsd,
    unpriced: exposure.unpriced.length,
    reservations: reservations.live.length,
    reserved_new: figures.reservedNew,
    reserved_usd: reservations.notionalUsd,
    reservations_readable: figures.reservationsReadable,
    plan_notional_usd: figures.planUsd ?? null,
    execs_hour: figures.execsHour ?? null,
    execs_5min: figures.execs5Min ?? null,
    since_exec_ms: figures.sinceExecMs ?? null,
    last_exec_readable: figures.lastExecReadable,
    data_lost: figures.dataLost ? true : undefined,
    equity_doubted: figures.equityDoubted ? true : undefined,
    risk_unknown: figures.riskUnknown ? true : undefined,
    strategy_unreadable: figures.strategyUnreadable ? true : undefined,
    loss: figures.loss && lossFacts(figures.loss),
    budget: budget && {
      mode: budget.mode,
      budget_usd: budget.budgetUsd ?? null,
      value_usd: budget.valueUsd ?? null,
      violated: budget.violated,
    },
    limits: Object.keys(figures.limits).length > 0 ? figures.limits : undefined,
  };
}

function lossFacts({ known, tripped, losses }: LossFigures): Json {
  const held = Object.entries(tripped).map(([kind, { setting, value, limit }]) => [kind, { setting, value, limit }]);
  return { known, tripped: Object.fromEntries(held), losses };
}

/** Rules over a logged plan again, by the figures it was judged on. What rests on no limit stays as it was. */
export function rejudgePlan(record: DecisionRecord, rules: Rules<GovernorSettings>): Ruling | undefined {
  if (restsOnNoLimit(record)) return { verdict: record.verdict, reason: record.reason, checks: [] };
  const plan = recorded(RecordedPlan, record.input);
  if (plan === undefined) return undefined;
  if (actionKind(record.action, plan.reduce_only === true) === 'CLOSE') {
    const facts = recorded(RecordedClosing, record.facts);
    return facts && rulingOf(ruleClose(switchesAgain(facts), facts.close && closeAgain(facts.close)), rules.mode);
  }
  const figures = recordedBefore(EXPOSURE, RecordedFigures, record.facts);
  if (figures === undefined || lacksFigures(figures.limits ?? {}, gatesInForce(rules.settings))) return undefined;
  if (hasLossLimits(rules.settings) && figures.loss === undefined) return undefined;
  const ruling = rulingOf(ruleOpen(figuresAgain(figures, plan, record), rules), rules.mode);
  return plan.resize === true && isOfAnotherSize(ruling, record) ? undefined : ruling;
}

/** Whether a plan that may be resized is refused at its logged size by other limits: at which it would pass is not recorded. */
function isOfAnotherSize({ verdict, checks = [] }: Ruling, record: DecisionRecord): boolean {
  return (verdict === 'BLOCK' || verdict === 'WOULD_BLOCK') && checksJson(checks) !== record.checks;
}

/** Refusals that no gate gave. */
const UNJUDGED: ReadonlySet<string> = new Set(['deadline_passed', 'ask_unreadable', 'evaluation_error']);

function restsOnNoLimit({ verdict, reason }: DecisionRecord): boolean {
  return verdict === 'IGNORED' || verdict === 'DUPLICATE' || UNJUDGED.has(reason);
}

function switchesAgain(facts: RecordedSwitches): Switches {
  const state = { tradingState: facts.trading_state, armed: facts.armed };
  return { killOn: facts.kill_on, state, beforeRestore: facts.before_restore === true };
}

function figuresAgain(facts: RecordedFigures, plan: RecordedPlan, about: DecisionRecord): GateFigures {
  const { budget } = facts;
  return {
    ...switchesAgain(facts),
    symbol: about.symbol,
    strategy: about.strategy || DEFAULT_STRATEGY,
    strategyUnreadable: facts.strategy_unreadable ?? false,
    ageMs: facts.age_ms,
    budget: budget && {
      mode: budget.mode,
      budgetUsd: budget.budget_usd ?? undefined,
      valueUsd: budget.value_usd ?? undefined,
      violated: budget.violated,
    },
    killScore: plan.kill_score,
    sinceExecMs: facts.since_exec_ms ?? undefined,
    lastExecReadable: facts.last_exec_readable,
    execsHour: facts.execs_hour ?? undefined,
    execs5Min: facts.execs_5min ?? undefined,
    exposure: {
      known: facts.positions_known,
      count: facts.positions,
      grossNotionalUsd: facts.gross_notional_usd ?? Infinity,
      unpriced: { length: facts.unpriced },
    },
    reservations: { notionalUsd: facts.reserved_usd ?? Infinity },
    reservationsReadable: facts.reservations_readable,
    dataLost: facts.data_lost ?? false,
    equityDoubted: facts.equity_doubted ?? false,
    riskUnknown: facts.risk_unknown ?? false,
    loss: facts.loss as LossFigures | undefined,
    reservedNew: facts.reserved_new,
    planUsd: facts.plan_notional_usd ?? undefined,
    limits: facts.limits ?? {},
  };
}
