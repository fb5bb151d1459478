import type { Board } from './boards.ts';
import {
  armed,
  budgetMode,
  deadLetters,
  governorMode,
  heat,
  heatMode,
  killSwitch,
  lag,
  permits,
  redisUp,
  softened,
  tradingState,
} from './shared-panels.ts';

/** What is so right now, for all gates. */
export const overview: Board = {
  name: 'overview',
  title: 'Portcullis: overview',
  panels: [
    redisUp,
    killSwitch,
    armed,
    tradingState,
    heatMode,
    budgetMode,
    governorMode,
    heat,
    permits,
    softened,
    lag,
    deadLetters,
  ],
};

/** P2.6. */
export const heatGate: Board = {
  name: 'heat-gate',
  title: 'Portcullis: heat gate (P2.6)',
  panels: [
    heat,
    softened,
    heatMode,
    {
      title: 'Proposals',
      about: 'Proposals judged a minute, and how many of them were softened to what.',
      unit: 'none',
      queries: [
        { expr: 'sum(rate(p26_proposals_processed_total{portfolio=~"$portfolio"}[5m])) * 60', legend: 'judged' },
        {
          expr: 'sum by (to_action) (rate(p26_actions_downgraded_total{portfolio=~"$portfolio"}[5m])) * 60',
          legend: 'to {{to_action}}',
        },
      ],
    },
    {
      title: 'Proposal to judgment',
      about: 'Median and 99th percentile of the time from a proposal’s stream id to its judgment.',
      unit: 'ms',
      queries: [
        {
          expr: 'histogram_quantile(0.5, sum by (le) (rate(p26_stream_lag_ms_bucket{portfolio=~"$portfolio"}[5m])))',
          legend: 'p50',
        },
        {
          expr: 'histogram_quantile(0.99, sum by (le) (rate(p26_stream_lag_ms_bucket{portfolio=~"$portfolio"}[5m])))',
          legend: 'p99',
        },
      ],
    },
    {
      title: 'What heat could not be computed from',
      about: 'Causes of an unknown heat, and positions with something missing, a minute.',
      unit: 'none',
      queries: [
        { expr: 'sum by (reason) (rate(p26_failures_total{portfolio=~"$portfolio"}[5m])) * 60', legend: '{{reason}}' },
      ],
    },
    {
      title: 'Live hashes',
      about: 'Writes of quantum:harvest:proposal:SYMBOL in enforce mode. A failure is an alert.',
      unit: 'none',
      queries: [
        { expr: 'sum(rate(p26_hash_writes_total{portfolio=~"$portfolio"}[5m])) * 60', legend: 'written' },
        { expr: 'sum(rate(p26_hash_write_fail_total{portfolio=~"$portfolio"}[5m])) * 60', legend: 'failed' },
      ],
    },
  ],
};

/** P2.7. */
export const heatBridge: Board = {
  name: 'heat-bridge',
  title: 'Portcullis: HeatBridge (P2.7)',
  panels: [
    {
      title: 'Decisions read, lookups written',
      about: 'A minute, repeats included in what is read.',
      unit: 'none',
      queries: [
        { expr: 'sum(rate(p27_in_messages_total{portfolio=~"$portfolio"}[5m])) * 60', legend: 'read' },
        { expr: 'sum by (kind) (rate(p27_written_total{portfolio=~"$portfolio"}[5m])) * 60', legend: '{{kind}}' },
        { expr: 'sum(rate(p27_dedupe_skips_total{portfolio=~"$portfolio"}[5m])) * 60', legend: 'repeats' },
      ],
    },
    {
      title: 'Lag',
      about: 'Now less the time of the newest decision it wrote.',
      unit: 'ms',
      queries: [{ expr: 'max(p27_lag_ms{portfolio=~"$portfolio"})', legend: 'lag' }],
    },
    {
      title: 'Errors',
      about: 'Failures a minute by stage.',
      unit: 'none',
      queries: [
        { expr: 'sum by (stage) (rate(p27_errors_total{portfolio=~"$portfolio"}[5m])) * 60', legend: '{{stage}}' },
      ],
    },
    {
      title: 'Backlog',
      about: 'Decisions without a lookup yet. Over 500 is an alert.',
      unit: 'none',
      queries: [
        { expr: 'max(portcullis_undelivered{handler="heat-bridge", portfolio=~"$portfolio"})', legend: 'undelivered' },
        { expr: 'max(portcullis_pending{handler="heat-bridge", portfolio=~"$portfolio"})', legend: 'pending' },
      ],
    },
  ],
};

