import {
  FIVE_MINUTES_MS,
  GovernorSettings,
  governorModeSpec,
  governorPolicySettings,
  governorSettingNames,
  HOUR_MS,
} from '../../schemas/governor.ts';
import { keys, streams } from '../../schemas/keys.ts';
import { Plan } from '../../schemas/plan.ts';
import { BUDGET_VERDICT_METRICS } from '../common/budget-metrics.ts';
import { type Count, nothing, type Outcome } from '../common/effects.ts';
import { GOVERNOR_METRICS } from '../common/governor-metrics.ts';
import { defineHandler, observer, stream } from '../common/handler.ts';
import { type Scored, scores } from '../common/reads.ts';
import { countWithin } from './figures.ts';
import { judgePlan } from './judge.ts';
import { startLines } from './lines.ts';
import { eventOnly, failedPlan, planOutcome } from './outcome.ts';
import { type GovernorCtx, planReads } from './reads.ts';
import { rejudgePlan } from './record.ts';

const observed = { execs: scores(keys.execs) };

/** P3.2: every order plan gets a permit or a block, each with the checks that led to it (contract §4). */
export default defineHandler<Plan, GovernorSettings, ReturnType<typeof planReads>>({
  name: 'governor',
  gate: 'governor',
  summary: 'Permits or blocks every order plan, by the kill switch, budgets, rates and fund caps.',
  on: stream(streams.plans, { group: 'governor', overrides: { stream: 'STREAM_PLANS' } }),
  message: Plan,
  settings: GovernorSettings,
  settingNames: governorSettingNames,
  policySettings: governorPolicySettings,
  modes: governorModeSpec,
  serial: true,
  metrics: [...GOVERNOR_METRICS, ...BUDGET_VERDICT_METRICS],
  reads: planReads,
  handle,
  rejudge: rejudgePlan,
  onFailure: (plan, failure, ctx) => (isJudged(plan) ? failedPlan(plan, failure.reason, ctx) : nothing),
  observe: observer<GovernorSettings, typeof observed>({
    reads: () => observed,
    gauges: (ctx) => execGauges(ctx.facts.execs ?? [], ctx.nowMs),
    startLines: (ctx) => startLines(ctx.settings),
  }),
});

function handle(plan: Plan, ctx: GovernorCtx): Outcome {
  if (!plan.executable) return nothing;
  if (plan.kind === 'NEUTRAL') return eventOnly(plan, 'IGNORED', 'neutral_action', ctx);
  if (ctx.facts.permitted.text !== null || ctx.facts.permitted.wrongType) {
    return eventOnly(plan, 'DUPLICATE', 'already_permitted', ctx);
  }
  return planOutcome(plan, judgePlan(plan, ctx), ctx);
}

function isJudged(plan: Plan): boolean {
  return plan.executable && plan.kind !== 'NEUTRAL';
}

/** Members are `symbol:source id`; a symbol stays long enough to be seen at 0. */
function execGauges(execs: readonly Scored[], nowMs: number): readonly Count[] {
  const bySymbol = new Map<string, Scored[]>();
  for (const exec of execs) {
    const symbol = exec.member.slice(0, exec.member.indexOf(':'));
    const own = bySymbol.get(symbol);
    if (own === undefined) bySymbol.set(symbol, [exec]);
    else own.push(exec);
  }
  return [...bySymbol].flatMap(([symbol, times]) => [
    { metric: 'quantum_govern_exec_count_hour', labels: { symbol }, set: countWithin(times, HOUR_MS, nowMs) },
    { metric: 'quantum_govern_exec_count_5min', labels: { symbol }, set: countWithin(times, FIVE_MINUTES_MS, nowMs) },
  ]);
}
