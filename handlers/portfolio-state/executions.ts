import type { AccountReport } from '../../schemas/account.ts';
import { streams } from '../../schemas/keys.ts';
import { formatNumber, round10 } from '../../schemas/number.ts';
import type { Outcome } from '../contract/effects.ts';

/**
 * The exchange's own word that plans were executed, in the stream of results: whether an order had its permit is judged
 * there, as of any executor's word (contract §4, Effect proof). Nothing where fills do not count as results.
 */
export function executionsTold({ source, fills }: AccountReport): Outcome {
  const orders = new Map<string, { readonly symbol: string; readonly qty: number }>();
  for (const { plan, symbol, qty } of fills) {
    if (plan !== undefined) orders.set(plan, { symbol, qty: round10((orders.get(plan)?.qty ?? 0) + Math.abs(qty)) });
  }
  return {
    effects: [...orders].map(([plan_id, { symbol, qty }]) => ({
      do: 'emit',
      stream: streams.results,
      fields: { plan_id, symbol, executed: 'true', qty: formatNumber(qty), source },
    })),
  };
}
