import type { heatDecisionFields } from '../../harvest.ts';
import { type DescribedStream, plan, timestamp } from './described.ts';

const HEAT_WORDS: Readonly<Record<(typeof heatDecisionFields)[number], string>> = {
  ts_epoch: 'Unix seconds of the decision',
  symbol: plan.symbol,
  plan_id: plan.plan_id,
  in_action: 'The action as proposed',
  out_action: 'The action after it, with the suffix of the proposal',
  heat_level: '`cold`, `warm`, `hot`, or `unknown` when it failed closed',
  heat_score: 'The heat',
  heat_action: '`NONE` or `DOWNGRADE_FULL_TO_PARTIAL`',
  recommended_partial: '`0.25` or `0.75`; empty when nothing was softened',
  reason: '`ok`, or why the heat is not known',
  inputs_age_sec: 'Age of the portfolio state in seconds; empty where that has no time',
  mode: '`shadow` or `enforce`',
  debug_json: 'JSON object: totals, and symbols with something missing',
};

/** Streams that the gates write for other programs. */
export const outputs: readonly DescribedStream[] = [
  {
    direction: 'out',
    name: 'harvest.calibrated',
    summary: 'Proposed exits as the heat gate would have them',
    writers: 'Heat gate',
    readers: 'Executors',
    fields: {
      trace_id: 'Of the proposal, or made from its id',
      ...plan,
      original_action: 'The action as proposed',
      calibrated_action: 'The action to take',
      heat_value: 'The heat',
      heat_bucket: '`COLD`, `WARM` or `HOT`',
      mode: '`shadow` or `enforce`',
      calibrated: 'Always `true`',
      reason: 'Such as `portfolio_heat_cold` or `fail_closed_no_positions`',
      timestamp,
    },
    more: true,
  },
  {
    direction: 'both',
    name: 'harvest.heat.decision',
    summary: 'Decisions of the heat gate',
    writers: 'Heat gate',
    readers: 'Dashboards',
    fields: HEAT_WORDS,
  },
  {
    direction: 'out',
    name: 'heat.history',
    summary: 'The heat over time: every 10 s, and at every change of bucket or reason',
    writers: 'Heat monitor',
    readers: 'Dashboards',
    fields: {
      heat: 'The heat; 0 while it is not known',
      bucket: '`COLD`, `WARM` or `HOT`',
      reason: 'Such as `portfolio_heat_cold` or `fail_closed_no_positions`',
      equity_usd: 'US dollars; empty while it is not known',
      timestamp,
    },
  },
  {
    direction: 'both',
    name: 'budget.violation',
    summary: 'Positions above their budget, once per symbol and cycle',
    writers: 'Risk governor',
    readers: 'Every worker, with no group',
    fields: {
      json: 'JSON object: `event_type` `symbol` `position_notional` `budget_usd` `over_budget` `mode` `timestamp`',
    },
  },
  {
    direction: 'out',
    name: 'governor.events',
    summary: 'Permits, blocks and what else the governor did',
    writers: 'Governor, and operators',
    readers: 'Dashboards',
    fields: {
      event: 'Such as `PERMIT`, `BLOCK` or `KILL_ON`',
      plan_id: 'Id of the plan; empty where there is none',
      symbol: 'Symbol; empty where there is none',
      action: 'Action of the plan; empty where there is none',
      reason: 'Why',
      mode: 'Mode of the governor',
      checks: 'JSON list of the checks',
      timestamp,
    },
  },
];
