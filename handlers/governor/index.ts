import { GovernorSettings, governorPolicySettings, governorSettingNames } from '../../schemas/governor.ts';
import { streams } from '../../schemas/keys.ts';
import { Plan } from '../../schemas/plan.ts';
import { BUDGET_VERDICT_METRICS } from '../common/budget-metrics.ts';
import { governorEventStreams } from '../common/governor-events.ts';
import { GOVERNOR_METRICS } from '../common/governor-metrics.ts';
import { GOVERNOR_MODES } from '../common/governor-modes.ts';
import { nothing, type Outcome } from '../contract/effects.ts';
import { defineHandler, stream } from '../contract/handler.ts';
import { jointPlan } from './joint/index.ts';
import { judgePlan } from './judge.ts';
import { governorObserver } from './observer.ts';
import { eventOnly, failedPlan, planOutcome, refusedAsk, repeatOutcome } from './outcome.ts';
import { planReading } from './reading.ts';
import { type GovernorCtx, planReads } from './reads.ts';
import { rejudgePlan } from './record.ts';
import { isTakenByBlock } from './repeat.ts';
import { askRefusal } from './reply.ts';
import { planSkips } from './ruling.ts';
import { planWords } from './streams.ts';
import { planWhatIf } from './what-if.ts';
import { planChecks, planReasons } from './words.ts';

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
  modes: GOVERNOR_MODES,
  stage: 4,
  input: planWords,
  usedWhen: 'permits_taken',
  outputs: governorEventStreams,
  heedsSwitches: true,
  serial: true,
  listeners: [
    {
      role: 'governor',
      setting: 'GOV_METRICS_PORT',
      port: 8044,
      bare: 'METRICS_PORT',
      serves: ['metrics', 'health'],
      sign: { path: '/metrics', text: 'quantum_govern_' },
    },
  ],
  health: { tells: 'lanes', service: 'p3.2-governor' },
  metrics: [...GOVERNOR_METRICS, ...BUDGET_VERDICT_METRICS],
  reads: planReads,
  handle,
  rejudge: rejudgePlan,
  joint: jointPlan,
  reading: planReading,
  whatIf: planWhatIf,
  skips: planSkips,
  reasons: planReasons,
  checks: planChecks,
  onFailure: (plan, failure, ctx) => (isJudged(plan) ? failedPlan(plan, failure.reason, ctx) : nothing),
  observe: governorObserver,
});

function handle(plan: Plan, ctx: GovernorCtx): Outcome {
  if (!plan.executable) return nothing;
  if (plan.kind === 'NEUTRAL') return eventOnly(plan, 'IGNORED', 'neutral_action', ctx);
  if (ctx.facts.permitted.text !== null || ctx.facts.permitted.wrongType) {
    return repeatOutcome(plan, ctx);
  }
  if (isTakenByBlock(plan, ctx)) return eventOnly(plan, 'DUPLICATE', 'plan_id_taken', ctx);
  const refusal = askRefusal(plan, ctx);
  if (refusal !== undefined) return refusedAsk(plan, refusal, ctx);
  return planOutcome(plan, judgePlan(plan, ctx), ctx);
}

function isJudged(plan: Plan): boolean {
  return plan.executable && plan.kind !== 'NEUTRAL';
}
