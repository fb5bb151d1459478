import type { RecordedFigures } from '../../../schemas/governor-record.ts';
import { round10 } from '../../../schemas/number.ts';
import { givenBudget, type OtherBudgets, reportedOver } from '../../common/otherwise/budgets.ts';
import type { JointLoss } from '../../contract/carried.ts';

type Budget = NonNullable<RecordedFigures['budget']>;

/** A plan's symbol, Unix ms of its judgment, and US dollars of its position as it would be; undefined: as it was. */
interface Planned {
  readonly symbol: string;
  readonly nowMs: number;
  readonly positionUsd: number | null | undefined;
}

/** Position and plan beside the budget as they would be. Whether there is a budget at all rests on time, and stays. */
export function budgetHere(
  { budget, plan_notional_usd: planUsd }: RecordedFigures,
  { symbol, nowMs, positionUsd }: Planned,
  budgets: OtherBudgets,
): { readonly budget?: Budget; readonly lost?: JointLoss } {
  if (budget === undefined) return {};
  const given = givenBudget(budgets, { symbol, loggedUsd: budget.budget_usd, nowMs });
  const known = given === 'unknown' ? undefined : given;
  const value =
    positionUsd === undefined || planUsd === null
      ? budget.value_usd
      : positionUsd === null
        ? null
        : round10(positionUsd + planUsd);
  const limit = known === undefined ? budget.budget_usd : known.here;
  const violated = exceeds(value, limit) || isReported(budget, reportedOver(budgets, symbol, nowMs));
  const here = { mode: known?.mode ?? budget.mode, budget_usd: limit, value_usd: value, violated };
  return { budget: here, ...(given === 'unknown' && { lost: 'budget_unknown' }) };
}

/** A report of the log is seen where the plan itself kept to the budget; behind one that did not, by the cycles before it. */
function isReported(budget: Budget, report: ReturnType<typeof reportedOver>): boolean {
  if (report?.isOther === true) return report.here;
  return exceeds(budget.value_usd, budget.budget_usd) ? report?.here === true : budget.violated;
}

function exceeds(value: number | null, limit: number | null): boolean {
  return value !== null && limit !== null && value > limit;
}
