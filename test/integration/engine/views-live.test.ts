import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { entriesOf, startSystem, type TestSystem } from '../../support/system.ts';

const PROPOSALS = 'quantum:stream:harvest.proposal';
const CALIBRATED = 'quantum:stream:harvest.calibrated';
const SNAPSHOTS = 'quantum:stream:position.snapshot';

let redis: TestRedis;
let system: TestSystem;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  await redis.client.flushall();
  system = await startSystem(redis, { env: { GATES: 'heat-gate' } });
});
afterEach(() => system.stop());
afterAll(() => redis.stop());

function portfolioState() {
  return redis.client.hset('quantum:state:portfolio', { equity_usd: '10000' });
}

/** The heat that each of `count` proposals was judged on, by its plan. */
async function heats(count: number): Promise<Map<string, string>> {
  await until(`${count} outcomes`, async () => (await redis.client.xlen(CALIBRATED)) >= count);
  const entries = await entriesOf(redis.client, CALIBRATED);
  return new Map(entries.map(({ fields }) => [fields.plan_id ?? '', `${fields.heat_value} ${fields.reason}`]));
}

function expected(heatOf: (n: number) => number, count: number): Map<string, string> {
  return new Map(Array.from({ length: count }, (_, n) => [`p${n}`, `${heatOf(n)} portfolio_heat_cold`]));
}

function propose(n: number) {
  return redis.client.xadd(PROPOSALS, '*', 'plan_id', `p${n}`, 'symbol', 'ETHUSDT', 'action', 'FULL_CLOSE');
}

test('a snapshot written right before a proposal counts in its heat, every time', async () => {
  await portfolioState();
  for (let n = 0; n < 200; n += 1) {
    const notional = ['position_notional_usd', String(n + 1), 'sigma', '0.1'];
    await redis.client.xadd(SNAPSHOTS, '*', 'symbol', 'ETHUSDT', ...notional);
    await propose(n);
    await until(`the outcome of p${n}`, async () => (await redis.client.xlen(CALIBRATED)) > n);
  }
  expect(await heats(200)).toEqual(expected((n) => (n + 1) / 100_000, 200));
});

test('a market hash written right before a proposal counts in its heat, every time', async () => {
  await portfolioState();
  await redis.client.xadd(SNAPSHOTS, '*', 'symbol', 'ETHUSDT', 'position_notional_usd', '1000');
  for (let n = 0; n < 200; n += 1) {
    await redis.client.hset('quantum:state:market:ETHUSDT', { sigma_1d: String((n + 1) / 1000) });
    await propose(n);
    await until(`the outcome of p${n}`, async () => (await redis.client.xlen(CALIBRATED)) > n);
  }
  expect(await heats(200)).toEqual(expected((n) => (n + 1) / 10_000, 200));
});

test('after each FLUSHALL a proposal is judged on what was written since, and on nothing older', async () => {
  for (let n = 0; n < 30; n += 1) {
    await redis.client.flushall();
    await portfolioState();
    await redis.client.hset('quantum:state:market:ETHUSDT', { sigma_1d: '0.1' });
    const symbol = n % 2 === 0 ? 'ETHUSDT' : 'BTCUSDT';
    const fields = symbol === 'ETHUSDT' ? [] : ['sigma', '0.2'];
    await redis.client.xadd(SNAPSHOTS, '*', 'symbol', symbol, 'position_notional_usd', '1000', ...fields);
    await propose(n);
    const heat = symbol === 'ETHUSDT' ? '0.01' : '0.02';
    expect([...(await heats(1))]).toEqual([[`p${n}`, `${heat} portfolio_heat_cold`]]);
  }
});

test('more snapshots than are read with the facts of a batch all count in its heat', async () => {
  await portfolioState();
  await propose(0);
  await until('the outcome of p0', async () => (await redis.client.xlen(CALIBRATED)) === 1);
  for (const count of [49, 50, 51, 120]) {
    const pipeline = redis.client.pipeline();
    for (let n = 0; n < count; n += 1) {
      pipeline.xadd(SNAPSHOTS, '*', 'symbol', `S${n}USDT`, 'position_notional_usd', String(count), 'sigma', '0.1');
    }
    await pipeline.exec();
    const before = await redis.client.xlen(CALIBRATED);
    await propose(count);
    await until(`the outcome of p${count}`, async () => (await redis.client.xlen(CALIBRATED)) > before);
    expect((await heats(before + 1)).get(`p${count}`)).toBe(`${(count * count) / 100_000} portfolio_heat_cold`);
  }
});

test('streams of snapshots and violations that are keys of another type are empty', async () => {
  await portfolioState();
  await redis.client.set(SNAPSHOTS, 'no stream');
  await redis.client.set('quantum:stream:budget.violation', 'no stream');
  await propose(0);
  expect(await heats(1)).toEqual(new Map([['p0', '0 fail_closed_no_positions']]));
});
