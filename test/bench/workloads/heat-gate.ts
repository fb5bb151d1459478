import { DEFAULT_BATCH } from '../../../runtime/engine/lane/reader.ts';
import type { Portfolio } from '../../../runtime/settings/portfolio.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { type Command, flatWith, liveFields, nowSeconds, planId, type Workload } from './workload.ts';
import { factsText, seedPortfolio, symbolOf } from './world.ts';

const GATE_FIELDS = new Set(['plan_id', 'symbol', 'trace_id', 'action', 'harvest_action']);
const CHECKS = JSON.stringify([
  { gate: 'heat_min', value: 0.2338797294, limit: 0.25, headroom: -0.0161202706, verdict: 'would_refuse' },
  { gate: 'heat_max', value: 0.2338797294, limit: 0.65, headroom: -0.4161202706, verdict: 'would_refuse' },
]);
const DEBUG = JSON.stringify({
  heat: 0.2338797294,
  bucket: 'COLD',
  equity_usd: 3902.69,
  thresholds: { heat_min: 0.25, heat_max: 0.65 },
  book: { status: 'priced', book_id: '1771362498488-0', positions: 47, risk_usd: 912.7623611, silent_positions: 0 },
});

/** The heat gate on the live proposal, over a book of this many positions. */
export function heatGateWorkload(portfolio: Portfolio, positions: number): Workload {
  const sample = liveFields('harvest.proposal');
  const facts = factsText(positions);
  return {
    gate: 'heat-gate',
    portfolio,
    stream: portfolio.streamKey(streams.proposals),
    group: 'p26_heat_gate',
    units: 1,
    warmUp: 8000,
    batch: DEFAULT_BATCH,
    env: {},
    outputs: [
      portfolio.streamKey(streams.calibrated),
      portfolio.streamKey(streams.heatDecisions),
      portfolio.streamKey(streams.decisions),
    ],
    idField: 'plan_id',
    jobWritesAll: false,
    seed: (redis) => seedPortfolio(redis, portfolio, positions),
    entry: (index) => flatWith(sample, { plan_id: planId(index), symbol: symbolOf(index, positions) }),
    reads: () => [
      ['HGETALL', portfolio.key(keys.portfolioState)],
      ['HMGET', portfolio.key(keys.policy('heat-gate')), 'mode', 'version'],
    ],
    writes: (id, fields) => [
      calibrated(portfolio, id, fields),
      heatDecision(portfolio, fields),
      decision(portfolio, id, fields, facts),
    ],
  };
}

function calibrated(portfolio: Portfolio, id: string, fields: Fields): Command {
  const rest = Object.entries(fields).filter(([name]) => !GATE_FIELDS.has(name));
  return [
    'XADD',
    portfolio.streamKey(streams.calibrated),
    '*',
    ...['trace_id', `p26-${id}`, 'plan_id', fields.plan_id ?? '', 'symbol', fields.symbol ?? ''],
    ...['original_action', fields.action ?? '', 'calibrated_action', 'PARTIAL_25', 'heat_value', '0.2338797294'],
    ...['heat_bucket', 'COLD', 'mode', 'shadow', 'calibrated', 'true', 'reason', 'portfolio_heat_cold'],
    ...['timestamp', nowSeconds()],
    ...rest.flatMap(([name, value]) => [name === 'mode' || name === 'reason' ? `input_${name}` : name, value]),
  ];
}

function heatDecision(portfolio: Portfolio, fields: Fields): Command {
  return [
    'XADD',
    portfolio.streamKey(streams.heatDecisions),
    '*',
    ...['ts_epoch', nowSeconds(), 'symbol', fields.symbol ?? '', 'plan_id', fields.plan_id ?? ''],
    ...['in_action', fields.action ?? '', 'out_action', 'PARTIAL_25_PROPOSED', 'heat_level', 'cold'],
    ...['heat_score', '0.2338797294', 'heat_action', 'DOWNGRADE_FULL_TO_PARTIAL', 'recommended_partial', '0.25'],
    ...['reason', 'ok', 'inputs_age_sec', '3', 'mode', 'shadow', 'debug_json', DEBUG],
  ];
}

function decision(portfolio: Portfolio, id: string, fields: Fields, facts: string): Command {
  return [
    'XADD',
    portfolio.streamKey(streams.decisions),
    '*',
    ...['verdict', 'DOWNGRADE', 'reason', 'portfolio_heat_cold', 'handler', 'heat-gate'],
    ...['source_stream', portfolio.streamKey(streams.proposals), 'source_id', id, 'portfolio', portfolio.prefix],
    ...['symbol', fields.symbol ?? '', 'plan_id', fields.plan_id ?? '', 'action', fields.action ?? ''],
    ...['mode', 'shadow', 'policy', '1', 'checks', CHECKS, 'facts', facts, 'timestamp', nowSeconds()],
    ...[
      'outputs',
      `${portfolio.streamKey(streams.calibrated)} ${id},${portfolio.streamKey(streams.heatDecisions)} ${id}`,
    ],
  ];
}
