import type { Count } from '../contract/effects.ts';
import type { MetricSpec } from '../contract/handler.ts';

/** What comparisons with a budget came to: families of the risk governor that the governor counts in too. */
export const BUDGET_VERDICT_METRICS: readonly MetricSpec[] = [
  {
    name: 'p28_budget_blocks_total',
    type: 'counter',
    help: 'Budget violations in enforce mode, found by a cycle, a check or the governor',
    labels: ['symbol'],
    gate: 'risk-governor',
  },
  {
    name: 'p28_budget_allow_total',
    type: 'counter',
    help: 'Budget comparisons that stop nothing: within budget, without data, or in shadow mode',
    labels: ['symbol'],
    gate: 'risk-governor',
  },
];

/** The metric families of the risk governor (contract §3). `p28_ticks_skipped_total` is an addition of ours. */
export const BUDGET_METRICS: readonly MetricSpec[] = [
  { name: 'p28_enforce_mode', type: 'gauge', acrossPortfolios: 'max', help: '1 in enforce mode, 0 in shadow mode' },
  { name: 'p28_budget_computed_total', type: 'counter', help: 'Budgets written', labels: ['symbol'] },
  { name: 'p28_budget_value_usd', type: 'gauge', help: 'Budget of a symbol in US dollars', labels: ['symbol'] },
  { name: 'p28_stress_factor', type: 'gauge', help: 'Stress of a symbol, 0 to 1', labels: ['symbol'] },
  ...BUDGET_VERDICT_METRICS,
  {
    name: 'p28_stale_input_total',
    type: 'counter',
    help: 'Inputs that were missing or too old, once per symbol and cycle',
    labels: ['input_type'],
    initial: [{ input_type: 'portfolio_state' }],
  },
  { name: 'p28_redis_write_fail_total', type: 'counter', help: 'Hashes that could not be written' },
  {
    name: 'p28_lkg_cache_used_total',
    type: 'counter',
    help: 'Budgets computed from the last-known-good portfolio state, once per symbol and cycle',
  },
  {
    name: 'p28_portfolio_too_old_total',
    type: 'counter',
    help: 'Budgets not computed for want of a usable portfolio state, once per symbol and cycle',
  },
  { name: 'p28_ticks_skipped_total', type: 'counter', help: 'Cycles that came too late to be worth computing' },
];

/** What a comparison with a budget counts: a block when it is a violation in enforce mode, an allow otherwise (contract §3). */
export function budgetVerdictCount(symbol: string, violated: boolean, mode: string): Count {
  const metric = violated && mode === 'enforce' ? 'p28_budget_blocks_total' : 'p28_budget_allow_total';
  return { metric, labels: { symbol } };
}
