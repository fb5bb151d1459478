import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { startSystem } from '../support/system.ts';

const BUDGET = 'quantum:portfolio:budget:ETHUSDT';
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => {
  await redis.client.flushall();
  const [seconds] = await redis.client.time();
  const timestamp = String(seconds);
  await redis.client.hset('quantum:state:portfolio', { equity_usd: '1000', positions_count: '0', timestamp });
  await redis.client.hset(BUDGET, { budget_usd: '100', mode: 'enforce', timestamp });
});

test('a process with the governor alone counts its comparisons with a budget, as families of the risk governor', async () => {
  const system = await startSystem(redis, { env: { GATES: 'governor' } });
  const plan = ['plan_id', 'p1', 'symbol', 'ETHUSDT', 'action', 'OPEN', 'qty', '0.05', 'price', '3000'];
  await redis.client.xadd('quantum:stream:apply.plan', '*', ...plan);
  const risk = await until('the count', async () => {
    const text = await system.runtime.metrics.exposition('risk-governor');
    return text.includes('p28_budget_blocks_total{symbol="ETHUSDT"} 1') ? text : undefined;
  });
  expect(risk).toContain('p28_budget_allow_total');
  expect(await system.runtime.metrics.exposition('governor')).not.toContain('p28_');
  expect(await redis.client.exists('quantum:permit:p1')).toBe(1);
  expect(system.lines.filter((line) => line.includes('declared metric'))).toEqual([]);
  await system.stop();
});

test('the start of one gate leaves the modes of gates that run elsewhere as they are', async () => {
  await (await startSystem(redis, { env: { GATES: 'risk-governor', P28_MODE: 'enforce' } })).stop();
  await (await startSystem(redis, { env: { GATES: 'governor' } })).stop();
  expect(await redis.client.hget('quantum:policy:risk-governor', 'mode')).toBe('enforce');
  expect(await redis.client.hget(BUDGET, 'mode')).toBe('enforce');
  expect(await redis.client.hget('quantum:policy:governor', 'mode')).toBe('testnet');
});
