import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildApp } from '../../../runtime/doors/http/app.ts';
import { MOST_ASKS } from '../../../runtime/doors/http/open-asks.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { GovernorRig } from '../../support/governor-rig.ts';
import { fakeRuntime, httpContext } from '../../support/http.ts';
import { until } from '../../support/redis.ts';

const PLANS = 'quantum:stream:apply.plan';
const CALM = { GOV_SYMBOL_COOLDOWN_SECONDS: '0', GOV_MAX_EXEC_PER_HOUR: '5000', GOV_MAX_EXEC_PER_5MIN: '5000' };
const TRADER = { strategy: 'trend', portfolio: undefined, token: 'token-of-trend' };
const HEADERS = { authorization: `Bearer ${TRADER.token}`, 'content-type': 'application/json' };
let rig: GovernorRig;
let app: FastifyInstance;

/** The HTTP of a process in which no gate runs: a governor is elsewhere, or nowhere. */
async function door(portfolio = portfolioOf('quantum')): Promise<FastifyInstance> {
  const runtime = {
    ...fakeRuntime({ redis: rig.client, portfolios: [portfolio], handlers: await loadHandlers() }),
    look: async () => {
      throw new Error('expected nobody to ask for the largest size here');
    },
  };
  return await buildApp(await httpContext(runtime, { traderTokens: [TRADER] }));
}

beforeEach(async () => {
  rig = await GovernorRig.start();
  app = await door();
});
afterEach(async () => {
  await app.close();
  await rig.stop();
});

async function ask(planId: string, order: object = {}) {
  const payload = {
    symbol: 'BTCUSDT',
    side: 'BUY',
    qty: 0.1,
    price: 100,
    timeout_ms: 10_000,
    plan_id: planId,
    ...order,
  };
  const response = await app.inject({ method: 'POST', url: '/v1/permits', headers: HEADERS, payload });
  return { code: response.statusCode, body: response.json(), headers: response.headers };
}

/** What asks were answered so far, without what none was. */
async function outcomes(): Promise<Record<string, number>> {
  const { body } = await app.inject({ url: '/metrics' });
  const counts = [...body.matchAll(/^portcullis_asks_total\{outcome="(\w+)"\} (\d+)$/gm)];
  return Object.fromEntries(counts.map(([, name, count]) => [name, Number(count)]).filter(([, count]) => count !== 0));
}

async function plans(count: number): Promise<void> {
  await until(`${count} plans`, async () => (await rig.client.xlen(PLANS)) === count);
}

it('says that there can be no permit any more where no governor answers, and none is given later', async () => {
  const { code, body } = await ask('p1', { timeout_ms: 50 });
  expect([code, body.error]).toEqual([504, 'no_verdict']);
  expect(body.message).toContain('can no longer get a permit');
  expect(await outcomes()).toEqual({ timed_out: 1 });
  await rig.worker({ env: CALM });
  expect(await rig.verdict('p1')).toBe('deadline_passed');
  expect(await rig.reserved()).toEqual([]);
});

it('answers with what was committed where the reply was lost, and not with a block of an earlier try', async () => {
  const asked = [ask('p1', { timeout_ms: 300 }), ask('p2', { timeout_ms: 300 }), ask('p3', { timeout_ms: 300 })];
  await plans(3);
  const kept = `{"expires_at":${2e9},"permit":${permitText()}}`;
  const block = { reason: 'disarmed', timestamp: Math.floor(Date.now() / 1000), symbol: 'BTCUSDT', checks: [] };
  await rig.client.set('quantum:governor:asked:p1', kept);
  await rig.client.set('quantum:governor:block:p2', JSON.stringify(block));
  await rig.client.set('quantum:governor:block:p3', JSON.stringify({ ...block, timestamp: block.timestamp - 60 }));
  const answers = await Promise.all(asked);
  expect(answers[0]).toMatchObject({ code: 200, body: { granted: true, repeated: false, expires_at: 2e9 } });
  expect(answers[1]).toMatchObject({ code: 200, body: { granted: false, reason: 'disarmed' } });
  expect(answers[2]).toMatchObject({ code: 504 });
  expect(await outcomes()).toEqual({ granted: 1, refused: 1, timed_out: 1 });
});

