import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AskAnswer } from '../../../schemas/api/permit.ts';
import { until } from '../../support/redis.ts';
import { ServedRig } from '../../support/served.ts';

const TREND = { strategy: 'trend', portfolio: undefined, token: 'token-of-trend' };
const OTHER = { strategy: 'other', portfolio: 'quantum', token: 'token-of-other' };
const ORDER = { symbol: 'BTCUSDT', side: 'BUY', qty: 1, price: 100, timeout_ms: 10_000 };
const CALM = { GOV_SYMBOL_COOLDOWN_SECONDS: '0', GOV_MAX_EXEC_PER_HOUR: '1000', GOV_MAX_EXEC_PER_5MIN: '1000' };
let rig: ServedRig;
let plans = 0;
let planId = '';

beforeAll(async () => {
  rig = await ServedRig.start(CALM, undefined, { traderTokens: [TREND, OTHER] });
  const timestamp = String(await rig.now());
  await rig.client.hset('quantum:state:portfolio', { equity_usd: '10000', positions_count: '0', timestamp });
});
beforeEach(async () => {
  plans += 1;
  planId = `p${plans}`;
  await rig.client.del('quantum:governor:reserved');
});
afterAll(() => rig.stop());

type Method = 'POST' | 'GET' | 'DELETE';

async function as({ token }: { token: string }, method: Method, path: string, payload?: object | string) {
  const headers = { authorization: `Bearer ${token}`, ...(typeof payload === 'string' && JSON_TYPE) };
  const response = await rig.app.inject({ method, url: `/v1${path}`, headers, ...(payload && { payload }) });
  return { code: response.statusCode, body: response.json(), headers: response.headers };
}

const JSON_TYPE = { 'content-type': 'application/json' };
const ask = (order: object = {}, who: { token: string } = TREND) =>
  as(who, 'POST', '/permits', { ...ORDER, plan_id: planId, ...order });
const reserved = () => rig.client.hkeys('quantum:governor:reserved');

describe('POST /v1/permits', () => {
  it('grants a permit that nobody else can take, and reserves its room', async () => {
    const { code, body } = await ask();
    expect([code, AskAnswer.parse(body)]).toEqual([200, body]);
    expect(body).toMatchObject({ plan_id: planId, granted: true, repeated: false });
    expect(body.permit).toMatchObject({ symbol: 'BTCUSDT', action: 'OPEN_LONG', computed_qty: 1, reduceOnly: false });
    expect(body.expires_at * 1000 - Date.now()).toBeLessThanOrEqual(60_000);
    expect(await rig.client.exists(`quantum:permit:${planId}`)).toBe(0);
    expect(await reserved()).toEqual([planId]);
  });

  it('makes a plan id, takes a size in dollars, and sells short', async () => {
    const { body } = await ask({
      plan_id: undefined,
      qty: undefined,
      price: undefined,
      notional_usd: 50,
      side: 'SELL',
    });
    expect(body).toMatchObject({ granted: true, permit: { action: 'OPEN_SHORT', computed_qty: null } });
    expect(body.permit.computed_notional).toBe(50);
    expect(await reserved()).toEqual([body.plan_id]);
  });

  it('refuses with every check, and says the largest size that passes, which then does', async () => {
    const { code, body } = await ask({ qty: 3 });
    expect([code, AskAnswer.parse(body)]).toEqual([200, body]);
    expect(body).toMatchObject({ granted: false, reason: 'notional_per_trade_exceeded', largest: { qty: 2 } });
    expect(body.words).toContain('$300');
    expect(body.checks.find(({ verdict }: { verdict: string }) => verdict === 'refuse')).toMatchObject({
      ...{ value: 300, limit: 200, headroom: -100 },
    });
    expect(await ask({ plan_id: `${planId}-b`, qty: body.largest.qty })).toMatchObject({ body: { granted: true } });
  });

  it('resizes where that is asked for, and says what was asked and given', async () => {
    const { code, body } = await ask({ qty: 3, resize: true, min_qty: 2 });
    expect([code, AskAnswer.parse(body)]).toEqual([200, body]);
    expect(body).toMatchObject({ granted: true, permit: { computed_qty: 2, asked_qty: 3, strategy: 'trend' } });
    const refused = await ask({ plan_id: `${planId}-b`, qty: 3, resize: true, min_qty: 2.1 });
    expect(refused.body).toMatchObject({ granted: false, reason: 'notional_per_trade_exceeded', largest: { qty: 2 } });
    expect(await ask({ plan_id: `${planId}-c`, min_qty: 1 })).toMatchObject({ code: 400 });
  });

  it('closes what is held, whatever the caps say, and says of a kill that nothing passes', async () => {
    await rig.position('ETHUSDT', 5, 1000);
    const close = { symbol: 'ETHUSDT', side: 'SELL', qty: 5, price: 1000, reduce_only: true };
    const { body } = await ask(close);
    expect(body).toMatchObject({ granted: true, permit: { action: 'CLOSE', reduceOnly: true, computed_qty: 5 } });
    await rig.client.set('quantum:kill', '1');
    const killed = await ask({ ...close, plan_id: `${planId}-b` });
    expect(killed.body).toMatchObject({ granted: false, reason: 'kill_switch_active', largest: null });
    await rig.client.del('quantum:kill');
    await rig.position('ETHUSDT', 0, 1000);
  });

  it('answers a repeat with the same permit, another order with 409, and a used permit with why', async () => {
    const first = await ask();
    expect((await ask()).body).toEqual({ ...first.body, repeated: true });
    expect(await ask({ qty: 2 })).toMatchObject({ code: 409, body: { error: 'conflict' } });
    expect(await ask({}, OTHER)).toMatchObject({ code: 409 });
    const told = { outcome: 'filled', qty: 1, price: 100.5 };
    const { code, body } = await as(TREND, 'POST', `/permits/${planId}/result`, told);
    expect([code, body]).toEqual([200, { plan_id: planId, executed: true, id: expect.stringMatching(/^\d+-\d+$/) }]);
    await until('the result', async () => (await ask()).body.reason === 'permit_used');
    expect(await as(TREND, 'DELETE', `/permits/${planId}`)).toMatchObject({ code: 409 });
  });

  it('gives a permit back at once, and its room with it', async () => {
    await ask();
    const { code, body } = await as(TREND, 'DELETE', `/permits/${planId}`);
    expect([code, body]).toMatchObject([200, { plan_id: planId, given_back: true }]);
    expect(await reserved()).toEqual([]);
    expect(await ask()).toMatchObject({ body: { granted: false, reason: 'permit_given_back' } });
  });

  it('frees the room of a rejected order', async () => {
    await ask();
    await as(TREND, 'POST', `/permits/${planId}/result`, { outcome: 'rejected', error: 'margin' });
    await until('the room to be free', async () => (await reserved()).length === 0);
    const [, fields] = (await rig.client.xrevrange('quantum:stream:apply.result', '+', '-', 'COUNT', 1))[0] ?? [];
    expect(fields).toEqual(expect.arrayContaining(['executed', 'false', 'outcome', 'rejected', 'error', 'margin']));
  });

  it('keeps the cap, whoever of fifty asks first', async () => {
    const asked = Array.from({ length: 50 }, (_, at) => ask({ plan_id: `${planId}-${at}`, qty: 2 }));
    const answers = await Promise.all(asked);
    expect(answers.filter(({ body }) => body.granted)).toHaveLength(10);
    expect(await reserved()).toHaveLength(10);
  });
});

