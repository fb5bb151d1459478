import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { operatingRoutes } from '../../../runtime/doors/http/routes.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { until } from '../../support/redis.ts';
import { ServedRig } from '../../support/served.ts';

const SCOUT = { strategy: 'scout', portfolio: 'quantum', token: 'token-of-scout', agent: true } as const;
const TREND = { strategy: 'trend', portfolio: 'quantum', token: 'token-of-trend' };
/** What an agent's token reaches, and nothing else. */
const REACHED = [
  'GET /overview',
  'GET /decisions',
  'GET /plans/:id',
  'POST /evaluate',
  'POST /permits',
  'POST /permits/:id/result',
  'DELETE /permits/:id',
  'POST /proposals',
  'POST /tighten',
];
const STATE = 'quantum:governor:state';
let rig: ServedRig;

beforeAll(async () => {
  rig = await ServedRig.start({}, [portfolioOf('quantum'), portfolioOf('fund-b')], { traderTokens: [SCOUT, TREND] });
});
beforeEach(async () => {
  await rig.client.del(STATE, 'quantum:kill', 'quantum:stream:ops.ledger');
});
afterAll(() => rig.stop());

async function as({ token }: { token: string }, method: string, path: string, payload?: object) {
  const headers = { authorization: `Bearer ${token}` };
  const made = { method: method as 'POST', url: `/v1${path}`, headers, ...(payload && { payload }) };
  const response = await rig.app.inject(made);
  return { code: response.statusCode, body: response.json() };
}

const tighten = (to: string, more: object = {}) => as(SCOUT, 'POST', '/tighten', { to, reason: 'a doubt', ...more });
/** Without what the governor notices of the deletions between tests. */
const ledger = async () => {
  const told = (await rig.ledger()).filter(({ fields }) => fields.actor !== 'unknown');
  return told.map(({ fields }) => `${fields.action} ${fields.actor} ${fields.after}`);
};

describe('a token of an agent', () => {
  it('reaches the routes it is meant for, and is refused on every other one', async () => {
    const reached: string[] = [];
    for (const { method, url } of operatingRoutes) {
      const path = url.replaceAll(/:\w+/g, 'x');
      const { code } = await as(SCOUT, method, path, method === 'POST' ? {} : undefined);
      if (code !== 403) reached.push(`${method} ${url}`);
    }
    expect(reached.toSorted()).toEqual(REACHED.toSorted());
  });

  it('means its own portfolio, whatever is asked', async () => {
    expect(await as(SCOUT, 'GET', '/overview')).toMatchObject({ code: 200, body: { portfolio: 'quantum' } });
    for (const path of ['/overview', '/decisions', '/plans/p1']) {
      const { code, body } = await as(SCOUT, 'GET', `${path}?portfolio=fund-b`);
      expect([code, body.message]).toEqual([403, expect.stringContaining('expected quantum')]);
      expect((await as(SCOUT, 'GET', `${path}?portfolio=quantum&portfolio=fund-b`)).code).toBe(403);
    }
    expect((await as(SCOUT, 'POST', '/tighten?portfolio=fund-b', { to: 'reduce_only', reason: 'x' })).code).toBe(403);
    expect(await rig.client.exists('fund-b:governor:state')).toBe(0);
  });

  it('means more than that of a bot, which neither looks nor tightens', async () => {
    for (const [method, path] of [...REACHED.slice(0, 4), ...REACHED.slice(7)].map((one) => one.split(' '))) {
      const { code } = await as(TREND, method ?? '', path ?? '', method === 'POST' ? {} : undefined);
      expect([path, code]).toEqual([path, 403]);
    }
  });
});

