import { type Json, toJson } from '../../schemas/json.ts';
import { keys, streams } from '../../schemas/keys.ts';
import { formatNumber } from '../../schemas/number.ts';
import type { CycleReason, CycleVerdict, RiskGovernorSettings } from '../../schemas/risk-governor.ts';
import { toEpochSeconds } from '../../schemas/time.ts';
import { type JudgedFigure, recordedRisk } from '../common/book-risk/judged.ts';
import { type BudgetLimits, budgetOf, overBudget, type StressWeights, stressOf } from '../common/budget.ts';
import { budgetVerdictCount } from '../common/budget-metrics.ts';
import { failureJson } from '../common/failure-json.ts';
import type { Count, Decision, Effect, LogLine, Outcome, Ruling } from '../contract/effects.ts';
import type { Failure } from '../contract/handler.ts';
import type { UsableState } from './state.ts';

const FACTS_SHOWN = 64;
const SYMBOLS_LOGGED = 5;
/** The verdict of a cycle that gave budgets. */
export const BUDGETS: CycleVerdict = 'BUDGETS';

/** What a cycle knows of one symbol. Dollars; stresses 0 … 1; `notionalUsd` undefined when a position has no price. */
export interface SymbolInputs {
  readonly symbol: string;
  readonly clusterStress: number;
  readonly volRegime: number;
  readonly notionalUsd: number | undefined;
}

/** What a cycle knows of the portfolio. `bookId` is the stream id the position book stood at. */
export interface CycleInputs {
  readonly state: UsableState;
  readonly heat: number;
  /** The figures that judge beside the heat. */
  readonly risk: readonly JudgedFigure[];
  readonly bookId: string;
  readonly symbols: readonly SymbolInputs[];
}

/** What the budgets of all symbols rest on: equity in US dollars, heat 0 … 1; undefined where a figure is not known. */
export interface BudgetBasis {
  readonly heat: number | undefined;
  readonly equityUsd: number;
}

/** What surrounds a cycle: settings, mode of the gate, and Unix ms. */
export interface CycleContext {
  readonly settings: RiskGovernorSettings;
  readonly mode: string;
  readonly nowMs: number;
}

/** The budget of a symbol with what it was made of. */
export interface Budget extends SymbolInputs {
  readonly stress: number;
  readonly budgetUsd: number;
  /** Dollars over budget; 0 when within it, or when the position cannot be priced. */
  readonly overUsd: number;
}

/** Budgets of the symbols: a hash each, a violation event for each position over its budget, and what they count (contract §3). */
export function computeBudgets(inputs: CycleInputs, context: CycleContext): Outcome {
  const basis = { heat: judgedHeat(inputs.heat, inputs.risk), equityUsd: inputs.state.equityUsd };
  const budgets = inputs.symbols.map((symbol) => budgetFor(symbol, basis, context.settings));
  const violations = budgets.filter((budget) => budget.overUsd > 0);
  const fresh = inputs.state.source === 'fresh';
  return {
    decision: {
      ...rulingOf(fresh ? 'fresh_state' : 'last_known_good_state', violations.length, context.mode),
      facts: factsOf(inputs, budgets, violations.length, context.nowMs),
    },
    effects: [
      ...budgets.map((budget) => budgetHash(budget, inputs, context)),
      ...violations.map((budget) => violationEvent(budget, context)),
    ],
    counts: [
      ...(fresh ? [] : staleCounts('p28_lkg_cache_used_total', budgets.length)),
      ...budgets.map((budget) => budgetVerdictCount(budget.symbol, budget.overUsd > 0, context.mode)),
    ],
    log: violationLines(violations, context.mode),
  };
}

/** What a tick came to, for the decision log; `facts` is JSON text. */
export function cycleDecision(verdict: CycleVerdict, reason: CycleReason, facts = '{}'): Decision {
  return { verdict, reason, facts };
}

/** What a cycle without a usable portfolio state comes to: no budgets, trading goes on, counted once a symbol (contract §3). */
export function withoutState(symbols: number): Outcome {
  const text = `P2.8: portfolio state too old - no budgets for ${symbols} symbols, trading goes on`;
  return {
    decision: cycleDecision('NO_BUDGETS', 'portfolio_too_old', toJson({ symbols })),
    effects: [],
    counts: staleCounts('p28_portfolio_too_old_total', symbols),
    log: [{ level: 'warn', text }],
  };
}

/** What a cycle that could not be judged comes to: no budgets, trading goes on. */
export function failedCycle(failure: Failure): Outcome {
  return {
    decision: cycleDecision('NO_BUDGETS', 'handler_failed', failureJson(failure)),
    effects: [],
    log: [{ level: 'error', text: `P2.8: no budgets in this cycle (${failure.reason}), trading goes on` }],
  };
}

/** The ruling of a cycle that gave budgets: in enforce the governor refuses what is over them. */
export function rulingOf(reason: string, violations: number, mode: string): Ruling {
  const verdict = violations === 0 ? 'pass' : mode === 'enforce' ? 'refuse' : 'would_refuse';
  const check = {
    gate: 'over_budget',
    value: violations,
    limit: 0,
    headroom: violations === 0 ? 0 : -violations,
    verdict,
  } as const;
  return { verdict: BUDGETS, reason, checks: [check] };
}

