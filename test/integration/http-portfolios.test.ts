import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildApp } from '../../runtime/doors/http/app.ts';
import { type Portfolio, portfolioOf } from '../../runtime/settings/portfolio.ts';
import { ActivityHours } from '../../schemas/api/activity.ts';
import { fakeRuntime, httpContext, laneStatus, WITH_TOKEN } from '../support/http.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
let app: FastifyInstance;

beforeAll(async () => {
  redis = await startRedis();
  const runtime = fakeRuntime({
    redis: redis.client,
    portfolios: [portfolioOf('quantum'), portfolioOf('{fund-a}')],
    lanes: [laneStatus({ portfolio: '{fund-a}', handler: 'governor', state: 'held', problem: 'a wrong key' })],
  });
  app = await buildApp(await httpContext(runtime));
});
afterAll(async () => {
  await app.close();
  await redis.stop();
});
beforeEach(async () => redis.client.flushall());

const FUND_A = `portfolio=${encodeURIComponent('{fund-a}')}`;

async function change(url: string, payload: object) {
  const response = await app.inject({ method: 'POST', url, payload, headers: WITH_TOKEN });
  return { code: response.statusCode, body: response.json() };
}

describe('where two portfolios are served', () => {
  it('a route without ?portfolio= is about the first, with it about the one named', async () => {
    for (const [prefix, budget_usd] of [
      ['quantum', '1348'],
      ['{fund-a}', '700'],
    ] as const) {
      await redis.client.hset(`${prefix}:portfolio:budget:BTCUSDT`, { symbol: 'BTCUSDT', budget_usd });
    }
    const budget = async (query: string) => (await app.inject(`/budget/BTCUSDT${query}`)).json().budget_usd;
    expect([await budget(''), await budget(`?${FUND_A}`)]).toEqual(['1348', '700']);
    const status = await app.inject({ url: `/v1/status?${FUND_A}`, headers: WITH_TOKEN });
    expect(status.json()).toMatchObject({ portfolio: '{fund-a}' });
  });

  it('one that is not served is a 400 that names those that are', async () => {
    const response = await app.inject('/budget/BTCUSDT?portfolio=fund-b');
    expect(response.statusCode).toBe(400);
    expect(response.json().message).toBe('portfolio: expected quantum or {fund-a}, got "fund-b"');
  });

  it('a change wants one of them named', async () => {
    expect(await change('/v1/disarm', { reason: 'x' })).toMatchObject({
      code: 400,
      body: {
        message: expect.stringContaining('expected ?portfolio= with quantum or {fund-a} for a change, got none'),
      },
    });
    expect((await change(`/v1/disarm?${FUND_A}`, { reason: 'x' })).code).toBe(200);
    expect(await redis.client.exists('quantum:governor:state', '{fund-a}:governor:state')).toBe(1);
  });

  it('the kill switch goes on for all, and off for one', async () => {
    expect((await change('/v1/kill', { state: 'on' })).body).toMatchObject([
      { portfolio: 'quantum', before: 'off', after: 'on' },
      { portfolio: '{fund-a}', before: 'off', after: 'on' },
    ]);
    expect((await change('/v1/kill', { state: 'off', reason: 'x' })).code).toBe(400);
    await change(`/v1/kill?${FUND_A}`, { state: 'off', reason: 'x' });
    expect(await redis.client.mget('quantum:kill', '{fund-a}:kill')).toEqual(['1', '0']);
  });

  it('a kill that does not reach all says which it reached and which it did not', async () => {
    const served = fakeRuntime({ redis: redis.client, portfolios: [portfolioOf('quantum'), portfolioOf('{fund-a}')] });
    const halfAway = { ...served, redisUp: (portfolio: Portfolio) => portfolio.prefix === 'quantum' };
    const half = await buildApp(await httpContext(halfAway));
    try {
      const payload = { state: 'on' };
      const answer = await half.inject({ method: 'POST', url: '/v1/kill', payload, headers: WITH_TOKEN });
      expect(answer.statusCode).toBe(503);
      expect(answer.json().message).toMatch(/not known to be on for \{fund-a\}; on for quantum$/);
      expect(await redis.client.get('quantum:kill')).toBe('1');
    } finally {
      await half.close();
    }
  });

  it('a lane that is held makes the process not ready, and its own portfolio unhealthy', async () => {
    const ready = await app.inject('/readyz');
    expect(ready.statusCode).toBe(503);
    expect(ready.json().problems).toEqual([{ lane: '{fund-a}/governor', state: 'held', problem: 'a wrong key' }]);
    expect((await app.inject('/health')).json()).toMatchObject({
      portfolio: 'quantum',
      portfolios: ['quantum', '{fund-a}'],
    });
  });
});

/** Writes decisions of so long ago to the log of a portfolio. */
async function decided(prefix: string, agoSec: number, verdict: string, times: number): Promise<void> {
  const pipeline = redis.client.pipeline();
  for (let at = 0; at < times; at++) {
    const timestamp = String(Date.now() / 1000 - agoSec);
    pipeline.xadd(`${prefix}:stream:decisions`, '*', 'handler', 'governor', 'verdict', verdict, 'timestamp', timestamp);
  }
  await pipeline.exec();
}

async function pagesRead(): Promise<number> {
  const stats = await redis.client.info('commandstats');
  return Number(/cmdstat_xrevrange:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

describe('the last hour of all portfolios', () => {
  const hours = async () => {
    const response = await app.inject({ url: '/v1/activity/hours', headers: WITH_TOKEN });
    expect(response.statusCode).toBe(200);
    expect(ActivityHours.parse(response.json())).toEqual(response.json());
    return ActivityHours.parse(response.json());
  };

  it('is counted for each in one answer, reads no further back, and nothing twice', async () => {
    await decided('quantum', 3_700, 'PERMIT', 2_000);
    await decided('quantum', 30, 'PERMIT', 3);
    await decided('{fund-a}', 30, 'BLOCK', 2);
    const before = await pagesRead();
    const told = await hours();
    expect(told).toMatchObject({
      is_reading: false,
      portfolios: [
        { portfolio: 'quantum', hour: { permits: 3, blocks: 0 }, error: '' },
        { portfolio: '{fund-a}', hour: { permits: 0, blocks: 2 }, error: '' },
      ],
    });
    // One page of each of four logs, though that of the first is longer.
    expect((await pagesRead()) - before).toBe(4);
    await decided('{fund-a}', 0, 'DOWNGRADE', 1);
    expect((await hours()).portfolios[1]).toMatchObject({ hour: { blocks: 2, softened: 1 } });
    expect((await pagesRead()) - before).toBe(4);
  });

  it('is not known, with the reason, of one whose Redis is away, and known of the other', async () => {
    const runtime = fakeRuntime({ redis: redis.client, portfolios: [portfolioOf('quantum'), portfolioOf('{fund-a}')] });
    const half = { ...runtime, redisUp: (one?: Portfolio) => one?.prefix !== '{fund-a}' };
    const other = await buildApp(await httpContext(half));
    try {
      const response = await other.inject({ url: '/v1/activity/hours', headers: WITH_TOKEN });
      expect(response.json()).toMatchObject({
        is_reading: false,
        portfolios: [
          { portfolio: 'quantum', hour: { permits: 0 }, error: '' },
          { portfolio: '{fund-a}', hour: null, error: expect.stringContaining('expected a connected Redis') },
        ],
      });
    } finally {
      await other.close();
    }
  });
});