describe('POST /v1/tighten', () => {
  it('lets only what closes pass, under the name of the agent, once', async () => {
    expect(await tighten('reduce_only')).toMatchObject({ code: 200, body: { before: 'ACTIVE', after: 'REDUCING' } });
    expect(await tighten('reduce_only')).toMatchObject({ code: 200, body: { before: 'REDUCING', after: 'REDUCING' } });
    expect(await rig.client.hget(STATE, 'trading_state')).toBe('REDUCING');
    expect(await ledger()).toEqual(['trading_state agent scout REDUCING']);
  });

  it.each(['HALTED', 'REDUCING', 'something else'])('leaves %s as it is', async (state) => {
    await rig.client.hset(STATE, { rev: '7', trading_state: state, armed: '0' });
    const before = await rig.client.hgetall(STATE);
    expect(await tighten('reduce_only')).toMatchObject({ code: 200, body: { before: state, after: state } });
    expect(await rig.client.hgetall(STATE)).toEqual(before);
    expect(await ledger()).toEqual([]);
  });

  it('keeps a governor disarmed that was', async () => {
    await rig.client.hset(STATE, { rev: '7', trading_state: 'ACTIVE', armed: '0' });
    expect((await tighten('reduce_only')).code).toBe(200);
    expect(await rig.client.hmget(STATE, 'trading_state', 'armed')).toEqual(['REDUCING', '0']);
  });

  it('pauses the strategy of the token, once, and no other', async () => {
    const { code, body } = await tighten('pause');
    expect([code, body]).toEqual([200, { to: 'pause', before: 'active', after: 'paused' }]);
    expect(await tighten('pause')).toMatchObject({ code: 200, body: { before: 'paused', after: 'paused' } });
    expect((await tighten('pause', { strategy: 'trend' })).code).toBe(403);
    const { strategies } = (await rig.get('/strategies?portfolio=quantum')).body;
    expect(strategies).toMatchObject([{ strategy: 'scout', state: 'paused' }]);
    expect((await ledger()).filter((line) => line.includes('agent scout'))).toHaveLength(1);
    expect((await rig.post('/tighten?portfolio=quantum', { to: 'pause', reason: 'x' })).code).toBe(400);
  });

  it('kills for an operator, and for an agent only where the running system allows it', async () => {
    const refused = await tighten('kill');
    expect([refused.code, refused.body.message]).toEqual([403, expect.stringContaining('MCP_ALLOW_KILL=1')]);
    expect(await rig.client.exists('quantum:kill')).toBe(0);
    expect(await rig.post('/tighten?portfolio=quantum', { to: 'kill', reason: 'drill' })).toMatchObject({ code: 200 });
    expect(await rig.client.get('quantum:kill')).toBe('1');
  });

  it.each([
    ['another name in the ledger', { actor: 'ann' }, 200],
    ['another strategy', { strategy: 'trend' }, 403],
    ['what there is not', { to: 'active' }, 400],
    ['no reason', { reason: ' ' }, 400],
    ['another field', { state: 'off' }, 400],
  ])('%s', async (_what, more, code) => {
    expect((await tighten('reduce_only', more)).code).toBe(code);
    expect(await ledger()).toEqual(code === 200 ? ['trading_state agent scout REDUCING'] : []);
  });
});

describe('POST /v1/proposals', () => {
  const propose = (more: object = {}) =>
    as(SCOUT, 'POST', '/proposals', { symbol: 'BTCUSDT', action: 'FULL_CLOSE', reason: 'take_profit', ...more });

  it('is judged by the heat gate like any other, under an id of its own', async () => {
    const { code, body } = await propose();
    expect([code, body.plan_id]).toEqual([200, expect.stringMatching(/^exit-[0-9a-f-]{36}$/)]);
    await until('the heat gate to judge it', async () => {
      const { steps } = (await as(SCOUT, 'GET', `/plans/${body.plan_id}`)).body;
      return steps.some(({ step }: { step: string }) => step === 'heat');
    });
    const [, fields] = (await rig.client.xrevrange('quantum:stream:harvest.proposal', '+', '-', 'COUNT', 1))[0] ?? [];
    expect(fields).toEqual(expect.arrayContaining(['strategy', 'scout', 'reason', 'take_profit']));
  });

  it.each([
    ['an id of its choice', { plan_id: 'p1' }],
    ['what opens', { action: 'OPEN_LONG' }],
    ['what moves a stop', { action: 'UPDATE_SL' }],
    ['no reason', { reason: undefined }],
    ['a symbol with a colon', { symbol: 'BTC:USDT' }],
  ])('refuses %s', async (_what, more) => {
    const before = await rig.client.xlen('quantum:stream:harvest.proposal');
    expect((await propose(more)).code).toBe(400);
    expect(await rig.client.xlen('quantum:stream:harvest.proposal')).toBe(before);
  });
});
