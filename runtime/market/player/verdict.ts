/** What became of a plan: a quantity it may trade, or the reason for which it is blocked. */
export type PlanVerdict =
  | { readonly planId: string; readonly permitted: true; readonly qty: number }
  | { readonly planId: string; readonly permitted: false; readonly reason: string };

/** Reads the permit or the block of a plan (contract §4); a judged plan has exactly one of the two. */
export function verdictOf(planId: string, permit: string | null, block: string | null): PlanVerdict {
  if (permit !== null && block === null) return { planId, permitted: true, qty: quantityOf(planId, permit) };
  if (block !== null && permit === null) return { planId, permitted: false, reason: reasonOf(planId, block) };
  throw new Error(`expected a permit or a block of plan ${planId}, got ${permit === null ? 'neither' : 'both'}`);
}

function quantityOf(planId: string, permit: string): number {
  const { computed_qty: qty } = JSON.parse(permit) as { computed_qty?: unknown };
  if (typeof qty !== 'number') throw new Error(`expected a number as computed_qty of plan ${planId}, got ${permit}`);
  return qty;
}

function reasonOf(planId: string, block: string): string {
  const { reason } = JSON.parse(block) as { reason?: unknown };
  if (typeof reason !== 'string') throw new Error(`expected a reason in the block of plan ${planId}, got ${block}`);
  return reason;
}
