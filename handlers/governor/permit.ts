import { actionKind } from '../../schemas/action.ts';
import { DEFAULT_STRATEGY } from '../../schemas/asker.ts';
import { HOUR_MS, MINUTE_MS } from '../../schemas/duration.ts';
import { permittedText } from '../../schemas/effect-proof.ts';
import { LAST_EXEC_TTL_SEC, LAST_ORDER_TTL_SEC, PERMIT_TTL_SEC, PERMITTED_TTL_SEC } from '../../schemas/governor.ts';
import { toJson } from '../../schemas/json.ts';
import { keys } from '../../schemas/keys.ts';
import { hasLossLimits } from '../../schemas/loss-limits.ts';
import { formatNumber } from '../../schemas/number.ts';
import { outstandingMember } from '../../schemas/outstanding.ts';
import type { Plan } from '../../schemas/plan.ts';
import { limitsUse } from '../../schemas/strategy-limits.ts';
import { parseTimeMs } from '../../schemas/time.ts';
import { knownExposure } from '../common/known-exposure.ts';
import { newReservation, RESERVED_TIMES } from '../common/reservations.ts';
import type { BestEffort, Effect, PiecedText } from '../contract/effects.ts';
import type { PlanFigures } from './figures.ts';
import type { Judgment } from './judge.ts';
import { priceRange } from './order-limits.ts';
import { type GovernorCtx, lastOrderKey } from './reads.ts';
import { askedBy } from './repeat.ts';
import { granting } from './reply.ts';

const UNCOUNTED: BestEffort = { warning: 'the permits for the gauges are in a key of another type' };
const EXECS_KEPT_MS = HOUR_MS + 300_000;

/** The writes of a permit, its event excepted: in dry run no reservation, cooldown, count or marker (contract §4). */
export function permitEffects(asks: Plan, judgment: Judgment, checks: string, ctx: GovernorCtx): readonly Effect[] {
  const { plan } = judgment;
  const permit = givenEffects(plan, permitText(asks, judgment, checks, ctx), ctx);
  const unblocked: Effect = { do: 'del', key: keys.block(plan.planId) };
  // Whoever asked in a dry run was given nothing: there is nothing to take back, and nothing that was taken.
  if (ctx.mode === 'dry_run') return plan.ask ? [...permit, unblocked] : [...permit, unblocked, outstanding(plan, ctx)];
  return [
    ...permit,
    unblocked,
    outstanding(plan, ctx),
    ...records(asks, ctx),
    ...strategyOrder(plan, judgment, ctx),
    ...openRecords(plan, judgment.figures, ctx),
  ];
}

/** Whoever asked is told its permit and has it: it never lies where another could take it. All else is as with a permit that was taken. */
function givenEffects(plan: Plan, value: PiecedText, ctx: GovernorCtx): readonly Effect[] {
  const granted = granting(plan, value, ctx);
  if (granted.length > 0) return granted;
  return [{ do: 'set', key: keys.permit(plan.planId), value, ttlSec: PERMIT_TTL_SEC }];
}

/** The JSON text of a permit: what an executor takes with one GETDEL (contract §4). */
function permitText(asks: Plan, judgment: Judgment, checks: string, ctx: GovernorCtx): PiecedText {
  const { plan } = judgment;
  const isResized = plan !== asks;
  const fields = toJson({
    granted: true,
    symbol: plan.symbol,
    action: plan.action,
    strategy: plan.strategy,
    decision: 'EXECUTE',
    computed_qty: judgment.computedQty ?? null,
    computed_notional: judgment.computedNotionalUsd ?? null,
    asked_qty: isResized ? asks.qty : undefined,
    asked_notional: isResized && asks.qty === undefined ? asks.notionalUsd : undefined,
    reduceOnly: plan.reduceOnly || plan.kind === 'CLOSE',
    created_at: Math.floor(ctx.nowMs / 1000),
    consumed: false,
    mode: ctx.mode,
    dry_run: ctx.mode === 'dry_run' ? true : undefined,
    ...(judgment.figures && priceRange(judgment.figures.limits, ctx.settings.GOV_PRICE_COLLAR_PCT)),
  });
  return [`${fields.slice(0, -1)},"checks":`, checks, '}'];
}

/** What a kill, or 59 s, takes back: a dry run's permits too; a loss limit only what opens. */
function outstanding(plan: Plan, { nowMs, mode, settings }: GovernorCtx): Effect {
  const closes = hasLossLimits(settings) && plan.kind === 'CLOSE' && actionKind(plan.action, false) === 'OPEN';
  const member = outstandingMember(plan, mode === 'dry_run', closes);
  return { do: 'zadd', scope: 'shared', key: keys.outstanding, score: nowMs, member };
}

function records(plan: Plan, ctx: GovernorCtx): readonly Effect[] {
  return [
    {
      do: 'set',
      key: keys.permitted(plan.planId),
      value: permittedText(ctx.sourceId, plan.action, askedBy(plan)),
      ttlSec: PERMITTED_TTL_SEC,
    },
    ...lastExec(plan, ctx),
  ];
}

/** A key of another type is left alone: it must not stop a CLOSE, and an OPEN cannot be evaluated beside it. */
function lastExec(plan: Plan, ctx: GovernorCtx): readonly Effect[] {
  if (ctx.facts.lastExec.wrongType) return [];
  const value = formatNumber(ctx.nowMs / 1000);
  const key = keys.lastExec(plan.symbol);
  return [{ do: 'set', key, value, ttlSec: LAST_EXEC_TTL_SEC, fromCommit: true }, ...cooldownEnd(plan, ctx)];
}

