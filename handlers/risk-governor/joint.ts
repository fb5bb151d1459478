import { recorded } from '../../schemas/decision.ts';
import { round10 } from '../../schemas/number.ts';
import { JointCycle, type RiskGovernorSettings } from '../../schemas/risk-governor.ts';
import { overBudget } from '../common/budget.ts';
import { afterCycle, type OtherBudget, otherBudgets } from '../common/otherwise/budgets.ts';
import type { SeenOf } from '../common/otherwise/look.ts';
import { type Order, type OrderBook, ordersAt, otherOrders } from '../common/otherwise/orders.ts';
import { otherPositions, positionHere } from '../common/otherwise/positions.ts';
import type { Carried, JointLoss, JointRuling, Logged } from '../contract/carried.ts';
import type { Rules } from '../contract/handler.ts';
import { BUDGETS, rulingOf } from './cycle.ts';
import { budgetsAgain, rejudgeCycle } from './rejudge.ts';

/**
 * A cycle judged again on positions as they would be; the budgets it would have given are kept for the plans behind it.
 * Heat stays that of the log: a cycle does not tell what each position adds to it.
 */
export function jointCycle({ record }: Logged, under: Rules<RiskGovernorSettings>, carried: Carried): JointRuling {
  const cycle = record.verdict === BUDGETS && record.input !== '' ? recorded(JointCycle, record.facts) : undefined;
  if (cycle === undefined) return { ruling: rejudgeCycle(record, under), carried };
  const atMs = record.timestampSec * 1000;
  const told = new Map(cycle.budgets.map((one) => [one.symbol, one.position_notional] as const));
  const { book, notionalOf } = positionsAt(told, carried, atMs);
  const budgets = cycle.budgets.map((one) => ({ ...one, position_notional: notionalOf(one.symbol) }));
  const again = budgetsAgain({ ...cycle, budgets }, under.settings);
  if (again === undefined) return { ruling: undefined, carried };
  const given = cycle.budgets.map(({ symbol, budget_usd: logged, position_notional: usd }, at) => {
    const { budgetUsd: here = logged, overUsd = 0 } = again[at] ?? {};
    const over = { logged: usd !== null && overBudget(usd, logged) > 0, here: overUsd > 0 };
    return { symbol, logged, here, over };
  });
  const mode = under.mode === record.mode ? undefined : under.mode;
  const next = afterCycle(otherBudgets.in(carried), given, { atMs, mode });
  return {
    ruling: rulingOf(record.reason, again.filter(({ overUsd }) => overUsd > 0).length, under.mode),
    carried: otherBudgets.put(carried, next),
    lost: lossOf(book, given, told, under.settings),
  };
}

/** Positions of a cycle as they would be, US dollars gross; null where not known. A cycle tells no quantity: it is taken at the last price that was seen. */
function positionsAt(told: ReadonlyMap<string, number | null>, carried: Carried, atMs: number) {
  const before = { orders: otherOrders.in(carried), positions: otherPositions.in(carried) };
  const seenOf: SeenOf = (symbol) => {
    const usd = told.get(symbol);
    if (usd === undefined) return undefined;
    if (usd === 0) return { qty: 0, usd: 0 };
    return { qty: usd === null ? undefined : quantityOf(usd, symbol, before), usd: usd ?? undefined };
  };
  const book = ordersAt(before, { seenOf, nowMs: atMs, live: undefined });
  const notionalOf = (symbol: string) => {
    const other = book.positions.get(symbol);
    return other === undefined ? (told.get(symbol) ?? null) : (positionHere(seenOf(symbol), other).usd ?? null);
  };
  return { book, notionalOf };
}

/** Units of a position that is worth so many dollars, on the side that is known of what is otherwise about it. */
function quantityOf(usd: number, symbol: string, { orders, positions }: OrderBook): number | undefined {
  const other = positions.get(symbol);
  const order = orders.find((one) => one.symbol === symbol);
  const price = other?.price ?? order?.price;
  if (price === undefined || price <= 0) return undefined;
  const qty = round10(usd / price);
  const parts = other?.parts ?? [];
  const held = other?.closing?.from || parts.reduce((sum, { missing, extra }) => sum + missing + extra, 0);
  const isShort = held === 0 ? order?.side === 'SELL' : held < 0;
  return isShort ? -qty : qty;
}

/** What of a cycle is not known here: what its heat would be, and whether a position already shows an order of one side. */
function lossOf(
  { orders, positions }: OrderBook,
  given: readonly OtherBudget[],
  told: ReadonlyMap<string, number | null>,
  { ALPHA_HEAT }: RiskGovernorSettings,
): JointLoss | undefined {
  const apart = orders.filter(({ placed }) => placed !== 'both');
  if (ALPHA_HEAT > 0 && (positions.size > 0 || apart.length > 0)) return 'heat_as_logged';
  const hides = ({ symbol, qty, price }: Order) => {
    const [usd, budget] = [told.get(symbol), given.find((one) => one.symbol === symbol)?.here];
    if (usd === undefined || usd === null || budget === undefined) return false;
    if (qty === undefined || price === undefined) return true;
    return overBudget(usd, budget) > 0 !== overBudget(Math.max(0, usd - qty * price), budget) > 0;
  };
  return apart.some(hides) ? 'position_unknown' : undefined;
}
