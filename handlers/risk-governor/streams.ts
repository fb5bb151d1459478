import { streams } from '../../schemas/keys.ts';
import type { OutputStream } from '../contract/handler.ts';

/** Entries of `budget.violation` that stay (contract §3). */
const VIOLATIONS_KEPT = 1_000;

/** What the risk governor writes to streams. */
export const riskGovernorStreams: readonly OutputStream[] = [
  {
    direction: 'both',
    name: streams.violations,
    summary: 'Positions above their budget, once per symbol and cycle',
    writers: 'Risk governor',
    readers: 'Every worker, with no group',
    fields: {
      json: 'JSON object: `event_type` `symbol` `position_notional` `budget_usd` `over_budget` `mode` `timestamp`',
    },
    keep: VIOLATIONS_KEPT,
  },
];
