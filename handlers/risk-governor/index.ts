import { judgingFigures } from '../../schemas/book-risk.ts';
import { riskModeNames } from '../../schemas/judged-figures.ts';
import { keys } from '../../schemas/keys.ts';
import {
  BudgetTick,
  RiskGovernorSettings,
  riskGovernorPolicySettings,
  riskGovernorSettingNames,
  SYMBOLS_PER_CHUNK,
} from '../../schemas/risk-governor.ts';
import { judgedFigures } from '../common/book-risk/judged.ts';
import { BUDGET_METRICS } from '../common/budget-metrics.ts';
import { exposureOf } from '../common/exposure.ts';
import { bookHeat } from '../common/heat.ts';
import { type KnownExposure, knownExposure } from '../common/known-exposure.ts';
import { riskReads } from '../common/portfolio-heat.ts';
import { nothing, type Outcome } from '../contract/effects.ts';
import { type Ctx, defineHandler, every, observer } from '../contract/handler.ts';
import { computed, type FactsOf, hash, scores } from '../contract/reads.ts';
import { computeBudgets, cycleDecision, failedCycle, type SymbolInputs, withoutState } from './cycle.ts';
import { budgetInputs, clusterStressOf, heatOf, volRegimeOf } from './inputs.ts';
import { jointCycle } from './joint.ts';
import { budgetModeSpec } from './modes.ts';
import { cycleReading } from './reading.ts';
import { rejudgeCycle } from './rejudge.ts';
import { remember, type UsableState, usableState } from './state.ts';
import { riskGovernorStreams } from './streams.ts';
import { activeSymbols, chunkTriggers } from './symbols.ts';

const INTERVALS_BEFORE_TOO_LATE = 3;

const reads = {
  state: hash(keys.portfolioState),
  remembered: hash(keys.lastKnownGood),
  publishedHeat: hash(keys.heatState),
  clusterMap: hash(keys.clusterMap),
  clusterState: hash(keys.clusterState),
  planned: scores(keys.plannedSymbols),
  heat: computed(bookHeat),
  exposure: computed(exposureOf),
  inputs: computed(budgetInputs),
};

type Reads = typeof reads & Partial<typeof riskReads>;
type Facts = FactsOf<Reads>;
type BudgetCtx = Ctx<RiskGovernorSettings, Facts>;

/** P2.8: a budget in dollars for every active symbol, less as heat, cluster stress and volatility rise (contract §3). */
export default defineHandler<BudgetTick, RiskGovernorSettings, Reads>({
  name: 'risk-governor',
  gate: 'risk-governor',
  summary: 'Gives every active symbol a budget that shrinks as portfolio heat, cluster stress and volatility rise.',
  on: every((settings) => settings.BUDGET_COMPUTE_INTERVAL_SEC * 1000),
  message: BudgetTick,
  settings: RiskGovernorSettings,
  settingNames: riskGovernorSettingNames,
  policySettings: riskGovernorPolicySettings,
  policyBeside: riskModeNames,
  modes: budgetModeSpec,
  stage: 3,
  listeners: [
    {
      role: 'p28',
      setting: 'P28_PORT',
      port: 8049,
      bare: 'PORT',
      serves: ['metrics', 'health', 'budgets'],
      sign: { path: '/health', text: 'p2.8-portfolio-risk-governor' },
    },
  ],
  health: { tells: 'mode', service: 'p2.8-portfolio-risk-governor' },
  usedWhen: 'budgets_compared',
  outputs: riskGovernorStreams,
  batch: 1,
  metrics: BUDGET_METRICS,
  reads: (_tick, settings) => (judgingFigures(settings).length === 0 ? reads : { ...reads, ...riskReads }),
  handle: judge,
  rejudge: rejudgeCycle,
  joint: jointCycle,
  reading: cycleReading,
  onFailure: (_tick, failure) => failedCycle(failure),
  observe: observer<RiskGovernorSettings, Record<string, never>>({
    reads: () => ({}),
    gauges: (ctx) => [{ metric: 'p28_enforce_mode', set: ctx.mode === 'enforce' ? 1 : 0 }],
    startLines: ({ settings, mode }) => [
      `P2.8 Portfolio Risk Governor started (mode=${mode}, port=${settings.P28_PORT})`,
      'Starting budget compute loop',
    ],
  }),
});

function judge(tick: BudgetTick, ctx: BudgetCtx): Outcome {
  const tooLateMs = INTERVALS_BEFORE_TOO_LATE * ctx.settings.BUDGET_COMPUTE_INTERVAL_SEC * 1000;
  if (ctx.nowMs - tick.scheduledMs > tooLateMs) return skipped();
  const state = usableState(ctx.facts.state, ctx.facts.remembered, ctx.settings, ctx.nowMs);
  const outcome = cycle(tick, state, ctx);
  const believed = state?.source === 'fresh' && state.lowUsd === undefined;
  return believed ? { ...outcome, effects: [remember(state), ...outcome.effects] } : outcome;
}

function cycle(tick: BudgetTick, state: UsableState | undefined, ctx: BudgetCtx): Outcome {
  const { facts, settings, nowMs } = ctx;
  const exposure = knownExposure(facts.exposure, facts.state, settings, nowMs);
  const symbols = tick.symbols ?? active(exposure, ctx);
  if (symbols.length === 0) return { ...nothing, decision: cycleDecision('NO_BUDGETS', 'no_active_symbols') };
  if (symbols.length > SYMBOLS_PER_CHUNK) return split(tick, symbols);
  if (state === undefined) return withoutState(symbols.length);
  const { status, riskWithSilentUsd: riskUsd } = facts.heat;
  const book = { readable: status !== 'positions_unreadable', everSeen: status !== 'no_positions', riskUsd };
  return computeBudgets(
    {
      state,
      heat: heatOf({ ...book, published: facts.publishedHeat }, state.equityUsd, nowMs),
      risk: judgedFigures(facts.risk, settings, nowMs),
      bookId: facts.heat.lastId,
      symbols: symbols.map((symbol) => inputsOf(symbol, exposure, facts)),
    },
    ctx,
  );
}

function active(exposure: KnownExposure, { facts, nowMs }: BudgetCtx): readonly string[] {
  const hasPosition = (symbol: string) => exposure.reportOf(symbol)?.held === true;
  return activeSymbols(facts.inputs, hasPosition, facts.planned ?? [], nowMs);
}

function inputsOf(symbol: string, exposure: KnownExposure, facts: Facts): SymbolInputs {
  const position = exposure.reportOf(symbol);
  return {
    symbol,
    clusterStress: clusterStressOf(symbol, facts.inputs, facts.clusterMap, facts.clusterState),
    volRegime: volRegimeOf(facts.inputs.marketsOf(symbol)),
    notionalUsd: position === undefined ? 0 : position.notionalUsd,
  };
}

function split(tick: BudgetTick, symbols: readonly string[]): Outcome {
  return {
    decision: cycleDecision('SPLIT', 'too_many_for_one_commit'),
    effects: chunkTriggers(tick, symbols),
  };
}

function skipped(): Outcome {
  return {
    decision: cycleDecision('SKIPPED', 'tick_too_old'),
    effects: [],
    counts: [{ metric: 'p28_ticks_skipped_total' }],
  };
}