/** P2.8. */
export const riskGovernor: Board = {
  name: 'risk-governor',
  title: 'Portcullis: risk governor (P2.8)',
  panels: [
    budgetMode,
    {
      title: 'Budgets',
      about: 'US dollars a symbol may have.',
      unit: 'currencyUSD',
      queries: [{ expr: 'max by (symbol) (p28_budget_value_usd{portfolio=~"$portfolio"})', legend: '{{symbol}}' }],
    },
    {
      title: 'Stress',
      about:
        'Heat, cluster stress and volatility in one figure from 0 to 1: how much of the base budget is taken away.',
      unit: 'percentunit',
      queries: [{ expr: 'max by (symbol) (p28_stress_factor{portfolio=~"$portfolio"})', legend: '{{symbol}}' }],
    },
    {
      title: 'Over budget, within budget',
      about: 'Comparisons a minute. In shadow mode all count as allowed.',
      unit: 'none',
      queries: [
        { expr: 'sum(rate(p28_budget_blocks_total{portfolio=~"$portfolio"}[5m])) * 60', legend: 'blocks' },
        { expr: 'sum(rate(p28_budget_allow_total{portfolio=~"$portfolio"}[5m])) * 60', legend: 'allowed' },
      ],
    },
    {
      title: 'Inputs that were not fresh',
      about: 'Budgets a minute on no fresh state, on the remembered one, and not computed at all.',
      unit: 'none',
      queries: [
        { expr: 'sum(rate(p28_stale_input_total{portfolio=~"$portfolio"}[5m])) * 60', legend: 'not fresh' },
        { expr: 'sum(rate(p28_lkg_cache_used_total{portfolio=~"$portfolio"}[5m])) * 60', legend: 'last known good' },
        { expr: 'sum(rate(p28_portfolio_too_old_total{portfolio=~"$portfolio"}[5m])) * 60', legend: 'too old' },
      ],
    },
    {
      title: 'Write failures, skipped cycles',
      about: 'Both should stay at 0.',
      unit: 'none',
      queries: [
        { expr: 'sum(increase(p28_redis_write_fail_total{portfolio=~"$portfolio"}[5m]))', legend: 'write failures' },
        { expr: 'sum(increase(p28_ticks_skipped_total{portfolio=~"$portfolio"}[5m]))', legend: 'cycles skipped' },
      ],
    },
  ],
};

/** P3.2. */
export const governor: Board = {
  name: 'governor',
  title: 'Portcullis: governor (P3.2)',
  panels: [
    killSwitch,
    armed,
    governorMode,
    permits,
    {
      title: 'Why plans were denied',
      about: 'Blocks a minute by reason.',
      unit: 'none',
      queries: [
        {
          expr: 'sum by (reason) (rate(quantum_govern_block_total{portfolio=~"$portfolio"}[5m])) * 60',
          legend: '{{reason}}',
        },
      ],
    },
    {
      title: 'Executions within an hour',
      about: 'OPEN permits by symbol, which GOV_MAX_EXEC_PER_HOUR limits.',
      unit: 'none',
      queries: [
        { expr: 'max by (symbol) (quantum_govern_exec_count_hour{portfolio=~"$portfolio"})', legend: '{{symbol}}' },
      ],
    },
    {
      title: 'Executions within five minutes',
      about: 'The same for GOV_MAX_EXEC_PER_5MIN.',
      unit: 'none',
      queries: [
        { expr: 'max by (symbol) (quantum_govern_exec_count_5min{portfolio=~"$portfolio"})', legend: '{{symbol}}' },
      ],
    },
    {
      title: 'Disarmed itself',
      about: 'Times in the last hour, by reason. Any is an alert.',
      unit: 'none',
      queries: [
        {
          expr: 'sum by (reason) (increase(quantum_govern_disarm_total{portfolio=~"$portfolio"}[1h]))',
          legend: '{{reason}}',
        },
      ],
    },
    {
      title: 'Effect proof (1 h)',
      about:
        'What the executor did with permits and softened exits. Not taken, without permit and not used went past the gates.',
      unit: 'none',
      queries: [
        {
          expr: 'sum by (kind) (increase(portcullis_effect_proof_total{portfolio=~"$portfolio"}[1h]))',
          legend: '{{kind}}',
        },
      ],
    },
  ],
};
