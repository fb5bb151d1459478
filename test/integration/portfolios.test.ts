import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { portfolioNamed, portfolioOf } from '../../runtime/settings/portfolio.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf, metricOf, startSystem, type TestSystem } from '../support/system.ts';

const RENAMED = 'anywhere:plans';
let redis: TestRedis;
let system: TestSystem;

beforeAll(async () => {
  redis = await startRedis();
  system = await startSystem(redis, {
    env: { GOV_SYMBOL_COOLDOWN_SECONDS: '0' },
    portfolios: ['quantum', '{fund-a}'].map((prefix) => portfolioNamed(prefix, { 'apply.plan': RENAMED })),
  });
});
afterAll(async () => {
  await system.stop();
  await redis.stop();
});

async function equity(prefix: string, usd: number): Promise<void> {
  const [seconds] = await redis.client.time();
  const state = { equity_usd: String(usd), positions_count: '0', timestamp: String(seconds) };
  await redis.client.hset(`${prefix}:state:portfolio`, state);
  const snapshot = ['symbol', 'ETHUSDT', 'position_notional_usd', '1000', 'sigma', '0.1'];
  await redis.client.xadd(`${prefix}:stream:position.snapshot`, '*', ...snapshot);
}

async function heatOf(prefix: string): Promise<string | undefined> {
  const proposal = ['plan_id', 'p1', 'symbol', 'ETHUSDT', 'action', 'FULL_CLOSE'];
  await redis.client.xadd(`${prefix}:stream:harvest.proposal`, '*', ...proposal);
  return await until(
    `a calibrated proposal of ${prefix}`,
    async () => (await entriesOf(redis.client, `${prefix}:stream:harvest.calibrated`)).at(-1)?.fields.heat_value,
  );
}

describe('two portfolios in one process', () => {
  it('are judged on their own books', async () => {
    await equity('quantum', 1000);
    await equity('{fund-a}', 200);
    expect([await heatOf('quantum'), await heatOf('{fund-a}')]).toEqual(['0.1', '0.5']);
    const heat = async (portfolio: string) => metricOf(system, `p26_heat_value{portfolio="${portfolio}"}`);
    await until('the gauges of both', async () => (await heat('quantum')) === 0.1 && (await heat('{fund-a}')) === 0.5);
  });

  it('give the same plan a permit each', async () => {
    const plan = ['plan_id', 'p1', 'symbol', 'BTCUSDT', 'action', 'FULL_CLOSE', 'qty', '1'];
    for (const stream of [RENAMED, '{fund-a}:stream:apply.plan']) await redis.client.xadd(stream, '*', ...plan);
    for (const prefix of ['quantum', '{fund-a}']) {
      await until(`a permit of ${prefix}`, () => redis.client.get(`${prefix}:permit:p1`));
    }
    const allowed = 'quantum_govern_allow_total{symbol="BTCUSDT",portfolio=';
    const counted = () => Promise.all(['quantum', '{fund-a}'].map((one) => metricOf(system, `${allowed}"${one}"}`)));
    await until('both to be counted', async () => (await counted()).every((permits) => permits > 0));
    expect(await counted()).toEqual([1, 1]);
  });

  it('are killed one by one', async () => {
    await redis.client.set('{fund-a}:kill', '1');
    const plan = ['plan_id', 'p2', 'symbol', 'ETHUSDT', 'action', 'FULL_CLOSE', 'qty', '1'];
    for (const stream of [RENAMED, '{fund-a}:stream:apply.plan']) await redis.client.xadd(stream, '*', ...plan);
    expect(await until('a permit', () => redis.client.get('quantum:permit:p2'))).toContain('"granted":true');
    expect(await until('a block', () => redis.client.get('{fund-a}:governor:block:p2'))).toContain(
      'kill_switch_active',
    );
  });

  it('have the series of both from the start, and lines that name theirs', async () => {
    const failures = 'p26_hash_writes_total{portfolio="{fund-a}"} 0';
    expect(await system.runtime.metrics.exposition()).toContain(failures);
    expect(system.lines.join('')).toContain('"portfolio":"{fund-a}"');
  });
});

it('a worker has a name of its own on every portfolio it shares, whichever it serves first', async () => {
  const [a, b] = [portfolioOf('a'), portfolioOf('b')];
  const env = { GATES: 'heat-bridge' };
  const [first, second] = [
    await startSystem(redis, { env, portfolios: [a, b] }),
    await startSystem(redis, { env, portfolios: [b] }),
  ];
  try {
    expect(await redis.client.smembers('b:portcullis:consumers:heat-bridge')).toHaveLength(2);
    expect(first.runtime.workerName).toBe(second.runtime.workerName.replace(/2$/, '1'));
  } finally {
    await Promise.all([first.stop(), second.stop()]);
  }
});

it('a start that one portfolio keeps from succeeding leaves nothing running on the others', async () => {
  await redis.client.set('d:stream:harvest.heat.decision', 'x');
  const portfolios = [portfolioOf('c'), portfolioOf('d')];
  const before = (await redis.client.client('LIST')) as string;
  await expect(startSystem(redis, { env: { GATES: 'heat-bridge' }, portfolios })).rejects.toThrow(
    'expected a stream at d',
  );
  expect(await redis.client.exists('c:portcullis:worker:x')).toBe(0);
  const connected = (list: string) => list.trim().split('\n').length;
  await until('its connections to be closed', async () => {
    return connected((await redis.client.client('LIST')) as string) <= connected(before);
  });
});
