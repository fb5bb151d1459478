import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import riskGovernor from '../../handlers/risk-governor/index.ts';
import { judgedBy } from '../support/alert-world.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf, startSystem, type TestSystem } from '../support/system.ts';

const handlers = [riskGovernor as unknown as AnyHandler];
let redis: TestRedis;
let client: Redis;
let system: TestSystem | undefined;
let ticks = 0;

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

async function tick(): Promise<void> {
  ticks += 1;
  await client.xadd('quantum:stream:tick.risk-governor', '*', 'tick_id', `t${ticks}`, 'scheduled_ms', `${Date.now()}`);
}

async function writeState(equity: string, ageSec = 0): Promise<void> {
  const timestamp = String(Math.floor(Date.now() / 1000) - ageSec);
  await client.hset('quantum:state:portfolio', { equity_usd: equity, drawdown: '0', timestamp });
}

async function writeSnapshot(symbol: string, notional: string, sigma: string): Promise<void> {
  const fields = ['symbol', symbol, 'position_notional_usd', notional, 'sigma', sigma];
  await client.xadd('quantum:stream:position.snapshot', '*', ...fields);
}

function budgetOf(symbol: string): Promise<Record<string, string> | false> {
  return until(`the budget of ${symbol}`, async () => {
    const fields = await client.hgetall(`quantum:portfolio:budget:${symbol}`);
    return fields.symbol === undefined ? false : fields;
  });
}

async function metric(name: string): Promise<string | undefined> {
  const lines = (await system?.runtime.metrics.exposition('risk-governor'))?.split('\n') ?? [];
  return lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
}

/** Counts follow the commit, so that a test waits for them. */
async function metricIs(name: string, value: string): Promise<void> {
  await until(`${name} to be ${value}`, async () => (await metric(name)) === value);
}

describe('the risk governor on a real Redis', () => {
  it('gives the first worked budget, its violation and its remembered state', async () => {
    await start();
    await writeState('100000');
    await writeSnapshot('BTCUSDT', '50000', '1.3');
    await tick();
    expect(await budgetOf('BTCUSDT')).toMatchObject({
      budget_usd: '1348',
      stress_factor: '0.326',
      portfolio_heat: '0.65',
      mode: 'shadow',
    });
    expect(await client.ttl('quantum:portfolio:budget:BTCUSDT')).toBeGreaterThan(200);
    const [violation] = await entriesOf(client, 'quantum:stream:budget.violation');
    expect(Object.keys(violation?.fields ?? {})).toEqual(['json']);
    expect(JSON.parse(violation?.fields.json ?? '')).toMatchObject({ over_budget: 48_652, budget_usd: 1348 });
    expect(await client.hgetall('quantum:state:portfolio:lkg')).toMatchObject({ equity_usd: '100000', drawdown: '0' });
    await metricIs('p28_budget_value_usd{symbol="BTCUSDT"}', '1348');
    await metricIs('p28_budget_allow_total{symbol="BTCUSDT"}', '1');
  });

  it('gives the second worked budget, to a symbol known by its position hash alone', async () => {
    await start();
    await writeState('100000');
    await client.hset('quantum:position:snapshot:BTCUSDT', { position_qty: '0', side: 'FLAT' });
    await client.hset('quantum:state:heat', { heat: '0.15', timestamp: String(Math.floor(Date.now() / 1000)) });
    await tick();
    expect(await budgetOf('BTCUSDT')).toMatchObject({ budget_usd: '1748', stress_factor: '0.126' });
  });

  it('uses the state it remembered before a restart', async () => {
    await client.hset('quantum:position:snapshot:BTCUSDT', { side: 'FLAT' });
    await writeState('100000');
    await start();
    await tick();
    await budgetOf('BTCUSDT');
    await system?.stop();
    await client.del('quantum:state:portfolio', 'quantum:portfolio:budget:BTCUSDT');
    await start();
    await tick();
    expect(await budgetOf('BTCUSDT')).toMatchObject({ equity_usd: '100000' });
    await metricIs('p28_lkg_cache_used_total', '1');
    await metricIs('p28_stale_input_total{input_type="portfolio_state"}', '1');
  });

  it('writes no budget on a state that is too old, and counts it', async () => {
    await client.hset('quantum:position:snapshot:BTCUSDT', { side: 'FLAT' });
    await writeState('100000', 60);
    await start();
    await tick();
    await metricIs('p28_portfolio_too_old_total', '1');
    expect(await client.keys('quantum:portfolio:budget:*')).toEqual([]);
  });

  it('counts a budget key of another type and writes the others', async () => {
    await client.set('quantum:portfolio:budget:AAAUSDT', 'not a hash');
    for (const symbol of ['AAAUSDT', 'BBBUSDT']) {
      await client.hset(`quantum:state:positions:${symbol}`, { symbol, side: 'FLAT' });
    }
    await writeState('100000');
    await start();
    await tick();
    await budgetOf('BBBUSDT');
    await metricIs('p28_redis_write_fail_total', '1');
    await metricIs('p28_budget_computed_total{symbol="BBBUSDT"}', '1');
    expect(await metric('p28_budget_computed_total{symbol="AAAUSDT"}')).toBeUndefined();
    expect(await client.get('quantum:portfolio:budget:AAAUSDT')).toBe('not a hash');
  });

  it('gives each of 401 symbols a budget, in three commits', async () => {
    const pipeline = client.pipeline();
    for (let at = 0; at < 401; at++) pipeline.hset(`quantum:position:snapshot:S${at}`, { side: 'FLAT' });
    await pipeline.exec();
    await writeState('100000');
    await start();
    await tick();
    await until('all budgets', async () => (await client.keys('quantum:portfolio:budget:*')).length === 401);
    const decisions = await entriesOf(client, 'quantum:stream:decisions');
    expect(decisions.map(({ fields }) => fields.verdict)).toEqual(['SPLIT', 'BUDGETS', 'BUDGETS', 'BUDGETS']);
  });

  it('logs a cycle that cannot be judged, beside its dead letter, and the replay finds nothing different about it', async () => {
    const failing = judgedBy(handlers, 'risk-governor', () => Promise.reject(new Error('no figures')));
    system = await startSystem(redis, { handlers: failing });
    await tick();
    const decision = await until('the decision', async () => {
      return (await entriesOf(client, 'quantum:stream:decisions'))[0]?.fields;
    });
    expect(decision).toMatchObject({ verdict: 'NO_BUDGETS', reason: 'handler_failed', checks: '[]' });
    expect(JSON.parse(decision.facts ?? '')).toEqual({ failure: 'no figures', attempts: 3 });
    expect(await client.xlen('quantum:stream:tick.risk-governor.dlq')).toBe(1);
    expect(await runCli(redis.url, ['replay', '--same'])).toMatchObject({ code: 0 });
    const report = await runCli(redis.url, ['report', 'risk-governor', '--json']);
    expect(JSON.parse(report.out).figures).toMatchObject({ decisions: 1, errors: 1, missing: 1 });
  });

  it('moves a tick that cannot be read to the dead letters', async () => {
    await start();
    await client.xadd('quantum:stream:tick.risk-governor', '*', 'tick_id', 'x', 'scheduled_ms', 'noon');
    const dead = await until('the dead letter', async () => {
      const entries = await entriesOf(client, 'quantum:stream:tick.risk-governor.dlq');
      return entries[0]?.fields;
    });
    expect(dead).toMatchObject({ tick_id: 'x', scheduled_ms: 'noon' });
  });
});
