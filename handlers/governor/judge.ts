import { closeFraction, isStopMove } from '../../schemas/action.ts';
import { jsonMembers } from '../../schemas/json.ts';
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
import { type PlanRuling, ruleClose, ruleOpen } from './ruling.ts';

/** What the gates say of a plan, and what it comes to. */
export interface Judgment extends PlanRuling {
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
  return plan.kind === 'CLOSE' ? judgeClose(plan, ctx) : judgeOpen(plan, ctx);
}

function judgeOpen(plan: Plan, ctx: GovernorCtx): Judgment {
  const figures = figuresOf(plan, ctx);
  const { checks, refusal, wouldRefuse } = ruleOpen(figures, ctx);
  return {
    checks,
    refusal,
    wouldRefuse,
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

function openFacts(figures: PlanFigures, ctx: GovernorCtx): string {
  const about = jsonMembers({ kill: ctx.facts.kill.text, rev: figures.state.rev });
  const mark = ctx.facts.exposure.markOf(ctx.source.symbol ?? '', ctx.nowMs)?.price ?? null;
  return `{${about},${jsonMembers(figureFacts(figures))},${jsonMembers({ market_mark: mark })}}`;
}
