import { DEFAULT_STRATEGY } from '../../schemas/asker.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { askedText } from '../../schemas/effect-proof.ts';
import { BLOCK_TTL_SEC, FIVE_MINUTES_MS, type GovernorReason } from '../../schemas/governor.ts';
import { toJson } from '../../schemas/json.ts';
import { keys } from '../../schemas/keys.ts';
import type { Plan } from '../../schemas/plan.ts';
import { hasStrategyLimits, strategiesNamed } from '../../schemas/strategy-limits.ts';
import { streamIdMs } from '../../schemas/time.ts';
import { budgetVerdictCount } from '../common/budget-metrics.ts';
import { type GovernorEventDetails, governorEvent } from '../common/governor-events.ts';
import { autoDisarm } from '../common/governor-state.ts';
import { killReport } from '../common/kill-report.ts';
import { checksJson } from '../contract/checks-json.ts';
import {
  type BestEffort,
  type Check,
  type Count,
  type Decision,
  type Effect,
  nothing,
  type Outcome,
  type Ruling,
} from '../contract/effects.ts';
import type { PlanFigures } from './figures.ts';
import type { Judgment } from './judge.ts';
import { planLines } from './lines.ts';
import { permitEffects } from './permit.ts';
import type { GovernorCtx } from './reads.ts';
import { EXPOSURE, inputOf } from './record.ts';
import { askedBy, repeatOf } from './repeat.ts';
import { deadlineMs, denying, grantedBefore } from './reply.ts';
import { isBurst, rulingOf } from './ruling.ts';

const NO_CHECKS: readonly Check[] = [];
/** No plan waits for what only tells the risk governor of its symbol. */
const UNPLANNED: BestEffort = {
  warning: 'the symbols with plans are in a key of another type: no budget for a first open',
};

/** The outcome of a judged plan: a permit or a block, never both (contract §4). */
export function planOutcome(plan: Plan, judgment: Judgment, ctx: GovernorCtx): Outcome {
  const checks = checksJson(judgment.checks);
  const { refusal } = judgment;
  const disarm = disarmOf(plan, judgment, checks, ctx);
  const kill = killReport(ctx.facts, ctx);
  const written =
    refusal === undefined
      ? permitEffects(plan, judgment, checks, ctx)
      : [blockEffect(plan, refusal, checks, ctx.nowMs), ...denying(plan, refusal, checks)];
  const ruling = rulingOf(judgment, ctx.mode);
  const until = refusal === undefined ? deadlineMs(plan, ctx.sourceId) : undefined;
  const word = refusal === undefined ? 'PERMIT' : 'BLOCK';
  const event = governorEvent(word, about(plan, ctx, ruling.reason, checks), ctx.nowMs);
  return {
    decision: decisionOf(plan, ruling, judgment),
    effects: [...written, event, ...planned(plan, ctx), ...disarm.effects, ...kill.effects],
    counts: [...verdictCounts(plan, judgment, ctx), ...(disarm.counts ?? [])],
    ...(until !== undefined && { validUntilMs: until }),
    log: [...planLines(plan, judgment, ctx.mode, ctx.settings), ...(disarm.log ?? []), ...(kill.log ?? [])],
  };
}

/** The outcome of a plan that had its permit already: whoever asked for it is told of the permit again, while it is good. */
export function repeatOutcome(plan: Plan, ctx: GovernorCtx): Outcome {
  const repeat = repeatOf(plan, ctx);
  if (typeof repeat === 'string') return eventOnly(plan, 'DUPLICATE', repeat, ctx);
  return eventOnly(plan, 'DUPLICATE', 'already_permitted', ctx, grantedBefore(plan, repeat));
}

/** The outcome of a plan that gets an event, and an answer where it asks: NEUTRAL, or one that had its permit already. */
export function eventOnly(
  plan: Plan,
  event: 'IGNORED' | 'DUPLICATE',
  reason: string,
  ctx: GovernorCtx,
  answer = denying(plan, reason),
): Outcome {
  return {
    decision: decisionOf(plan, { verdict: event, reason }),
    effects: [governorEvent(event, about(plan, ctx, reason), ctx.nowMs), ...answer],
    log: [{ level: 'info', text: `${plan.symbol}: ${event} plan ${plan.planId} - ${reason}` }],
  };
}

/** The outcome of a plan that could not be judged: never executed blindly, and it alarms (contract §4). */
export function failedPlan(plan: Plan, cause: string, ctx: Pick<GovernorCtx, 'mode' | 'nowMs' | 'sourceId'>): Outcome {
  const reason = 'evaluation_error';
  const { nowMs, mode } = ctx;
  const error: Effect[] = [
    { do: 'ztrim', scope: 'shared', key: keys.governorErrors, belowScore: nowMs - FIVE_MINUTES_MS },
    { do: 'zadd', scope: 'shared', key: keys.governorErrors, score: nowMs, member: ctx.sourceId },
  ];
  return {
    decision: decisionOf(plan, { verdict: 'BLOCK', reason }),
    effects: [
      blockEffect(plan, reason, '[]', nowMs),
      governorEvent('BLOCK', about(plan, ctx, reason), nowMs),
      ...denying(plan, reason),
      ...(mode === 'dry_run' ? [] : error),
    ],
    counts: [blockCount(plan, reason)],
    log: [{ level: 'error', text: `${plan.symbol}: BLOCKED plan ${plan.planId} - ${reason} (${cause})` }],
  };
}

