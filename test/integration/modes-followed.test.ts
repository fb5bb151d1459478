import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { metricOf, startSystem, type TestSystem } from '../support/system.ts';

let redis: TestRedis;
let system: TestSystem;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => {
  await redis.client.flushall();
  system = await startSystem(redis, { env: { GATES: 'risk-governor', POLICY_FOREIGN: 'follow' } });
});
afterEach(async () => system.stop());

function modeNow(): string {
  return system.runtime.mode(system.portfolio, 'risk-governor');
}

test('a mode set by hand is told, counted and written into stored budgets, though the gate judges nothing', async () => {
  await redis.client.hset('quantum:portfolio:budget:BTCUSDT', 'budget_usd', '1348', 'mode', 'shadow');
  await redis.client.hset('quantum:policy:risk-governor', 'mode', 'enforce');
  await until('the mode to be told', () => modeNow() === 'enforce');
  await until('the gauge', async () => (await metricOf(system, 'p28_enforce_mode')) === 1);
  await until(
    'the budget',
    async () => (await redis.client.hget('quantum:portfolio:budget:BTCUSDT', 'mode')) === 'enforce',
  );
  await redis.client.hset('quantum:policy:risk-governor', 'mode', 'shadow');
  await until('the mode back', () => modeNow() === 'shadow');
  await until('the gauge back', async () => (await metricOf(system, 'p28_enforce_mode')) === 0);
  await until(
    'the budget back',
    async () => (await redis.client.hget('quantum:portfolio:budget:BTCUSDT', 'mode')) === 'shadow',
  );
});

test('a stored mode that is none of the gate leaves the one it started with in force', async () => {
  await redis.client.hset('quantum:policy:risk-governor', 'mode', 'enforce');
  await until('the mode to be told', () => modeNow() === 'enforce');
  await redis.client.hset('quantum:policy:risk-governor', 'mode', 'bogus');
  await until('the first mode again', () => modeNow() === 'shadow');
});

test('after FLUSHALL a worker says again which consumers are ours, so that none is taken for a foreign one', async () => {
  const key = 'quantum:portcullis:consumers:risk-governor';
  const [own] = await redis.client.smembers(key);
  expect(own).toBeDefined();
  await redis.client.flushall();
  await until('its consumer to be told again', async () => (await redis.client.sismember(key, own ?? '')) === 1);
});

test('a line of the log names its handler once', async () => {
  await until('the lane to read', () => system.runtime.lanes().every(({ state }) => state === 'running'));
  await redis.client.flushall();
  const line = await until('the group to be missed', () => system.lines.find((text) => text.includes('is gone')));
  expect(line.match(/"handler"/g)).toHaveLength(1);
});
