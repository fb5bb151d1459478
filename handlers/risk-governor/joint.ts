import type { z } from 'zod';
import { recorded } from '../../schemas/decision.ts';
import { JointCycle, type RiskGovernorSettings } from '../../schemas/risk-governor.ts';
import { overBudget } from '../common/budget.ts';
import { afterCycle, type OtherBudget, otherBudgets } from '../common/otherwise/budgets.ts';
import { type Dollars, dollarsHere, otherSymbols } from '../common/otherwise/dollars.ts';
import { type OrderBook, otherOrders } from '../common/otherwise/orders.ts';
import { movedBy, otherPositions } from '../common/otherwise/positions.ts';
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
  const book = { orders: otherOrders.in(carried), positions: otherPositions.in(carried) };
  const others = othersOf(cycle.budgets, book);
  const budgets = cycle.budgets.map((one) => {
    const [usd] = others.get(one.symbol)?.each ?? [one.position_notional ?? undefined];
    return { ...one, position_notional: usd ?? null };
  });
  const again = budgetsAgain({ ...cycle, budgets }, under.settings);
  if (again === undefined) return { ruling: undefined, carried };
  const given = cycle.budgets.map(({ symbol, budget_usd: logged, position_notional: usd }, at) => {
    const { budgetUsd: here = logged, overUsd = 0 } = again[at] ?? {};
    const over = { logged: usd !== null && overBudget(usd, logged) > 0, here: overUsd > 0 };
    return { symbol, logged, here, over };
  });
  const atMs = record.timestampSec * 1000;
  const mode = under.mode === record.mode ? undefined : under.mode;
  const next = afterCycle(otherBudgets.in(carried), given, { atMs, mode });
  return {
    ruling: rulingOf(record.reason, again.filter(({ overUsd }) => overUsd > 0).length, under.mode),
    carried: otherBudgets.put(carried, next),
    lost: lossOf(others, given, book, under.settings),
  };
}

const AS_LOGGED: Dollars = { each: [], isKnown: true, atLastPrice: false };

type CycleBudgets = z.output<typeof JointCycle>['budgets'];

/** What positions of a cycle would be, where that is another than in the log, or may be. */
function othersOf(told: CycleBudgets, book: OrderBook): ReadonlyMap<string, Dollars> {
  const symbols = otherSymbols(book);
  const others = new Map<string, Dollars>();
  for (const { symbol, position_notional: usd } of told) {
    if (!symbols.has(symbol)) continue;
    const dollars = dollarsHere(usd, symbol, book);
    if (!dollars.isKnown || dollars.each.some((one) => one !== (usd ?? undefined))) others.set(symbol, dollars);
  }
  return others;
}

/** What of a cycle is not known here: what its heat would be, and whether a position would be over its budget. */
function lossOf(
  others: ReadonlyMap<string, Dollars>,
  given: readonly OtherBudget[],
  { positions }: OrderBook,
  { ALPHA_HEAT }: RiskGovernorSettings,
): JointLoss | undefined {
  const untold = [...positions].some(
    ([name, other]) => movedBy(other) !== 0 && !given.some(({ symbol }) => symbol === name),
  );
  if (ALPHA_HEAT > 0 && (others.size > 0 || untold)) return 'heat_as_logged';
  if (untold) return 'position_unknown';
  for (const { symbol, here: budgetUsd } of given) {
    const { each, isKnown, atLastPrice } = others.get(symbol) ?? AS_LOGGED;
    const over = new Set(each.map((usd) => usd !== undefined && overBudget(usd, budgetUsd) > 0));
    if (!isKnown || over.size > 1) return 'position_unknown';
    if (atLastPrice) return 'at_last_price';
  }
  return undefined;
}