/** The outcome of a plan whose ask cannot be read, or came too late: no gate is asked, and nothing is kept for it. */
export function refusedAsk(plan: Plan, reason: GovernorReason, ctx: GovernorCtx): Outcome {
  return {
    decision: decisionOf(plan, { verdict: 'BLOCK', reason }),
    effects: [
      blockEffect(plan, reason, '[]', ctx.nowMs),
      governorEvent('BLOCK', about(plan, ctx, reason), ctx.nowMs),
      ...denying(plan, reason),
    ],
    counts: [blockCount(plan, reason)],
    log: [{ level: 'info', text: `${plan.symbol}: BLOCKED plan ${plan.planId} - ${reason}` }],
  };
}

function about(plan: Plan, { mode }: Pick<GovernorCtx, 'mode'>, reason: string, checks = '[]'): GovernorEventDetails {
  const { planId, symbol, action, strategy } = plan;
  return { planId, symbol, action, strategy, reason, mode, checks };
}

function decisionOf(plan: Plan, ruling: Ruling, judgment?: Judgment): Decision {
  const { verdict, reason, checks = NO_CHECKS } = ruling;
  const { planId, symbol, action, strategy } = plan;
  if (judgment === undefined) return { verdict, reason, checks, planId, symbol, action, strategy };
  const { facts, exposureFacts } = judgment;
  const sharedFacts = exposureFacts === undefined ? undefined : { name: EXPOSURE, json: exposureFacts };
  return { verdict, reason, checks, planId, symbol, action, strategy, facts, input: inputOf(plan), sharedFacts };
}

function blockEffect(plan: Plan, reason: GovernorReason, checks: string, nowMs: number): Effect {
  const asks = askedBy(plan);
  const asked = asks && askedText(asks);
  const { symbol, strategy } = plan;
  const fields = toJson({ reason, timestamp: Math.floor(nowMs / 1000), symbol, strategy, asked });
  const value = [`${fields.slice(0, -1)},"checks":`, checks, '}'];
  return { do: 'set', key: keys.block(plan.planId), value, ttlSec: BLOCK_TTL_SEC };
}

/** The symbol is active for the risk governor for an hour, so that a first open can have a budget (contract §3). */
function planned(plan: Plan, ctx: GovernorCtx): readonly Effect[] {
  const key = keys.plannedSymbols;
  return [
    { do: 'zadd', key, score: streamIdMs(ctx.sourceId), member: plan.symbol, bestEffort: UNPLANNED },
    { do: 'ztrim', key, belowScore: ctx.nowMs - HOUR_MS, bestEffort: {} },
  ];
}

/** A burst breach disarms while that is asked for. */
function disarmOf(plan: Plan, judgment: Judgment, checks: string, ctx: GovernorCtx): Outcome {
  const { settings } = ctx;
  if (!settings.GOV_ENABLE_AUTO_DISARM || !settings.GOV_DISARM_ON_BURST_BREACH) return nothing;
  const { figures } = judgment;
  if (figures === undefined || !figures.state.armed || !isBurst(judgment)) return nothing;
  const why = 'burst_limit_exceeded';
  return autoDisarm(figures.state, why, about(plan, ctx, why, checks), ctx.nowMs);
}

function verdictCounts(plan: Plan, judgment: Judgment, ctx: GovernorCtx): readonly Count[] {
  const { refusal, figures } = judgment;
  const verdict =
    refusal === undefined
      ? { metric: 'quantum_govern_allow_total', labels: { symbol: plan.symbol } }
      : blockCount(plan, refusal);
  const verdicts = [verdict, ...strategyCounts(plan, refusal, ctx)];
  return figures === undefined ? verdicts : [...verdicts, ...openCounts(plan, judgment, figures, ctx)];
}

/** Counted while strategies have limits; a name that no limit has is one of the others, so that names make no series. */
function strategyCounts(
  { strategy = DEFAULT_STRATEGY, strategyReadable }: Plan,
  refusal: string | undefined,
  { settings }: GovernorCtx,
): readonly Count[] {
  if (!hasStrategyLimits(settings)) return [];
  const label = strategyReadable && strategiesNamed(settings).has(strategy) ? strategy : 'other';
  const verdict = refusal === undefined ? 'permit' : 'block';
  return [{ metric: 'quantum_govern_strategy_plans_total', labels: { strategy: label, verdict } }];
}

function openCounts(plan: Plan, judgment: Judgment, figures: PlanFigures, ctx: GovernorCtx): readonly Count[] {
  const given = judgment.refusal === undefined && ctx.mode !== 'dry_run' ? 1 : 0;
  const labels = { symbol: plan.symbol };
  const budget = figures.budget;
  return [
    { metric: 'quantum_govern_exec_count_hour', labels, set: (figures.execsHour ?? 0) + given },
    { metric: 'quantum_govern_exec_count_5min', labels, set: (figures.execs5Min ?? 0) + given },
    ...(budget === undefined ? [] : [budgetVerdictCount(plan.symbol, budget.violated, budget.mode)]),
  ];
}

function blockCount(plan: Plan, reason: GovernorReason): Count {
  return { metric: 'quantum_govern_block_total', labels: { symbol: plan.symbol, reason } };
}
