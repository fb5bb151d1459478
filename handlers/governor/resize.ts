import { formatNumber } from '../../schemas/number.ts';
import { Plan } from '../../schemas/plan.ts';
import { largestQty, largestUsd, passesSmallest, unsized } from '../common/largest.ts';
import type { GovernorCtx } from './reads.ts';

/** What asks the gates about a plan of another size. */
type PassesOf = (plan: Plan, ctx: GovernorCtx) => boolean;

/** A plan at the size it is given, and what it is judged on. */
export interface Resized {
  readonly plan: Plan;
  readonly ctx: GovernorCtx;
}

/**
 * The plan at the largest size that passes every gate, of at most what it asks for and at least what is of use to it;
 * undefined where there is none, and for a plan that does not ask to be resized.
 */
export function resizedPlan(plan: Plan, ctx: GovernorCtx, passesOf: PassesOf): Resized | undefined {
  const { resize } = plan;
  if (resize === undefined || plan.kind !== 'OPEN') return undefined;
  const about = sameOrderUnknown(ctx);
  const sized = (entry: GovernorCtx['source']) => Plan.parse(entry);
  const passes = (entry: GovernorCtx['source']) => passesOf(sized(entry), about);
  if (!passesSmallest(ctx.source, { passes })) return undefined;
  const rest = unsized(ctx.source);
  if (plan.qty !== undefined) {
    const { stepSize: stepQty } = ctx.facts.filters(plan.symbol);
    const qty = largestQty(ctx.source, { passes, stepQty }, plan.qty);
    if (qty <= 0 || qty < resize.minQty) return undefined;
    return { plan: sized({ ...rest, qty: formatNumber(qty) }), ctx: about };
  }
  if (plan.notionalUsd === undefined) return undefined;
  const usd = largestUsd(ctx.source, { passes }, plan.notionalUsd);
  if (usd <= 0 || !buys(plan, usd, ctx)) return undefined;
  return { plan: sized({ ...rest, notional_usd: formatNumber(usd) }), ctx: about };
}

/** Whether a notional buys the least quantity that is of use, at the higher of its price and the mark. */
function buys({ symbol, resize, price }: Plan, usd: number, { facts, nowMs }: GovernorCtx): boolean {
  const least = resize?.minQty ?? 0;
  if (least === 0) return true;
  const highest = Math.max(price ?? 0, facts.exposure.markOf(symbol, nowMs)?.price ?? 0);
  return highest > 0 && usd / highest >= least;
}

/** When the order of another size was permitted last is not known: no permit of its symbol since then stands for it. */
function sameOrderUnknown(ctx: GovernorCtx): GovernorCtx {
  return { ...ctx, facts: { ...ctx.facts, lastOrder: ctx.facts.lastExec } };
}

/** Whether the quantity of a plan is one that the exchange takes, as far as its step is known. */
export function isWholeSteps({ symbol, qty }: Plan, { facts, source }: GovernorCtx): boolean {
  const { stepSize: stepQty } = facts.filters(symbol);
  return qty === undefined || stepQty === undefined || largestQty(source, { passes: () => true, stepQty }, qty) >= qty;
}
