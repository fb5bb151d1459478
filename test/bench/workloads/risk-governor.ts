import { keys, streams } from '../../../schemas/keys.ts';
import { formatSymbols, SYMBOLS_PER_CHUNK } from '../../../schemas/risk-governor.ts';
import { type Command, nowSeconds, type Workload } from './workload.ts';
import { factsText, own, ownStream, seedPortfolio, symbolOf } from './world.ts';

const BUDGET_TTL_SEC = 300;
const NAMED = 64;

/** The risk governor on ticks of 200 symbols each, all with a position. */
export function riskGovernorWorkload(): Workload {
  const symbols = Array.from({ length: SYMBOLS_PER_CHUNK }, (_, index) => symbolOf(index, SYMBOLS_PER_CHUNK));
  const facts = factsText(NAMED);
  return {
    gate: 'risk-governor',
    stream: ownStream('tick.risk-governor'),
    group: 'risk-governor',
    units: SYMBOLS_PER_CHUNK,
    messages: { warmUp: 100, counted: 300 },
    env: {},
    outputs: [ownStream(streams.decisions)],
    idField: 'source_id',
    jobWritesAll: true,
    seed: (redis) => seedPortfolio(redis, SYMBOLS_PER_CHUNK),
    entry: (index) => [
      ...['tick_id', `bench-${index}`, 'scheduled_ms', String(Date.now())],
      ...['symbols', formatSymbols(symbols)],
    ],
    reads: () => [
      ['HGETALL', own(keys.portfolioState)],
      ['HGETALL', own(keys.lastKnownGood)],
      ['HGETALL', own(keys.heatState)],
      ['HGETALL', own(keys.clusterMap)],
      ['HGETALL', own(keys.clusterState)],
      ['ZRANGE', own(keys.plannedSymbols), 0, -1, 'WITHSCORES'],
    ],
    writes: (id) => [decision(id, facts), ...symbols.flatMap(budget)],
  };
}

function budget(symbol: string): Command[] {
  const key = own(keys.budget(symbol));
  return [
    [
      'HSET',
      key,
      ...['symbol', symbol, 'budget_usd', '500', 'stress_factor', '0.326', 'equity_usd', '3902.69'],
      ...['portfolio_heat', '0.2338797294', 'cluster_stress', '0', 'vol_regime', '0.33', 'mode', 'shadow'],
      ...['timestamp', nowSeconds(), 'base_risk_pct', '0.02'],
    ],
    ['EXPIRE', key, BUDGET_TTL_SEC],
  ];
}

function decision(id: string, facts: string): Command {
  return [
    'XADD',
    ownStream(streams.decisions),
    '*',
    ...['verdict', 'BUDGETS', 'reason', 'fresh_state', 'handler', 'risk-governor'],
    ...['source_stream', ownStream('tick.risk-governor'), 'source_id', id, 'portfolio', 'quantum'],
    ...['symbol', '', 'plan_id', '', 'action', '', 'mode', 'shadow', 'policy', '1'],
    ...['checks', '[]', 'facts', facts, 'timestamp', nowSeconds(), 'outputs', ''],
  ];
}
