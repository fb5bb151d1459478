import type { Portfolio } from '../../../runtime/settings/portfolio.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { formatSymbols, SYMBOLS_PER_CHUNK } from '../../../schemas/risk-governor.ts';
import { type Command, nowSeconds, type Workload } from './workload.ts';
import { factsText, seedPortfolio, symbolOf } from './world.ts';

const BUDGET_TTL_SEC = 300;

/** The risk governor on ticks that name every symbol of a book of this many positions; a tick has room for 200. */
export function riskGovernorWorkload(portfolio: Portfolio, positions: number): Workload {
  const units = Math.min(positions, SYMBOLS_PER_CHUNK);
  const symbols = Array.from({ length: units }, (_, index) => symbolOf(index, units));
  const facts = factsText(units);
  return {
    gate: 'risk-governor',
    portfolio,
    stream: portfolio.streamKey('tick.risk-governor'),
    group: 'risk-governor',
    units,
    warmUp: 400,
    batch: 10,
    env: {},
    outputs: [portfolio.streamKey(streams.decisions)],
    idField: 'source_id',
    jobWritesAll: true,
    seed: (redis) => seedPortfolio(redis, portfolio, units),
    entry: (index) => [
      ...['tick_id', `bench-${index}`, 'scheduled_ms', String(Date.now())],
      ...['symbols', formatSymbols(symbols)],
    ],
    reads: () => [
      ['HGETALL', portfolio.key(keys.portfolioState)],
      ['HGETALL', portfolio.key(keys.lastKnownGood)],
      ['HGETALL', portfolio.key(keys.heatState)],
      ['HGETALL', portfolio.key(keys.clusterMap)],
      ['HGETALL', portfolio.key(keys.clusterState)],
      ['ZRANGE', portfolio.key(keys.plannedSymbols), 0, -1, 'WITHSCORES'],
    ],
    writes: (id) => [decision(portfolio, id, facts), ...symbols.flatMap((symbol) => budget(portfolio, symbol))],
  };
}

function budget(portfolio: Portfolio, symbol: string): Command[] {
  const key = portfolio.key(keys.budget(symbol));
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

function decision(portfolio: Portfolio, id: string, facts: string): Command {
  return [
    'XADD',
    portfolio.streamKey(streams.decisions),
    '*',
    ...['verdict', 'BUDGETS', 'reason', 'fresh_state', 'handler', 'risk-governor'],
    ...['source_stream', portfolio.streamKey('tick.risk-governor'), 'source_id', id, 'portfolio', portfolio.prefix],
    ...['symbol', '', 'plan_id', '', 'action', '', 'mode', 'shadow', 'policy', '1'],
    ...['checks', '[]', 'facts', facts, 'timestamp', nowSeconds(), 'outputs', ''],
  ];
}