function permitText(): string {
  const checks: never[] = [];
  const figures = {
    computed_qty: 1,
    computed_notional: 100,
    reduceOnly: false,
    created_at: 1,
    mode: 'testnet',
    checks,
  };
  return JSON.stringify({ granted: true, symbol: 'BTCUSDT', action: 'OPEN_LONG', decision: 'EXECUTE', ...figures });
}

it('gives the permit back of whoever hung up', async () => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const leaving = new AbortController();
  const order = { symbol: 'BTCUSDT', side: 'BUY', qty: 1, price: 100, plan_id: 'p1', timeout_ms: 10_000 };
  const request = { method: 'POST', headers: HEADERS, body: JSON.stringify(order), signal: leaving.signal };
  const asked = fetch(`http://127.0.0.1:${port}/v1/permits`, request).catch((error: Error) => error.name);
  await plans(1);
  leaving.abort();
  expect(await asked).toBe('AbortError');
  await until('the connection to be gone', async () => {
    return await new Promise<boolean>((done) => app.server.getConnections((_error, count) => done(count === 0)));
  });
  await rig.worker({ env: CALM });
  await until(
    'it to be given back',
    async () => (await rig.client.get('quantum:governor:asked:p1')) === 'permit_given_back',
  );
  expect(await rig.reserved()).toEqual([]);
});

it('takes a thousand asks at once, refuses one more without asking it, and answers all of them', async () => {
  const asked = Array.from({ length: MOST_ASKS }, (_, at) => ask(`p${at}`, { qty: 1, reduce_only: true }));
  await plans(MOST_ASKS);
  const more = await ask('more');
  expect([more.code, more.headers['retry-after']]).toEqual([503, '1']);
  expect(more.body.message).toContain('nothing was asked');
  expect(await rig.client.xlen(PLANS)).toBe(MOST_ASKS);
  await rig.worker({ env: CALM });
  const answers = await Promise.all(asked);
  expect(new Set(answers.map(({ code, body }) => `${code} ${body.granted}`))).toEqual(new Set(['200 true']));
  expect((await ask('after')).code).toBe(200);
  expect((await ask('bad', { qty: -1 })).code).toBe(400);
  expect(await outcomes()).toEqual({ granted: MOST_ASKS + 1, overloaded: 1 });
});

it('a second ask for the same plan, while the first waits, is to be made again', async () => {
  const first = ask('p1');
  await plans(1);
  expect(await ask('p1')).toMatchObject({ code: 503, body: { error: 'unavailable' }, headers: { 'retry-after': '1' } });
  await rig.worker({ env: CALM });
  expect(await first).toMatchObject({ code: 200, body: { granted: true } });
});

it('says that it is not known where Redis goes away, before the plan and after it', async () => {
  const asked = ask('p1');
  await plans(1);
  rig.redis.process.kill('SIGKILL');
  const { code, body } = await asked;
  expect([code, body.error]).toEqual([503, 'unavailable']);
  expect(body.message).toMatch(/p1.*unknown.*Ask again/);
  expect((await ask('p2', { timeout_ms: 50 })).code).toBe(503);
  expect(await outcomes()).toEqual({ unknown: 2 });
});

it('says of a result and of giving back that Redis is away, and the permit stands as it was', async () => {
  await rig.worker({ env: CALM });
  expect((await ask('p1')).body).toMatchObject({ granted: true });
  rig.redis.process.kill('SIGKILL');
  await until('the connection to be gone', () => rig.client.status !== 'ready');
  const told = {
    method: 'POST',
    url: '/v1/permits/p1/result',
    payload: { outcome: 'filled' },
    headers: HEADERS,
  } as const;
  const back = { method: 'DELETE', url: '/v1/permits/p1', headers: { authorization: HEADERS.authorization } } as const;
  for (const request of [told, back]) {
    const response = await app.inject(request);
    expect([response.statusCode, response.json().error]).toEqual([503, 'unavailable']);
  }
  const { code, body } = await ask('p1', { timeout_ms: 50 });
  expect([code, body.error]).toEqual([503, 'unavailable']);
});

it('asks nothing of a system that runs beside another, whose plans these would be', async () => {
  await app.close();
  app = await door(portfolioOf('quantum', { outputPrefix: 'shadow' }));
  expect(await ask('p1')).toMatchObject({ code: 409, body: { error: 'conflict' } });
  expect(await rig.client.exists(PLANS)).toBe(0);
});
