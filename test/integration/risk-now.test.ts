import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RiskAnswer } from '../../schemas/api/risk.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const KEY = 'quantum:state:risk';
const KEPT = {
  shock: '0.45',
  shock_reason: 'ok',
  shock_scenario: 'fall_50',
  expected_shortfall_reason: 'not_enough_data',
  components: JSON.stringify({ shock: { ETHUSDT: 0.05, BTCUSDT: 0.4 }, expected_shortfall: {} }),
  equity_usd: '1000',
  positions: '2',
  source: 'portcullis',
};

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client.flushall();
});

async function now(...argv: readonly string[]) {
  return await runCli(redis.url, ['risk', ...argv]);
}

async function found(): Promise<RiskAnswer> {
  const { code, out, err } = await now('--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as RiskAnswer;
}

test('says the figures, what adds most to each, and why one is not known', async () => {
  const [sec] = await redis.client.time();
  await redis.client.hset(KEY, { ...KEPT, timestamp: String(Number(sec) - 40) });
  const { at, age_sec, ...answer } = await found();
  expect(at).toBe(Number(sec) - 40);
  expect(age_sec).toBeGreaterThanOrEqual(40);
  expect(answer).toEqual({
    state: 'kept',
    equity_usd: 1000,
    positions: 2,
    figures: [
      {
        figure: 'shock',
        value: 0.45,
        reason: 'ok',
        scenario: 'fall_50',
        liquidation: null,
        components: [
          { symbol: 'BTCUSDT', value: 0.4 },
          { symbol: 'ETHUSDT', value: 0.05 },
        ],
      },
      {
        figure: 'expected_shortfall',
        value: null,
        reason: 'not_enough_data',
        scenario: null,
        liquidation: null,
        components: [],
      },
    ],
  });
  const { out } = await now();
  expect(out).toMatch(/^2 positions, equity \$1,000\.00\. Computed: .* UTC, 4\d s ago\.$/m);
  expect(out).toMatch(/^shock +45\.0 % +fall_50 +BTCUSDT 40\.0 %, ETHUSDT 5\.0 %$/m);
  expect(out).toMatch(/^expected shortfall +not known: not_enough_data$/m);
});

test('shows nothing calm where nothing is kept, or what is kept is no figure', async () => {
  expect(await found()).toMatchObject({ state: 'none', figures: [] });
  expect((await now()).out).toContain('No figures: none is set to report');
  await redis.client.set(KEY, 'text');
  expect(await found()).toMatchObject({ state: 'unreadable', figures: [] });
  expect((await now()).out).toContain('cannot be read');
  await redis.client.del(KEY);
  await redis.client.hset(KEY, { ...KEPT, shock: 'NaN', components: '{"shock":5}', equity_usd: 'x', positions: '' });
  expect(await found()).toEqual({
    state: 'kept',
    at: null,
    age_sec: null,
    equity_usd: null,
    positions: null,
    figures: [
      { figure: 'shock', value: null, reason: 'unreadable', scenario: null, liquidation: null, components: [] },
      {
        figure: 'expected_shortfall',
        value: null,
        reason: 'not_enough_data',
        scenario: null,
        liquidation: null,
        components: [],
      },
    ],
  });
  expect((await now()).out).toContain('The book is not known. Computed: nobody knows when.');
});
