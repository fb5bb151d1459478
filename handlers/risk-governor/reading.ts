import { type DecisionRecord, recorded } from '../../schemas/decision.ts';
import { RecordedBudgets } from '../../schemas/risk-governor.ts';
import type { Inputs, Reading } from '../contract/faces.ts';

const INPUTS: Readonly<Record<string, Inputs>> = {
  fresh_state: 'fresh',
  last_known_good_state: 'stale',
  portfolio_too_old: 'stale',
  handler_failed: 'missing',
};

/** What a logged cycle says of the risk governor: which positions it found over their budget. */
export function cycleReading({ reason, facts }: DecisionRecord): Reading {
  const budgets = recorded(RecordedBudgets, facts)?.budgets ?? [];
  const verdicts = budgets.flatMap(({ symbol, budget_usd, position_notional }) => {
    if (position_notional === null || position_notional === 0) return [];
    return [[symbol, position_notional > budget_usd ? 'over' : 'within'] as const];
  });
  return {
    inputs: INPUTS[reason] ?? 'none',
    incomplete: budgets.some(({ position_notional }) => position_notional === null),
    failed: reason === 'handler_failed',
    changed: verdicts.some(([, verdict]) => verdict === 'over'),
    protective: 'none',
    verdicts,
  };
}
