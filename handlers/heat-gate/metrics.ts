import { heatBuckets, heatCauses, heatGaps } from '../../schemas/heat-gate.ts';
import type { MetricSpec } from '../contract/handler.ts';

const LAG_BUCKETS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000];

const downgrades = [
  { from_action: 'FULL_CLOSE', to_action: 'PARTIAL_25', reason: 'portfolio_heat_cold' },
  { from_action: 'FULL_CLOSE', to_action: 'PARTIAL_75', reason: 'portfolio_heat_warm' },
  ...heatCauses.map((cause) => ({
    from_action: 'FULL_CLOSE',
    to_action: 'PARTIAL_25',
    reason: `fail_closed_${cause}`,
  })),
];

/** The metric families of the heat gate (contract §1, Metrics). */
export const heatGateMetrics: readonly MetricSpec[] = [
  { name: 'p26_heat_value', type: 'gauge', acrossPortfolios: 'max', help: 'Portfolio heat; 0 when it is unknown' },
  {
    name: 'p26_bucket',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: '1 for the heat bucket the portfolio is in',
    labels: ['state'],
    initial: heatBuckets.map((state) => ({ state })),
  },
  {
    name: 'p26_actions_downgraded_total',
    type: 'counter',
    help: 'Exits softened',
    labels: ['from_action', 'to_action', 'reason'],
    initial: downgrades,
  },
  { name: 'p26_proposals_processed_total', type: 'counter', help: 'Proposals judged' },
  {
    name: 'p26_stream_lag_ms',
    type: 'histogram',
    help: 'Milliseconds from a proposal being written to its being judged',
    buckets: LAG_BUCKETS_MS,
  },
  {
    name: 'p26_failures_total',
    type: 'counter',
    help: 'Proposals judged without the heat, or with positions left out of it, by reason',
    labels: ['reason'],
    initial: [...heatCauses, ...heatGaps, 'risk_unknown'].map((reason) => ({ reason })),
  },
  { name: 'p26_hash_writes_total', type: 'counter', help: 'Live proposal hashes rewritten (enforce)' },
  { name: 'p26_hash_write_fail_total', type: 'counter', help: 'Live proposal hashes that kept the original (enforce)' },
  { name: 'p26_enforce_mode', type: 'gauge', acrossPortfolios: 'max', help: '1 in enforce, 0 in shadow' },
  {
    name: 'portfolio_heat_composite_normalized',
    type: 'gauge',
    help: 'Portfolio heat clamped to 0 to 1, under the name that P2.8 scrapes',
  },
];
