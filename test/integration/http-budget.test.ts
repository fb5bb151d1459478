import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HttpOptions } from '../../runtime/doors/http/context.ts';
import { type RunningHttp, startHttp } from '../../runtime/doors/http/server.ts';
import { type FakeRuntime, fakeRuntime, httpOptions } from '../support/http.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const KEY = 'quantum:portfolio:budget:BTCUSDT';

let redis: TestRedis;
let http: RunningHttp | undefined;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(() => redis.client.flushall());
afterEach(async () => {
  await http?.close();
  http = undefined;
});

async function serve(fake: FakeRuntime = {}, options: Partial<HttpOptions> = {}): Promise<void> {
  const runtime = fakeRuntime({ redis: redis.client, ...fake });
  http = await startHttp(runtime, await httpOptions(runtime, options));
}

async function ask(path: string, method = 'GET', init: RequestInit = {}) {
  const base = http?.addresses.find(({ role }) => role === 'p28')?.url;
  const response = await fetch(`${base}${path}`, { method, ...init });
  return { code: response.status, body: await response.json() };
}

async function series(name: string): Promise<string[]> {
  const base = http?.addresses.find(({ role }) => role === 'p28')?.url;
  const text = await (await fetch(`${base}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`));
}

async function storeBudget(budgetUsd: string, ageSec = 0): Promise<void> {
  const timestamp = String(Math.floor(Date.now() / 1000) - ageSec);
  await redis.client.hset(KEY, { symbol: 'BTCUSDT', budget_usd: budgetUsd, mode: 'shadow', timestamp });
}

describe('GET /health', () => {
  it('has the shape of the seeds', async () => {
    await serve({ modes: { 'risk-governor': 'enforce' } });
    expect(await ask('/health')).toEqual({
      code: 200,
      body: { status: 'healthy', service: 'p2.8-portfolio-risk-governor', mode: 'enforce', redis: 'connected' },
    });
  });

  it('is 503 while Redis is down', async () => {
    await serve({ redisUp: () => false });
    expect(await ask('/health')).toEqual({
      code: 503,
      body: { status: 'unhealthy', service: 'p2.8-portfolio-risk-governor', mode: 'shadow', redis: 'disconnected' },
    });
  });
});

describe('GET /budget/{symbol}', () => {
  it('gives the strings of the hash', async () => {
    await redis.client.hset(KEY, { symbol: 'BTCUSDT', budget_usd: '1348', stress_factor: '0.326', timestamp: '1' });
    await serve();
    expect(await ask('/budget/BTCUSDT')).toEqual({
      code: 200,
      body: { symbol: 'BTCUSDT', budget_usd: '1348', stress_factor: '0.326', timestamp: '1' },
    });
  });

  it.each([
    ['is absent', async () => undefined],
    ['is of another type', async () => void (await redis.client.set(KEY, 'x'))],
  ])('says no_budget_data when the key %s', async (_sentence, arrange) => {
    await arrange();
    await serve();
    expect(await ask('/budget/BTCUSDT')).toEqual({ code: 200, body: { error: 'no_budget_data' } });
  });
});