/** The largest of the heat and what the figures count as; undefined where one of them is not known. */
export function judgedHeat(heat: number, risk: readonly JudgedFigure[]): number | undefined {
  const heats = risk.map((figure) => figure.heat);
  return heats.some((one) => one === undefined) ? undefined : Math.max(heat, ...heats.map((one) => one ?? 0));
}

/** The budget of a symbol at this heat and equity; without a heat its stress is 1 (contract §3). */
export function budgetFor(symbol: SymbolInputs, basis: BudgetBasis, settings: StressWeights & BudgetLimits): Budget {
  const { clusterStress, volRegime, notionalUsd } = symbol;
  const stress = basis.heat === undefined ? 1 : stressOf({ heat: basis.heat, clusterStress, volRegime }, settings);
  const budgetUsd = budgetOf(basis.equityUsd, stress, settings);
  const overUsd = notionalUsd === undefined ? 0 : overBudget(notionalUsd, budgetUsd);
  return { symbol: symbol.symbol, clusterStress, volRegime, notionalUsd, stress, budgetUsd, overUsd };
}

function budgetHash(budget: Budget, inputs: CycleInputs, context: CycleContext): Effect {
  const labels = { symbol: budget.symbol };
  return {
    do: 'hset',
    key: keys.budget(budget.symbol),
    fields: {
      symbol: budget.symbol,
      budget_usd: formatNumber(budget.budgetUsd),
      stress_factor: formatNumber(budget.stress),
      equity_usd: formatNumber(inputs.state.equityUsd),
      portfolio_heat: formatNumber(inputs.heat),
      cluster_stress: formatNumber(budget.clusterStress),
      vol_regime: formatNumber(budget.volRegime),
      mode: context.mode,
      timestamp: toEpochSeconds(context.nowMs),
      base_risk_pct: formatNumber(context.settings.BASE_RISK_PCT),
    },
    ttlSec: context.settings.BUDGET_HASH_TTL_SEC,
    replace: true,
    ifNewer: true,
    bestEffort: {
      applied: [
        { metric: 'p28_budget_computed_total', labels },
        { metric: 'p28_budget_value_usd', labels, set: budget.budgetUsd },
        { metric: 'p28_stress_factor', labels, set: budget.stress },
      ],
      failed: [{ metric: 'p28_redis_write_fail_total' }],
      warning: `P2.8: the budget of ${budget.symbol} could not be written`,
    },
  };
}

function violationEvent(budget: Budget, context: CycleContext): Effect {
  const json = toJson({
    event_type: 'budget.violation',
    symbol: budget.symbol,
    position_notional: budget.notionalUsd ?? null,
    budget_usd: budget.budgetUsd,
    over_budget: budget.overUsd,
    mode: context.mode,
    timestamp: Number(toEpochSeconds(context.nowMs)),
  });
  return { do: 'emit', stream: streams.violations, fields: { json } };
}

function staleCounts(metric: string, symbols: number): readonly Count[] {
  if (symbols === 0) return [];
  return [
    { metric, by: symbols },
    { metric: 'p28_stale_input_total', labels: { input_type: 'portfolio_state' }, by: symbols },
  ];
}

function violationLines(violations: readonly Budget[], mode: string): readonly LogLine[] {
  if (violations.length === 0) return [];
  const shown = worstFirst(violations).slice(0, SYMBOLS_LOGGED);
  const named = shown.map(({ symbol, notionalUsd, budgetUsd }) => {
    return `${symbol} $${formatNumber(notionalUsd ?? 0)} > $${formatNumber(budgetUsd)}`;
  });
  const more = violations.length > shown.length ? ` and ${violations.length - shown.length} more` : '';
  return [{ level: 'warn', text: `P2.8 over budget (mode=${mode}): ${named.join(', ')}${more}` }];
}

function factsOf(inputs: CycleInputs, budgets: readonly Budget[], violations: number, nowMs: number): string {
  const { state } = inputs;
  const sorted = worstFirst(budgets);
  const shown = sorted.slice(0, FACTS_SHOWN);
  const rest = sorted.slice(FACTS_SHOWN);
  return toJson({
    equity_usd: state.equityUsd,
    equity_low_usd: state.lowUsd,
    drawdown: state.drawdown ?? null,
    state_age_sec: (nowMs - state.atMs) / 1000,
    portfolio_heat: inputs.heat,
    risk: recordedRisk(inputs.risk),
    book_id: inputs.bookId,
    symbols: budgets.length,
    violations,
    unpriced: budgets.filter(({ notionalUsd }) => notionalUsd === undefined).length,
    budgets: shown.map(shownBudget),
    more: budgets.length - shown.length,
    more_positions: rest.filter(({ notionalUsd }) => notionalUsd !== 0).map(restBudget),
  });
}

function shownBudget(budget: Budget): Json {
  return {
    symbol: budget.symbol,
    budget_usd: budget.budgetUsd,
    stress_factor: budget.stress,
    cluster_stress: budget.clusterStress,
    vol_regime: budget.volRegime,
    position_notional: budget.notionalUsd ?? null,
  };
}

/** Positions beyond those shown may be over other budgets; a symbol without one is over none. */
function restBudget({ clusterStress, volRegime, notionalUsd }: Budget): Json {
  return [clusterStress, volRegime, notionalUsd ?? null];
}

function worstFirst(budgets: readonly Budget[]): readonly Budget[] {
  return [...budgets].sort((a, b) => b.overUsd - a.overUsd || b.stress - a.stress);
}