describe('a token of a strategy', () => {
  it('asks for its own strategy and portfolio alone', async () => {
    expect(await ask({ strategy: 'trend' })).toMatchObject({ code: 200 });
    expect(await ask({ strategy: 'other' })).toMatchObject({ code: 403 });
    expect(await as(OTHER, 'POST', '/permits?portfolio=fund-b', ORDER)).toMatchObject({ code: 403 });
    expect(await as(OTHER, 'POST', '/permits?portfolio=quantum', ORDER)).toMatchObject({ code: 200 });
  });

  it('says nothing of the plans of others, and of none', async () => {
    await ask();
    for (const id of [planId, 'nope']) {
      expect(await as(OTHER, 'DELETE', `/permits/${id}`)).toMatchObject({ code: 404 });
      expect(await as(OTHER, 'POST', `/permits/${id}/result`, { outcome: 'filled' })).toMatchObject({ code: 404 });
    }
    expect(await reserved()).toEqual([planId]);
  });

  it.each([
    ['GET', '/status'],
    ['GET', '/overview'],
    ['GET', '/plans/p1'],
    ['POST', '/evaluate'],
    ['POST', '/kill'],
    ['POST', '/arm'],
    ['POST', '/mode'],
    ['POST', '/policies/governor'],
  ] as const)('may not %s %s', async (method, path) => {
    const { code, body } = await as(TREND, method, path, method === 'POST' ? { state: 'on', reason: 'x' } : undefined);
    expect([code, body.error]).toEqual([403, 'forbidden']);
    expect(body.message).not.toContain(TREND.token);
  });

  it('that is wrong is counted, and a viewer may not ask', async () => {
    expect(await as({ token: 'nope' }, 'POST', '/permits', ORDER)).toMatchObject({ code: 401 });
  });
});

describe('what cannot be asked', () => {
  it.each([
    ['both sizes', { notional_usd: 5 }, 'expected either qty or notional_usd, got both'],
    ['no size', { qty: undefined }, 'expected either qty or notional_usd, got neither'],
    ['a size below 0', { qty: -1 }, 'expected a quantity above 0'],
    ['a size of 0', { qty: 0 }, 'expected a quantity above 0'],
    ['a size that is text', { qty: '1' }, 'expected a quantity above 0'],
    ['a size too small to say', { qty: 1e-12 }, '10 digits'],
    ['a price of 0', { price: 0 }, 'expected a price above 0'],
    ['a price below 0', { price: -5 }, 'expected a price above 0'],
    ['another field', { leverage: 5 }, 'leverage'],
    ['no side', { side: undefined }, 'side'],
    ['a side there is not', { side: 'LONG' }, 'side'],
    ['no symbol', { symbol: undefined }, 'symbol'],
    ['a symbol with a colon', { symbol: 'BTC:USDT' }, 'symbol'],
    ['a plan id with a blank', { plan_id: 'a b' }, 'plan_id'],
    ['a deadline in the past', { timeout_ms: -1 }, 'timeout_ms'],
    ['a deadline of now', { timeout_ms: 0 }, 'timeout_ms'],
    ['a deadline too far', { timeout_ms: 10_001 }, 'timeout_ms'],
    ['a close of dollars', { qty: undefined, notional_usd: 5, reduce_only: true }, 'expected the quantity to close'],
  ])('%s', async (_what, order, said) => {
    const before = await rig.client.xlen('quantum:stream:apply.plan');
    const { code, body } = await ask(order);
    expect([code, body.error]).toEqual([400, 'bad_request']);
    expect(body.message).toContain(said);
    expect(await rig.client.xlen('quantum:stream:apply.plan')).toBe(before);
  });

  it.each([
    ['text', '"hello"', 400],
    ['nothing that is JSON', '{', 400],
    ['a megabyte', `{"symbol":"${'x'.repeat(1_000_000)}"}`, 413],
  ])('%s', async (_what, payload, code) => {
    expect(await as(TREND, 'POST', '/permits', payload)).toMatchObject({ code });
  });
});