describe('POST /budget/check', () => {
  const check = (notional: string, symbol = 'BTCUSDT') =>
    ask(`/budget/check?symbol=${symbol}&position_notional=${notional}`, 'POST');
  const shadow = { mode: 'shadow', enforce: false };

  it.each([
    ['1348', { violation: false, budget_usd: 1348, over_budget: 0 }],
    ['1348.01', { violation: true, budget_usd: 1348, over_budget: 0.01 }],
    ['-2000', { violation: true, budget_usd: 1348, over_budget: 652 }],
    ['0', { violation: false, budget_usd: 1348, over_budget: 0 }],
  ])('a notional of %s against 1348', async (notional, expected) => {
    await storeBudget('1348');
    await serve();
    expect(await check(notional)).toEqual({ code: 200, body: { ...expected, ...shadow } });
  });

  it('writes its numbers as plain decimals, however small', async () => {
    await storeBudget('1348');
    await serve();
    const base = http?.addresses.find(({ role }) => role === 'p28')?.url;
    const url = `${base}/budget/check?symbol=BTCUSDT&position_notional=1348.0000000001`;
    expect(await (await fetch(url, { method: 'POST' })).text()).toContain('"over_budget":0.0000000001,');
  });

  it.each(['abc', 'NaN', '1e400', '', 'Infinity', '0x10'])('a notional of %j is a 400', async (notional) => {
    await serve();
    const message = `position_notional: expected a finite number, got "${notional}"`;
    expect(await check(notional)).toEqual({ code: 400, body: { error: 'bad_request', message } });
  });

  it.each([
    ['is absent', async () => undefined],
    ['is of another type', async () => void (await redis.client.set(KEY, 'x'))],
    ['holds no number', () => storeBudget('much')],
    ['is older than its life', () => storeBudget('1348', 400)],
  ])('without data it fails open when the budget %s', async (_sentence, arrange) => {
    await arrange();
    await serve();
    expect(await check('1e9')).toEqual({
      code: 200,
      body: { violation: false, budget_usd: null, over_budget: 0, ...shadow, reason: 'no_budget_data_fail_open' },
    });
  });

  it.each([
    ['shadow', '2000', 'p28_budget_allow_total'],
    ['enforce', '2000', 'p28_budget_blocks_total'],
    ['enforce', '1000', 'p28_budget_allow_total'],
  ])('in %s a notional of %s counts %s', async (mode, notional, metric) => {
    await storeBudget('1348');
    await serve({ modes: { 'risk-governor': mode } });
    await check(notional);
    expect(await series(metric)).toEqual([`${metric}{symbol="BTCUSDT"} 1`]);
  });

  it('fails open within two seconds when Redis hangs, while a budget is a 503', async () => {
    await storeBudget('1348');
    await serve();
    redis.process.kill('SIGSTOP');
    const answers = await Promise.all([check('2000'), ask('/budget/BTCUSDT')]).finally(() =>
      redis.process.kill('SIGCONT'),
    );
    expect(answers).toMatchObject([
      { code: 200, body: { violation: false, reason: 'no_budget_data_fail_open' } },
      { code: 503, body: { error: 'unavailable' } },
    ]);
  });

  it('ignores whatever body comes along', async () => {
    await serve();
    const init = { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    expect((await ask('/budget/check?symbol=BTCUSDT&position_notional=1', 'POST', init)).code).toBe(200);
  });

  it('may be asked for any number of symbols without a series for each', async () => {
    await serve();
    for (let i = 0; i < 1010; i += 101) {
      await Promise.all(Array.from({ length: 101 }, (_, at) => check('1', `S${i + at}`)));
    }
    const found = await series('p28_budget_allow_total');
    expect(found).toHaveLength(1001);
    expect(found).toContain('p28_budget_allow_total{symbol="other"} 10');
  });
});

describe('POST /test/inject_portfolio_state', () => {
  const inject = (query: string) => ask(`/test/inject_portfolio_state?${query}`, 'POST');

  it('writes the state for 120 s, without a token on loopback', async () => {
    await redis.client.hset('quantum:state:portfolio', 'positions_count', '0');
    await serve({}, { p28TestMode: true });
    const { code, body } = await inject('equity_usd=100000&drawdown=2.5');
    expect(code).toBe(200);
    expect(body).toMatchObject({ success: true, injected: { equity_usd: 100000, drawdown: 2.5 } });
    const state = await redis.client.hgetall('quantum:state:portfolio');
    expect(state).toEqual({ equity_usd: '100000', drawdown: '2.5', timestamp: expect.stringMatching(/^\d{10}$/) });
    expect(await redis.client.ttl('quantum:state:portfolio')).toBeGreaterThan(60);
  });

  it('takes no drawdown as none', async () => {
    await serve({}, { p28TestMode: true });
    await inject('equity_usd=1000');
    expect(await redis.client.hget('quantum:state:portfolio', 'drawdown')).toBe('0');
  });

  it.each([
    ['equity_usd=much', 'equity_usd: expected a finite number, got "much"'],
    ['drawdown=1', 'equity_usd: expected a finite number, got nothing'],
    ['equity_usd=1&drawdown=1e400', 'drawdown: expected a finite number, got "1e400"'],
  ])('refuses %s and writes nothing', async (query, message) => {
    await serve({}, { p28TestMode: true });
    expect(await inject(query)).toEqual({ code: 400, body: { error: 'bad_request', message } });
    expect(await redis.client.exists('quantum:state:portfolio')).toBe(0);
  });

  it('is 403 outside test mode and writes nothing', async () => {
    await serve();
    expect(await inject('equity_usd=1000')).toMatchObject({ code: 403, body: { error: 'forbidden' } });
    expect(await redis.client.exists('quantum:state:portfolio')).toBe(0);
  });
});
