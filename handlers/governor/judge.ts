import { closeFraction, isStopMove } from '../../schemas/action.ts';
import { type Json, jsonMembers } from '../../schemas/json.ts';
import { round10 } from '../../schemas/number.ts';
import type { Plan } from '../../schemas/plan.ts';
import { streamIdMs } from '../../schemas/time.ts';
import type { HeldPosition } from '../common/exposure.ts';
import { governorStateOf, isBeforeRestore, killIsOn } from '../common/governor-state.ts';
import { knownExposure } from '../common/known-exposure.ts';
import { reservationsAt } from '../common/reservations.ts';
import { type CloseFigures, closeFacts, closeFigures, permittedQty } from './close.ts';
import { figuresOf, type PlanFigures } from './figures.ts';
import type { Switches } from './gates.ts';
import type { GovernorCtx } from './reads.ts';
import { figureFacts, switchFacts } from './record.ts';
import { isWholeSteps, resizedPlan } from './resize.ts';
import { type PlanRuling, ruleClose, ruleOpen } from './ruling.ts';

/** What the gates say of a plan, and what it comes to. */
export interface Judgment extends PlanRuling {
  /** The plan as it was judged: at a smaller size than it asks for, where it was resized. */
  readonly plan: Plan;
  /** Quantity to trade, absolute; undefined when it cannot be known. */
  readonly computedQty: number | undefined;
  /** US dollars; undefined when it cannot be known. */
  readonly computedNotionalUsd: number | undefined;
  /** The figures of an OPEN plan; a CLOSE is judged without them. */
  readonly figures: PlanFigures | undefined;
  /** The figures judged on, as JSON text, for the decision log; those of all positions apart. */
  readonly facts: string;
  readonly exposureFacts: string | undefined;
}

/** Judges an OPEN or CLOSE plan by every gate that applies to it (contract §4). */
export function judgePlan(plan: Plan, ctx: GovernorCtx): Judgment {
  if (plan.kind === 'CLOSE') return judgeClose(plan, ctx);
  const asked = judgeOpen(plan, ctx);
  if (plan.resize === undefined || (isPassing(asked) && isWholeSteps(plan, ctx))) return asked;
  const smaller = resizedPlan(plan, ctx, (one, about) => isPassing(ruleOpen(figuresOf(one, about), about)));
  const given = smaller && judgeOpen(smaller.plan, smaller.ctx, plan);
  return given !== undefined && isPassing(given) ? given : asked;
}

function isPassing({ refusal, wouldRefuse }: PlanRuling): boolean {
  return refusal === undefined && wouldRefuse === undefined;
}

/** `asks`: the plan as it was sent, where it is judged at another size. */
function judgeOpen(plan: Plan, ctx: GovernorCtx, asks?: Plan): Judgment {
  const figures = figuresOf(plan, ctx);
  const { checks, refusal, wouldRefuse } = ruleOpen(figures, ctx);
  return {
    plan,
    checks,
    refusal,
    wouldRefuse,
    computedQty: plan.qty,
    computedNotionalUsd: figures.planUsd,
    figures,
    facts: openFacts(figures, ctx, asks && sizesOf(asks, plan)),
    exposureFacts: ctx.facts.exposure.factsJson,
  };
}

/** A CLOSE passes everything but the kill switch: reducing risk is never blocked by a cap. */
function judgeClose(plan: Plan, ctx: GovernorCtx): Judgment {
  const { facts, nowMs } = ctx;
  const state = governorStateOf(facts.state);
  const beforeRestore = isBeforeRestore(state, streamIdMs(ctx.sourceId));
  const switches = { killOn: killIsOn(facts.kill), state, beforeRestore };
  const exposure = knownExposure(facts.exposure, facts.portfolio, ctx.settings, nowMs);
  const report = exposure.reportOf(plan.symbol);
  const askedQty = closeQuantity(plan, report);
  const { live } = reservationsAt(facts.reserved, exposure.reportOf, nowMs);
  const maxAgeMs = ctx.settings.GOV_STATE_MAX_AGE_SEC * 1000;
  const figures = closeFigures(plan, askedQty, report, { live, nowMs, maxAgeMs });
  const qty = permittedQty(askedQty, figures);
  const price = facts.exposure.markOf(plan.symbol, nowMs)?.price ?? plan.price ?? report?.markPrice;
  const notional =
    qty === undefined ? undefined : qty === 0 ? 0 : price === undefined ? undefined : round10(qty * price);
  const { checks, refusal, wouldRefuse } = ruleClose(switches, figures);
  return {
    plan,
    checks,
    refusal,
    wouldRefuse,
    computedQty: qty,
    computedNotionalUsd: notional !== undefined && Number.isFinite(notional) ? notional : undefined,
    figures: undefined,
    exposureFacts: undefined,
    facts: factsOfClose(switches, figures, { bookId: facts.exposure.lastId, qty: report?.qty, price }),
  };
}

function factsOfClose(
  switches: Switches,
  figures: CloseFigures | undefined,
  { bookId, qty, price }: { bookId: string; qty: number | undefined; price: number | undefined },
): string {
  const position = jsonMembers({ book_id: bookId, position_qty: qty ?? null, mark_price: price ?? null });
  const close = figures === undefined ? '' : `,${jsonMembers({ close: closeFacts(figures) })}`;
  return `{${jsonMembers(switchFacts(switches))},${position}${close}}`;
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

/** What was asked for and what is given, of a plan that was resized. */
function sizesOf(asks: Plan, given: Plan): Record<string, Json> {
  const sizes = given.qty === undefined ? [asks.notionalUsd, given.notionalUsd] : [asks.qty, given.qty];
  const [asked = null, now = null] = sizes;
  return {
    resized: given.qty === undefined ? { asked_usd: asked, given_usd: now } : { asked_qty: asked, given_qty: now },
  };
}

function openFacts(figures: PlanFigures, ctx: GovernorCtx, sizes?: Record<string, Json>): string {
  const about = jsonMembers({ kill: ctx.facts.kill.text, rev: figures.state.rev });
  const mark = ctx.facts.exposure.markOf(ctx.source.symbol ?? '', ctx.nowMs)?.price ?? null;
  const resized = sizes === undefined ? '' : `${jsonMembers(sizes)},`;
  return `{${about},${resized}${jsonMembers(figureFacts(figures))},${jsonMembers({ market_mark: mark })}}`;
}
