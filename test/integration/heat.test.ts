import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import heatBridge from '../../handlers/heat-bridge.ts';
import heatGate from '../../handlers/heat-gate/index.ts';
import heatMonitor from '../../handlers/heat-monitor.ts';
import { heatDecisionFields } from '../../schemas/harvest.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf, startSystem, type TestSystem } from '../support/system.ts';

const handlers = [heatGate, heatBridge, heatMonitor] as unknown as AnyHandler[];
const PROPOSALS = 'quantum:stream:harvest.proposal';
const LIVE = 'quantum:harvest:proposal:ETHUSDT';
let redis: TestRedis;
let client: Redis;
let system: TestSystem | undefined;

beforeEach(async () => {
  redis = await startRedis();
  client = redis.client;
});

afterEach(async () => {
  await system?.stop();
  system = undefined;
  await redis.stop();
});

async function start(env: Record<string, string> = {}): Promise<void> {
  system = await startSystem(redis, { handlers, env });
}

async function add(stream: string, fields: Record<string, string>): Promise<void> {
  await client.xadd(stream, '*', ...Object.entries(fields).flat());
}

async function snapshot(symbol: string, notional: string, sigma: string): Promise<void> {
  await add('quantum:stream:position.snapshot', { symbol, position_notional_usd: notional, sigma });
}

async function propose(planId: string, fields: Record<string, string> = {}): Promise<Record<string, string>> {
  await add(PROPOSALS, { plan_id: planId, symbol: 'ETHUSDT', action: 'FULL_CLOSE', ...fields });
  return until(`${planId} to be calibrated`, async () => {
    const entries = await entriesOf(client, 'quantum:stream:harvest.calibrated');
    return entries.find((entry) => entry.fields.plan_id === planId)?.fields;
  });
}

async function metricIs(gate: string, line: string): Promise<void> {
  await until(line, async () => (await system?.runtime.metrics.exposition(gate))?.split('\n').includes(line));
}

describe('the heat gate on a real Redis', () => {
  it('gives the worked cases of the seeds, each on what was written before it', async () => {
    await start();
    await client.hset('quantum:state:portfolio', 'equity_usd', '10000');
    await snapshot('ETHUSDT', '1800', '0.15');
    expect(await propose('test1')).toMatchObject({ heat_value: '0.027', calibrated_action: 'PARTIAL_25' });
    await snapshot('BTCUSDT', '6125', '0.1');
    await client.hset('quantum:state:portfolio', 'equity_usd', '3000');
    expect(await propose('test2')).toMatchObject({ heat_value: '0.2941666667', calibrated_action: 'PARTIAL_75' });
    await client.hset('quantum:state:portfolio', 'equity_usd', '1000');
    expect(await propose('test3')).toMatchObject({ heat_value: '0.8825', calibrated_action: 'FULL_CLOSE' });
    expect(await propose('test4', { action: 'PARTIAL_50' })).toMatchObject({ calibrated_action: 'PARTIAL_50' });
    expect(await client.exists(LIVE)).toBe(0);
    await metricIs('heat-gate', 'p26_proposals_processed_total 4');
    await metricIs('heat-gate', 'p26_failures_total{reason="sigma_missing"} 0');
  });

  it('passes the other fields on, and keeps those that are named like its own', async () => {
    await start();
    const extra = { reason: 'tp_hit', R_net: '6.27', mode: 'live', harvest_action: 'x', note: '\u20ac' };
    const fields = await propose('p1', { ...extra, trace_id: 't1' });
    expect(fields).toMatchObject({
      trace_id: 't1',
      mode: 'shadow',
      input_mode: 'live',
      reason: 'fail_closed_portfolio_state_missing',
      input_reason: 'tp_hit',
      R_net: '6.27',
      note: '\u20ac',
    });
    expect(Object.keys(fields).filter((name) => /action|trace_id/.test(name))).toEqual([
      'trace_id',
      'original_action',
      'calibrated_action',
    ]);
  });

  it('merges the live hash in enforce, and leaves a newer publisher its own', async () => {
    await start({ P26_MODE: 'enforce' });
    await client.hset(LIVE, { action: 'FULL_CLOSE', risk_unit: '7', last_update_epoch: '1' });
    await propose('p1', { reason: 'tp_hit' });
    const merged = {
      action: 'PARTIAL_25',
      harvest_action: 'PARTIAL_25',
      calibrated_by: 'p26_heat_gate',
      risk_unit: '7',
    };
    expect(await client.hgetall(LIVE)).toMatchObject({ ...merged, reason: 'tp_hit', calibrated: '1', plan_id: 'p1' });
    expect(await client.ttl(LIVE)).toBeGreaterThan(200);
    await client.hset(LIVE, { action: 'FULL_CLOSE', last_update_epoch: String(Math.ceil(Date.now() / 1000) + 3_600) });
    await propose('p2');
    expect(await client.hgetall(LIVE)).toMatchObject({ action: 'FULL_CLOSE', plan_id: 'p1' });
    await metricIs('heat-gate', 'p26_hash_writes_total 1');
    await metricIs('heat-gate', 'p26_hash_write_fail_total 1');
  });

  it('still publishes when the live hash is a key of another type', async () => {
    await start({ P26_MODE: 'enforce' });
    await client.set(LIVE, 'not a hash');
    expect(await propose('p1')).toMatchObject({ calibrated_action: 'PARTIAL_25' });
    expect(await client.get(LIVE)).toBe('not a hash');
    await metricIs('heat-gate', 'p26_hash_write_fail_total 1');
  });

  it('publishes the heat when a tick says so', async () => {
    await start();
    await client.hset('quantum:state:portfolio', 'equity_usd', '10000');
    await snapshot('ETHUSDT', '1800', '0.15');
    await add('quantum:stream:tick.heat-monitor', { tick_id: 't1', scheduled_ms: String(Date.now()) });
    const state = await until('the heat', async () => {
      const fields = await client.hgetall('quantum:state:heat');
      return fields.heat === '0.027' ? fields : undefined;
    });
    expect(state).toMatchObject({ bucket: 'COLD', reason: 'portfolio_heat_cold', equity_usd: '10000' });
  });
});

