import { closeFraction, isStopMove } from '../../schemas/action.ts';
import { type GovernorReason, governorGates } from '../../schemas/governor.ts';
import { toJson } from '../../schemas/json.ts';
import { round10 } from '../../schemas/number.ts';
import type { Plan } from '../../schemas/plan.ts';
import type { Check } from '../common/effects.ts';
import type { HeldPosition } from '../common/exposure.ts';
import { governorStateOf, killIsOn } from '../common/governor-state.ts';
import { knownExposure } from '../common/known-exposure.ts';
import { type Figures, figuresOf } from './figures.ts';
import { judgeGates, killSwitch, skipped } from './gates.ts';
import type { GovernorCtx } from './reads.ts';

/** What the gates say of a plan. */
export interface Judgment {
  readonly checks: readonly Check[];
  /** The first refusal; undefined when none refuses. In dry run only the kill switch refuses. */
  readonly refusal: GovernorReason | undefined;
  /** In dry run: what would have refused. */
  readonly wouldRefuse: GovernorReason | undefined;
  /** Quantity to trade, absolute; undefined when it cannot be known. */
  readonly computedQty: number | undefined;
  /** US dollars; undefined when it cannot be known. */
  readonly computedNotionalUsd: number | undefined;
  /** The figures of an OPEN plan; a CLOSE is judged without them. */
  readonly figures: Figures | undefined;
  /** The figures judged on, as JSON text, for the decision log; those of all positions apart. */
  readonly facts: string;
  readonly exposureFacts: string | undefined;
}

/** Judges an OPEN or CLOSE plan by every gate that applies to it (contract §4). */
export function judgePlan(plan: Plan, ctx: GovernorCtx): Judgment {
  return plan.kind === 'CLOSE' ? judgeClose(plan, ctx) : judgeOpen(plan, ctx);
}

function judgeOpen(plan: Plan, ctx: GovernorCtx): Judgment {
  const figures = figuresOf(plan, ctx);
  const results = judgeGates(figures, { settings: ctx.settings, strict: ctx.mode !== 'testnet' });
  const first = results.find((result) => result.reason !== undefined)?.reason;
  const dryRun = ctx.mode === 'dry_run' && first !== 'kill_switch_active';
  return {
    checks: results.map(({ check }) =>
      dryRun && check.verdict === 'refuse' ? { ...check, verdict: 'would_refuse' } : check,
    ),
    refusal: dryRun ? undefined : first,
    wouldRefuse: dryRun ? first : undefined,
    computedQty: plan.qty,
    computedNotionalUsd: figures.planUsd,
    figures,
    facts: openFacts(figures, ctx),
    exposureFacts: ctx.facts.exposure.factsJson,
  };
}

/** A CLOSE passes everything but the kill switch: reducing risk is never blocked by a cap. */
function judgeClose(plan: Plan, ctx: GovernorCtx): Judgment {
  const { facts, nowMs } = ctx;
  const kill = killSwitch({ killOn: killIsOn(facts.kill), state: governorStateOf(facts.state) });
  const others = governorGates.filter((gate) => gate !== 'kill_switch').map((gate) => skipped(gate).check);
  const exposure = knownExposure(facts.exposure, facts.portfolio, ctx.settings, nowMs);
  const report = exposure.reportOf(plan.symbol);
  const qty = closeQuantity(plan, report);
  const price = facts.exposure.markOf(plan.symbol, nowMs)?.price ?? plan.price ?? report?.markPrice;
  const notional =
    qty === undefined ? undefined : qty === 0 ? 0 : price === undefined ? undefined : round10(qty * price);
  return {
    checks: [kill.check, ...others],
    refusal: kill.reason,
    wouldRefuse: undefined,
    computedQty: qty,
    computedNotionalUsd: notional !== undefined && Number.isFinite(notional) ? notional : undefined,
    figures: undefined,
    exposureFacts: undefined,
    facts: toJson({ book_id: facts.exposure.lastId, position_qty: report?.qty ?? null, mark_price: price ?? null }),
  };
}

/** What to close: 0 for a stop move, what the plan says, else its share of the position; undefined without either. */
function closeQuantity(plan: Plan, report: HeldPosition | undefined): number | undefined {
  if (isStopMove(plan.action)) return 0;
  const said = plan.qty ?? plan.closeQty;
  if (said !== undefined) return said;
  const share = closeFraction(plan.action);
  if (share === undefined || report?.qty === undefined) return undefined;
  return round10(Math.abs(report.qty) * share);
}

function openFacts(figures: Figures, ctx: GovernorCtx): string {
  const { reservations, exposure } = figures;
  return toJson({
    kill: ctx.facts.kill.text,
    rev: figures.state.rev,
    trading_state: figures.state.tradingState,
    armed: figures.state.armed,
    positions_known: exposure.known,
    positions: exposure.count,
    gross_notional_usd: exposure.grossNotionalUsd,
    reservations: reservations.live.length,
    reserved_new: figures.reservedNew,
    reserved_usd: reservations.notionalUsd,
    plan_notional_usd: figures.planUsd ?? null,
    market_mark: ctx.facts.exposure.markOf(ctx.source.symbol ?? '', ctx.nowMs)?.price ?? null,
    execs_hour: figures.execsHour ?? null,
    execs_5min: figures.execs5Min ?? null,
  });
}
