import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { buildApp } from '../../../../runtime/doors/http/app.ts';
import type { HttpOptions } from '../../../../runtime/doors/http/context.ts';
import { type FakeRuntime, fakeRuntime, httpContext, WITH_TOKEN } from '../../../support/http.ts';
import { until } from '../../../support/redis.ts';

const DOWN: FakeRuntime = { redisUp: () => false };
let app: FastifyInstance | undefined;

async function appOver(fake: FakeRuntime, options: Partial<HttpOptions> = {}): Promise<FastifyInstance> {
  app = await buildApp(await httpContext(fakeRuntime(fake), options));
  return app;
}

afterEach(async () => {
  await app?.close();
  app = undefined;
});

describe('errors', () => {
  it('a path that is not served is a 404 that says so', async () => {
    const response = await (await appOver(DOWN)).inject('/nothing?x=1');
    expect(response.statusCode).toBe(404);
    expect(response.json()).toEqual({
      error: 'not_found',
      message: 'expected a path that is served here, got GET /nothing',
    });
  });

  it.each([
    ['a path that does not decode', { url: '/budget/%zz' }, 400, 'bad_request'],
    ['a symbol with a colon', { url: '/budget/a:b' }, 400, 'bad_request'],
    ['a symbol of 129 bytes', { url: `/budget/${'x'.repeat(129)}` }, 400, 'bad_request'],
    [
      'a check without a symbol',
      { method: 'POST' as const, url: '/budget/check?position_notional=1' },
      400,
      'bad_request',
    ],
    [
      'a body that is not JSON',
      {
        method: 'POST' as const,
        url: '/v1/arm',
        payload: '{',
        headers: { ...WITH_TOKEN, 'content-type': 'application/json' },
      },
      400,
      'bad_request',
    ],
    [
      'a body that is a form',
      {
        method: 'POST' as const,
        url: '/v1/arm',
        payload: 'a=b',
        headers: { ...WITH_TOKEN, 'content-type': 'application/x-www-form-urlencoded' },
      },
      415,
      'unsupported_media_type',
    ],
    [
      'a body over 64 KiB',
      { method: 'POST' as const, url: '/v1/arm', payload: { reason: 'x'.repeat(70_000) }, headers: WITH_TOKEN },
      413,
      'payload_too_large',
    ],
    ['a budget while Redis is down', { url: '/budget/BTCUSDT' }, 503, 'unavailable'],
    [
      'a change while Redis is down',
      { method: 'POST' as const, url: '/v1/arm', payload: { reason: 'r' }, headers: WITH_TOKEN },
      503,
      'unavailable',
    ],
    ['the data of the dashboard while Redis is down', { url: '/queues/api/queues' }, 503, 'unavailable'],
  ])('%s', async (_sentence, request, code, error) => {
    const response = await (await appOver(DOWN)).inject(request);
    expect(response.statusCode).toBe(code);
    expect(response.json()).toEqual({ error, message: expect.stringMatching(/./) });
  });

  it('a defect is logged and not shown', async () => {
    const metrics = fakeRuntime().metrics;
    metrics.exposition = () => Promise.reject(new Error('secret inside'));
    const runtime = { ...fakeRuntime(DOWN), metrics };
    app = await buildApp(await httpContext(runtime));
    const response = await app.inject('/metrics');
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({ error: 'internal_error', message: 'the request failed; the log says why' });
  });
});

describe('the bearer token', () => {
  it.each([
    ['POST', '/v1/kill'],
    ['POST', '/v1/arm'],
    ['POST', '/v1/disarm'],
    ['POST', '/v1/state'],
    ['POST', '/v1/mode'],
    ['POST', '/v1/positions/clear'],
    ['GET', '/v1/status'],
    ['PUT', '/queues/api/queues/pause'],
    ['PUT', '/queues/api/queues/budgets/pause'],
  ] as const)('%s %s is refused without it, and with another', async (method, url) => {
    const served = await appOver({ redisUp: () => true });
    for (const headers of [{}, { authorization: 'Bearer another' }]) {
      const response = await served.inject({ method, url, headers });
      expect(response.statusCode).toBe(401);
      expect(response.headers['www-authenticate']).toBe('Bearer');
      expect(response.json()).toMatchObject({ error: 'unauthorized' });
    }
  });
});

