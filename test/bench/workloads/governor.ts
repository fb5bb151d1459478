import { governorGates } from '../../../schemas/governor.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { type Command, flatWith, liveFields, nowSeconds, planId, type Workload } from './workload.ts';
import { factsText, own, ownStream, seedPortfolio, symbolOf } from './world.ts';

const CHECKS = JSON.stringify(
  governorGates.map((gate) => ({ gate, value: 8145.31, limit: 2000, headroom: -6145.31, verdict: 'pass' })),
);

/** The governor on live closes, each followed by an entry in the same symbol, over a book of this many positions. */
export function governorWorkload(positions: number): Workload {
  const sample = liveFields('apply.plan');
  const facts = factsText(positions);
  return {
    gate: 'governor',
    stream: ownStream(streams.plans),
    group: 'governor',
    units: 1,
    messages: { warmUp: 2000, counted: 2500 },
    env: {},
    outputs: [ownStream(streams.governorEvents), ownStream(streams.decisions)],
    idField: 'plan_id',
    jobWritesAll: false,
    seed: (redis) => seedPortfolio(redis, positions),
    entry: (index) => {
      const about = { plan_id: planId(index), symbol: symbolOf(index >> 1, positions), timestamp: nowSeconds() };
      if (index % 2 === 0) return flatWith(sample, about);
      const order = { action: 'OPEN', side: 'BUY', qty: '100000', price: '0.001', reduceOnly: 'false' };
      return flatWith(sample, { ...about, ...order });
    },
    reads: readsOf,
    writes: (id, fields) => writesOf(id, fields, facts),
  };
}

function readsOf({ plan_id = '', symbol = '' }: Fields): readonly Command[] {
  return [
    ['GET', own(keys.kill)],
    ['GET', own(keys.killSeen)],
    ['HGETALL', own(keys.governorState)],
    ['GET', own(keys.permitted(plan_id))],
    ['HGETALL', own(keys.portfolioState)],
    ['HGETALL', own(keys.budget(symbol))],
    ['GET', own(keys.lastExec(symbol))],
    ['ZRANGE', own(keys.execTimes(symbol)), 0, -1, 'WITHSCORES'],
    ['HGETALL', own(keys.reserved)],
  ];
}

function writesOf(id: string, fields: Fields, facts: string): readonly Command[] {
  const closes = fields.reduceOnly === 'true';
  const common = [planned(id, fields), decision(id, fields, closes, facts)];
  return [event(fields, closes), ...(closes ? permit(id, fields) : block(fields)), ...common];
}

function permit(id: string, { plan_id = '', symbol = '', action = '' }: Fields): Command[] {
  const fields = { granted: true, symbol, action, decision: 'EXECUTE', computed_qty: 946857, created_at: 1771305126 };
  const text = JSON.stringify({ ...fields, computed_notional: 912.7768616, reduceOnly: true, consumed: false });
  return [
    ['SET', own(keys.permit(plan_id)), `${text.slice(0, -1)},"mode":"testnet","checks":${CHECKS}}`, 'EX', 60],
    ['DEL', own(keys.block(plan_id))],
    ['ZADD', own(keys.outstanding), Date.now(), `${plan_id}:${symbol}:${action}`],
    ['SET', own(keys.permitted(plan_id)), id, 'EX', 86_400],
    ['SET', own(keys.lastExec(symbol)), String(Date.now() / 1000), 'EX', 90_000],
  ];
}

function block({ plan_id = '', symbol = '' }: Fields): Command[] {
  const text = JSON.stringify({ reason: 'max_positions_reached', timestamp: 1771305126, symbol });
  return [['SET', own(keys.block(plan_id)), `${text.slice(0, -1)},"checks":${CHECKS}}`, 'EX', 3600]];
}

function event({ plan_id = '', symbol = '', action = '' }: Fields, closes: boolean): Command {
  return [
    'XADD',
    ownStream(streams.governorEvents),
    '*',
    ...['event', closes ? 'PERMIT' : 'BLOCK', 'plan_id', plan_id, 'symbol', symbol, 'action', action],
    ...['reason', closes ? 'ok' : 'max_positions_reached', 'mode', 'testnet', 'checks', CHECKS],
    ...['timestamp', nowSeconds()],
  ];
}

function planned(id: string, { symbol = '' }: Fields): Command {
  return ['ZADD', own(keys.plannedSymbols), id.slice(0, id.indexOf('-')), symbol];
}

function decision(id: string, fields: Fields, closes: boolean, facts: string): Command {
  const { plan_id = '', symbol = '', action = '' } = fields;
  const judgedOn = closes ? '{"book_id":"1771362498488-0","position_qty":-946857,"mark_price":0.00096}' : facts;
  return [
    'XADD',
    ownStream(streams.decisions),
    '*',
    ...['verdict', closes ? 'PERMIT' : 'BLOCK', 'reason', closes ? 'ok' : 'max_positions_reached'],
    ...['handler', 'governor', 'source_stream', ownStream(streams.plans), 'source_id', id, 'portfolio', 'quantum'],
    ...['symbol', symbol, 'plan_id', plan_id, 'action', action, 'mode', 'testnet', 'policy', '1'],
    ...['checks', CHECKS, 'facts', judgedOn, 'timestamp', nowSeconds()],
    ...['outputs', `${ownStream(streams.governorEvents)} ${id}`],
  ];
}
