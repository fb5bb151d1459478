import { DEFAULT_BATCH } from '../../../runtime/engine/lane/reader.ts';
import type { Portfolio } from '../../../runtime/settings/portfolio.ts';
import { standingGates } from '../../../schemas/governor-gates.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { type Command, flatWith, liveFields, nowSeconds, planId, type Workload } from './workload.ts';
import { factsText, seedPortfolio, symbolOf } from './world.ts';

const CHECKS = JSON.stringify(
  standingGates.map((gate) => ({ gate, value: 8145.31, limit: 2000, headroom: -6145.31, verdict: 'pass' })),
);

/** The governor on live closes, each followed by an entry in the same symbol, over a book of this many positions. */
export function governorWorkload(portfolio: Portfolio, positions: number): Workload {
  const sample = liveFields('apply.plan');
  const facts = factsText(positions);
  return {
    gate: 'governor',
    portfolio,
    stream: portfolio.streamKey(streams.plans),
    group: 'governor',
    units: 1,
    warmUp: 5000,
    batch: DEFAULT_BATCH,
    env: {},
    outputs: [portfolio.streamKey(streams.governorEvents), portfolio.streamKey(streams.decisions)],
    idField: 'plan_id',
    jobWritesAll: false,
    seed: (redis) => seedPortfolio(redis, portfolio, positions),
    entry: (index) => {
      const about = { plan_id: planId(index), symbol: symbolOf(index >> 1, positions), timestamp: nowSeconds() };
      if (index % 2 === 0) return flatWith(sample, about);
      const order = { action: 'OPEN', side: 'BUY', qty: '100000', price: '0.001', reduceOnly: 'false' };
      return flatWith(sample, { ...about, ...order });
    },
    reads: (fields) => readsOf(portfolio, fields),
    writes: (id, fields) => writesOf(portfolio, id, fields, facts),
  };
}

function readsOf(portfolio: Portfolio, { plan_id = '', symbol = '' }: Fields): readonly Command[] {
  return [
    ['GET', portfolio.key(keys.kill)],
    ['GET', portfolio.key(keys.killSeen)],
    ['HGETALL', portfolio.key(keys.governorState)],
    ['GET', portfolio.key(keys.permitted(plan_id))],
    ['HGETALL', portfolio.key(keys.portfolioState)],
    ['HGETALL', portfolio.key(keys.budget(symbol))],
    ['GET', portfolio.key(keys.lastExec(symbol))],
    ['ZRANGE', portfolio.key(keys.execTimes(symbol)), 0, -1, 'WITHSCORES'],
    ['HGETALL', portfolio.key(keys.reserved)],
  ];
}

function writesOf(portfolio: Portfolio, id: string, fields: Fields, facts: string): readonly Command[] {
  const closes = fields.reduceOnly === 'true';
  const common = [planned(portfolio, id, fields), decision(portfolio, id, fields, closes, facts)];
  const own = closes ? permit(portfolio, id, fields) : block(portfolio, fields);
  return [event(portfolio, fields, closes), ...own, ...common];
}

function permit(portfolio: Portfolio, id: string, { plan_id = '', symbol = '', action = '' }: Fields): Command[] {
  const fields = { granted: true, symbol, action, decision: 'EXECUTE', computed_qty: 946857, created_at: 1771305126 };
  const text = JSON.stringify({ ...fields, computed_notional: 912.7768616, reduceOnly: true, consumed: false });
  return [
    ['SET', portfolio.key(keys.permit(plan_id)), `${text.slice(0, -1)},"mode":"testnet","checks":${CHECKS}}`, 'EX', 60],
    ['DEL', portfolio.key(keys.block(plan_id))],
    ['ZADD', portfolio.key(keys.outstanding), Date.now(), `${plan_id}:${symbol}:${action}`],
    ['SET', portfolio.key(keys.permitted(plan_id)), id, 'EX', 86_400],
    ['SET', portfolio.key(keys.lastExec(symbol)), String(Date.now() / 1000), 'EX', 90_000],
  ];
}

function block(portfolio: Portfolio, { plan_id = '', symbol = '' }: Fields): Command[] {
  const text = JSON.stringify({ reason: 'max_positions_reached', timestamp: 1771305126, symbol });
  return [['SET', portfolio.key(keys.block(plan_id)), `${text.slice(0, -1)},"checks":${CHECKS}}`, 'EX', 3600]];
}

function event(portfolio: Portfolio, fields: Fields, closes: boolean): Command {
  const { plan_id = '', symbol = '', action = '' } = fields;
  return [
    'XADD',
    portfolio.streamKey(streams.governorEvents),
    '*',
    ...['event', closes ? 'PERMIT' : 'BLOCK', 'plan_id', plan_id, 'symbol', symbol, 'action', action],
    ...['reason', closes ? 'ok' : 'max_positions_reached', 'mode', 'testnet', 'checks', CHECKS],
    ...['timestamp', nowSeconds()],
  ];
}

function planned(portfolio: Portfolio, id: string, { symbol = '' }: Fields): Command {
  return ['ZADD', portfolio.key(keys.plannedSymbols), id.slice(0, id.indexOf('-')), symbol];
}

function decision(portfolio: Portfolio, id: string, fields: Fields, closes: boolean, facts: string): Command {
  const { plan_id = '', symbol = '', action = '' } = fields;
  const judgedOn = closes ? '{"book_id":"1771362498488-0","position_qty":-946857,"mark_price":0.00096}' : facts;
  return [
    'XADD',
    portfolio.streamKey(streams.decisions),
    '*',
    ...['verdict', closes ? 'PERMIT' : 'BLOCK', 'reason', closes ? 'ok' : 'max_positions_reached'],
    ...[
      'handler',
      'governor',
      'source_stream',
      portfolio.streamKey(streams.plans),
      'source_id',
      id,
      'portfolio',
      portfolio.prefix,
    ],
    ...['symbol', symbol, 'plan_id', plan_id, 'action', action, 'mode', 'testnet', 'policy', '1'],
    ...['checks', CHECKS, 'facts', judgedOn, 'timestamp', nowSeconds()],
    ...['outputs', `${portfolio.streamKey(streams.governorEvents)} ${id}`],
  ];
}