describe('the bodies of the operator’s routes', () => {
  it.each([
    ['/v1/kill', {}],
    ['/v1/kill', { state: 'maybe', reason: 'r' }],
    ['/v1/kill', { state: 'off' }],
    ['/v1/arm', {}],
    ['/v1/arm', { reason: ' ' }],
    ['/v1/arm', { reason: 'r', surprise: 1 }],
    ['/v1/state', { trading_state: 'PAUSED', reason: 'r' }],
    ['/v1/mode', { gate: 'heat-gate', reason: 'r' }],
    ['/v1/positions/clear', { symbol: 'BTC USDT', reason: 'r' }],
  ])('%s refuses %j', async (url, payload) => {
    const response = await (await appOver({ redisUp: () => true })).inject({
      method: 'POST',
      url,
      payload,
      headers: WITH_TOKEN,
    });
    expect(response.statusCode).toBe(400);
    expect(response.json().error).toBe('bad_request');
  });
});

describe('the risk governor’s routes', () => {
  it('a check allows while Redis is down, and says why', async () => {
    const response = await (await appOver(DOWN)).inject({
      method: 'POST',
      url: '/budget/check?symbol=BTCUSDT&position_notional=1e9',
    });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({
      violation: false,
      budget_usd: null,
      over_budget: 0,
      mode: 'shadow',
      enforce: false,
      reason: 'no_budget_data_fail_open',
    });
  });

  it('are not there where the gate does not run', async () => {
    const served = await appOver(DOWN, { gates: ['heat-gate'] });
    expect((await served.inject('/budget/BTCUSDT')).statusCode).toBe(404);
  });

  const INJECT = { method: 'POST' as const, url: '/test/inject_portfolio_state?equity_usd=1000' };

  it('an injection outside test mode is 403, with the token too', async () => {
    const served = await appOver(DOWN);
    expect((await served.inject(INJECT)).statusCode).toBe(403);
    expect((await served.inject({ ...INJECT, headers: WITH_TOKEN })).statusCode).toBe(403);
  });

  it.each([
    ['from loopback without a token passes', '127.0.0.1', {}, 503],
    ['from elsewhere without a token is refused', '192.168.1.5', {}, 401],
    ['from elsewhere with the token passes', '192.168.1.5', WITH_TOKEN, 503],
    ['through a proxy on this machine is refused', '127.0.0.1', { 'x-forwarded-for': '203.0.113.9' }, 401],
  ])('an injection in test mode %s', async (_sentence, remoteAddress, headers, code) => {
    const served = await appOver(DOWN, { p28TestMode: true });
    expect((await served.inject({ ...INJECT, remoteAddress, headers })).statusCode).toBe(code);
  });
});

describe('what a browser is told', () => {
  it('nothing is loaded from elsewhere', async () => {
    const { headers } = await (await appOver(DOWN)).inject('/queues');
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).not.toContain('http');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });
});

describe('under pressure', () => {
  it('requests get 503 with Retry-After; health, metrics, the kill switch, sign-in and the live stream still answer', async () => {
    const served = await appOver({ redisUp: () => true }, { maxEventLoopDelayMs: 5 });
    const refused = await until('a request refused under pressure', async () => {
      blockFor(60);
      const response = await served.inject('/v1/status');
      return response.statusCode === 503 ? response : undefined;
    });
    expect(refused.headers['retry-after']).toBe('5');
    expect(refused.json()).toMatchObject({ error: 'unavailable' });
    const open = ['/healthz', '/readyz', '/health', '/metrics'].map(
      async (url) => (await served.inject(url)).statusCode,
    );
    expect(await Promise.all(open)).toEqual([200, 200, 200, 200]);
    expect((await served.inject({ method: 'POST', url: '/v1/kill' })).statusCode).toBe(401);
    expect((await served.inject('/console/session')).statusCode).toBe(401);
    expect((await served.inject('/v1/events')).statusCode).toBe(401);
  });
});

function blockFor(ms: number): void {
  const until = Date.now() + ms;
  while (Date.now() < until);
}