describe('HeatBridge on a real Redis', () => {
  const decision = { symbol: 'BTCUSDT', heat_action: 'HOLD_CLOSE', out_action: 'PARTIAL_50_PROPOSED' };

  async function latestPlanIs(planId: string): Promise<void> {
    const key = 'quantum:harvest:heat:latest_plan_id:BTCUSDT';
    await until(`${planId} to be the latest`, async () => (await client.get(key)) === planId);
  }

  it('keeps what the heat gate decided, by plan and by symbol', async () => {
    await start();
    await propose('p1');
    const byPlan = await until('the lookup', async () => {
      const fields = await client.hgetall('quantum:harvest:heat:by_plan:p1');
      return fields.plan_id === 'p1' ? fields : undefined;
    });
    expect(Object.keys(byPlan).sort()).toEqual([...heatDecisionFields].sort());
    expect(byPlan).toMatchObject({
      heat_level: 'unknown',
      reason: 'portfolio_state_missing',
      out_action: 'PARTIAL_25',
    });
    expect(await client.hgetall('quantum:harvest:heat:latest:ETHUSDT')).toEqual({ ...byPlan, last_plan_id: 'p1' });
    expect(await client.ttl('quantum:harvest:heat:by_plan:p1')).toBeGreaterThan(1700);
    expect(await client.get('quantum:dedupe:p27:p1')).toBe('1');
  });

  it('skips a plan it has just seen, and follows the newest plan of a symbol', async () => {
    await start();
    await add('quantum:stream:harvest.heat.decision', { ...decision, plan_id: 'P1' });
    await latestPlanIs('P1');
    await add('quantum:stream:harvest.heat.decision', { ...decision, plan_id: 'P1', heat_action: 'NONE' });
    await add('quantum:stream:harvest.heat.decision', { ...decision, plan_id: 'P2' });
    await latestPlanIs('P2');
    expect(await client.hget('quantum:harvest:heat:by_plan:P1', 'heat_action')).toBe('HOLD_CLOSE');
    expect(await client.hget('quantum:harvest:heat:latest:BTCUSDT', 'last_plan_id')).toBe('P2');
    await metricIs('heat-bridge', 'p27_in_messages_total 3');
    await metricIs('heat-bridge', 'p27_dedupe_skips_total 1');
    await metricIs('heat-bridge', 'p27_written_total{kind="by_plan"} 2');
  });
});