/** One job tells the end of a cooldown; a permit given during it is found by the job that waits already. */
function cooldownEnd(plan: Plan, ctx: GovernorCtx): readonly Effect[] {
  const cooldownMs = ctx.settings.GOV_SYMBOL_COOLDOWN_SECONDS * 1000;
  const lastMs = parseTimeMs(ctx.facts.lastExec.text ?? undefined);
  const running = lastMs !== undefined && ctx.nowMs - lastMs < cooldownMs;
  if (cooldownMs === 0 || running) return [];
  const id = `${plan.symbol}-${ctx.sourceId}`;
  const fields = { symbol: plan.symbol, plan_id: plan.planId, action: plan.action };
  return [{ do: 'later', handler: 'cooldown-expiry', id, delayMs: cooldownMs, fields }];
}

function openRecords(plan: Plan, figures: PlanFigures | undefined, ctx: GovernorCtx): readonly Effect[] {
  if (figures === undefined) return [];
  const { nowMs, settings } = ctx;
  const { reportOf } = knownExposure(ctx.facts.exposure, ctx.facts.portfolio, settings, nowMs);
  const { symbol, side, qty, strategy } = plan;
  const order = { symbol, side, qty, strategy, notionalUsd: figures.planUsd };
  const time = { nowMs, ttlSec: settings.GOV_RESERVATION_TTL_SEC };
  const reservation = newReservation(order, figures.reservations.live, reportOf, time);
  return [
    {
      do: 'hset',
      scope: 'shared',
      key: keys.reserved,
      fields: { [plan.planId]: reservation },
      fromCommit: RESERVED_TIMES,
    },
    ...execution(plan, ctx),
    ...limitRecords(plan, ctx),
  ];
}

/** What the optional limits in force are judged by; a key of another type is left alone. */
function limitRecords(plan: Plan, ctx: GovernorCtx): readonly Effect[] {
  const { facts, settings, nowMs, sourceId } = ctx;
  const rate = settings.GOV_MAX_PERMITS_PER_MINUTE !== undefined && facts.permitTimes !== null;
  const last = settings.GOV_DUPLICATE_SEC !== undefined && !facts.lastOrder.wrongType;
  const key = keys.permitTimes;
  const value = formatNumber(nowMs / 1000);
  const times: readonly Effect[] = [
    { do: 'ztrim', key, belowScore: nowMs - MINUTE_MS },
    { do: 'zadd', key, score: nowMs, member: sourceId, ttlSec: MINUTE_MS / 1000, fromCommit: true },
  ];
  const order: Effect = { do: 'set', key: lastOrderKey(plan), value, ttlSec: LAST_ORDER_TTL_SEC, fromCommit: true };
  return [...(rate ? times : []), ...(last ? [order] : []), ...strategyRate(plan, ctx)];
}

/** The permits of a strategy within an hour, while they are limited; a key of another type is left alone. */
function strategyRate(
  { strategy = DEFAULT_STRATEGY }: Plan,
  { facts, settings, nowMs, sourceId }: GovernorCtx,
): readonly Effect[] {
  const { strategyPermits } = facts;
  if (settings.GOV_STRATEGY_MAX_PERMITS_PER_HOUR === undefined || !strategyPermits) return [];
  const key = keys.strategyPermits(strategy);
  return [
    { do: 'ztrim', key, belowScore: nowMs - HOUR_MS },
    { do: 'zadd', key, score: nowMs, member: sourceId, ttlSec: HOUR_MS / 1000, fromCommit: true },
  ];
}

/** What the permit is for, by whom, while what strategies hold is limited: its execution is counted for that strategy. */
function strategyOrder(plan: Plan, judgment: Judgment, { settings, nowMs }: GovernorCtx): readonly Effect[] {
  if (!limitsUse(settings)) return [];
  const { strategy = DEFAULT_STRATEGY, symbol, kind } = plan;
  const { computedQty: qty = null, computedNotionalUsd: notional_usd = 0 } = judgment;
  const value = toJson({ strategy, symbol, qty, notional_usd, closes: kind === 'CLOSE', at_ms: nowMs });
  return [{ do: 'set', key: keys.strategyOrder(plan.planId), value, ttlSec: PERMITTED_TTL_SEC }];
}

/** Rates are kept by symbol for judgment, and once more for the gauges, which no plan waits for. */
function execution({ symbol }: Plan, { facts, nowMs, sourceId }: GovernorCtx): readonly Effect[] {
  const key = keys.execTimes(symbol);
  const judgedBy: readonly Effect[] = [
    { do: 'ztrim', key, belowScore: nowMs - HOUR_MS },
    { do: 'zadd', key, score: nowMs, member: sourceId, ttlSec: HOUR_MS / 1000, fromCommit: true },
  ];
  return [
    ...(facts.execTimes === null ? [] : judgedBy),
    { do: 'ztrim', key: keys.execs, belowScore: nowMs - EXECS_KEPT_MS, bestEffort: {} },
    {
      do: 'zadd',
      key: keys.execs,
      score: nowMs,
      member: `${symbol}:${sourceId}`,
      fromCommit: true,
      bestEffort: UNCOUNTED,
    },
  ];
}
