import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { may2021Candles } from '../../../../runtime/market/local-exchange/candles.ts';
import { type ManualClock, manualClock } from '../../../../runtime/market/local-exchange/clock.ts';
import type { LocalExchange } from '../../../../runtime/market/local-exchange/index.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import {
  askPublic,
  askSigned,
  bodyOf,
  type RawRequest,
  startTestExchange,
  TEST_KEY,
} from '../../../support/exchange.ts';

const FIRST = Date.UTC(2021, 4, 1);
const NOW = FIRST + 100 * HOUR_MS;

let clock: ManualClock;
let exchange: LocalExchange;

beforeAll(async () => {
  clock = manualClock(NOW);
  exchange = await startTestExchange({ clock, candles: may2021Candles({ firstOpenMs: FIRST }) });
});
afterAll(() => exchange.stop());

const signed = (path: string, request: RawRequest = {}) => askSigned(exchange, path, { timestamp: NOW, ...request });
const order = (parameters: Readonly<Record<string, string | number>>) =>
  signed('/fapi/v1/order', {
    method: 'POST',
    parameters: { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: '0.1', ...parameters },
  });

describe('the market', () => {
  it('tells the time and its symbols', async () => {
    expect(bodyOf(await askPublic(exchange, '/fapi/v1/time'))).toEqual({ serverTime: NOW });
    const info = bodyOf(await askPublic(exchange, '/fapi/v1/exchangeInfo'));
    expect(info.symbols).toHaveLength(12);
    expect(info.symbols[4]).toMatchObject({ symbol: 'BTCUSDT', status: 'TRADING', baseAsset: 'BTC' });
    expect(info.rateLimits[0]).toMatchObject({ rateLimitType: 'REQUEST_WEIGHT', limit: 2400 });
  });

  it('pays no funding, and says so of every eight hours', async () => {
    const asked = async (query: string) =>
      bodyOf(await askPublic(exchange, `/fapi/v1/fundingRate?symbol=ETHUSDT${query}`)) as unknown as readonly {
        readonly fundingTime: number;
        readonly markPrice: string;
      }[];
    const all = await asked('');
    expect(all.map(({ fundingTime }) => (fundingTime - FIRST) / HOUR_MS)).toEqual(
      Array.from({ length: 13 }, (_, at) => at * 8),
    );
    expect(all[12]).toEqual({
      symbol: 'ETHUSDT',
      fundingTime: FIRST + 96 * HOUR_MS,
      fundingRate: '0.00000000',
      markPrice: all[12]?.markPrice,
    });
    const candle = bodyOf(
      await askPublic(exchange, `/fapi/v1/klines?symbol=ETHUSDT&interval=1h&startTime=${FIRST + 96 * HOUR_MS}&limit=1`),
    ) as unknown as readonly (readonly string[])[];
    expect(Number(all[12]?.markPrice)).toBeCloseTo(Number(candle[0]?.[1]), 6);
    expect(await asked(`&startTime=${FIRST + 8 * HOUR_MS + 1}&limit=2`)).toEqual(all.slice(2, 4));
    expect(await asked('&limit=2')).toEqual(all.slice(-2));
    expect(await asked(`&startTime=${FIRST + 96 * HOUR_MS + 1}`)).toEqual([]);
  });

  it('marks one symbol or all of them', async () => {
    const one = bodyOf(await askPublic(exchange, '/fapi/v1/premiumIndex?symbol=BTCUSDT'));
    expect(one).toMatchObject({ symbol: 'BTCUSDT', time: NOW });
    const all = bodyOf(await askPublic(exchange, '/fapi/v1/premiumIndex'));
    expect(all.find((mark: { symbol: string }) => mark.symbol === 'BTCUSDT')).toEqual(one);
    const [[, , , , close]] = bodyOf(
      await askPublic(exchange, `/fapi/v1/klines?symbol=BTCUSDT&interval=1h&endTime=${NOW - HOUR_MS}&limit=1`),
    );
    expect(Number(one.markPrice)).toBe(Number(close));
  });

  it.each([
    ['the newest, the open one included', '', 500, 0, 100],
    ['as many as asked for', '&limit=3', 3, 98, 100],
    ['from a time on', `&startTime=${FIRST + 10 * HOUR_MS}&limit=2`, 2, 10, 11],
    ['up to a time', `&endTime=${FIRST + 10 * HOUR_MS}&limit=2`, 2, 9, 10],
    ['between two times', `&startTime=${FIRST + HOUR_MS - 1}&endTime=${FIRST + 3 * HOUR_MS}`, 500, 1, 3],
  ])('answers candles: %s', async (_what, more, most, first, last) => {
    const rows: number[][] = bodyOf(await askPublic(exchange, `/fapi/v1/klines?symbol=BTCUSDT&interval=1h${more}`));
    expect(rows.length).toBeLessThanOrEqual(most);
    expect(rows.map(([openMs = 0]) => (openMs - FIRST) / HOUR_MS)).toEqual(
      Array.from({ length: last - first + 1 }, (_, at) => first + at),
    );
    expect(rows[0]).toHaveLength(12);
  });
});

describe('refusals', () => {
  it.each([
    ['an unknown symbol', '/fapi/v1/premiumIndex?symbol=XUSDT', 400, -1121],
    ['candles of no symbol', '/fapi/v1/klines?interval=1h', 400, -1102],
    ['an unknown interval', '/fapi/v1/klines?symbol=BTCUSDT&interval=7m', 400, -1120],
    ['an interval shorter than a bar', '/fapi/v1/klines?symbol=BTCUSDT&interval=1m', 400, -1120],
    ['too many candles', '/fapi/v1/klines?symbol=BTCUSDT&interval=1h&limit=1501', 400, -1130],
    ['no key', '/fapi/v3/account', 401, -2014],
  ])('%s', async (_what, path, status, code) => {
    const answer = await askPublic(exchange, path);
    expect([answer.status, bodyOf(answer).code]).toEqual([status, code]);
  });

  it('words a wrong key as the exchange does', async () => {
    const answer = await signed('/fapi/v2/account', { apiKey: 'another' });
    expect(answer.status).toBe(401);
    expect(bodyOf(answer)).toEqual({
      code: -2015,
      msg: 'Invalid API-key, IP, or permissions for action, request ip: 127.0.0.1',
    });
  });

  it('a wrong secret and an old time', async () => {
    expect(bodyOf(await signed('/fapi/v2/account', { apiSecret: 'another' })).code).toBe(-1022);
    expect(bodyOf(await signed('/fapi/v2/account', { timestamp: NOW - 5_001 }))).toEqual({
      code: -1021,
      msg: 'Timestamp for this request is outside of the recvWindow.',
    });
  });

  it.each([
    ['of an unknown symbol', { symbol: 'XUSDT' }, -1121],
    ['without a quantity', { quantity: '' }, -1102],
    ['of nothing', { quantity: 0 }, -4003],
    ['of too much', { quantity: 1_000_001 }, -4005],
    ['in too small a step', { quantity: '0.0001' }, -1111],
    ['of an unknown side', { side: 'HOLD' }, -1117],
    ['of a type that is not simulated', { type: 'LIMIT' }, -1116],
    ['under five dollars', { symbol: 'DOGEUSDT', quantity: 1 }, -4164],
    ['that only reduces, without a position', { reduceOnly: 'true' }, -2022],
    ['of a hedge side in one-way mode', { positionSide: 'LONG' }, -4061],
    ['beyond the margin', { quantity: 100 }, -2019],
  ])('an order %s', async (_what, parameters, code) => {
    expect(bodyOf(await order(parameters)).code).toBe(code);
  });
});

describe('an order', () => {
  it('fills at the mark, shows in the account, and closes again', async () => {
    const { markPrice } = bodyOf(await askPublic(exchange, '/fapi/v1/premiumIndex?symbol=ETHUSDT'));
    const bought = bodyOf(
      await order({ symbol: 'ETHUSDT', quantity: 2, newOrderRespType: 'RESULT', newClientOrderId: 'e1' }),
    );
    expect(bought).toMatchObject({ status: 'FILLED', executedQty: '2', clientOrderId: 'e1' });
    expect(Number(bought.avgPrice)).toBe(Number(markPrice));
    const risk = bodyOf(await signed('/fapi/v3/positionRisk', { parameters: { symbol: 'ETHUSDT' } }));
    expect(risk).toMatchObject([{ symbol: 'ETHUSDT', positionAmt: '2', positionSide: 'BOTH', markPrice }]);
    expect(risk[0]).not.toHaveProperty('leverage');
    const account = bodyOf(await signed('/fapi/v3/account'));
    expect(account.totalMarginBalance).toBe('100000.00000000');
    expect(account.positions).toMatchObject([{ symbol: 'ETHUSDT', positionAmt: '2' }]);
    const closed = bodyOf(
      await order({ symbol: 'ETHUSDT', side: 'SELL', quantity: 5, reduceOnly: 'true', newOrderRespType: 'RESULT' }),
    );
    expect(closed).toMatchObject({ status: 'EXPIRED', executedQty: '2', origQty: '5' });
  });

  it('is only taken when its end was not asked for, and is found by its id', async () => {
    const taken = bodyOf(await order({ symbol: 'ETHUSDT', quantity: 1, newClientOrderId: 'e2' }));
    expect(taken).toMatchObject({ status: 'NEW', executedQty: '0.000' });
    const found = bodyOf(
      await signed('/fapi/v1/order', { parameters: { symbol: 'ETHUSDT', origClientOrderId: 'e2' } }),
    );
    expect(found).toMatchObject({ status: 'FILLED', executedQty: '1', orderId: taken.orderId });
    await order({ symbol: 'ETHUSDT', side: 'SELL', quantity: 1, reduceOnly: 'true' });
  });

  it('is filled once under one client order id', async () => {
    const first = await order({ symbol: 'ETHUSDT', quantity: 1, newClientOrderId: 'once' });
    const again = await order({ symbol: 'ETHUSDT', quantity: 1, newClientOrderId: 'once' });
    expect([first.status, bodyOf(again).code]).toEqual([200, -4116]);
    await order({ symbol: 'ETHUSDT', side: 'SELL', quantity: 1, reduceOnly: 'true' });
  });

  it('may be sent in the body', async () => {
    const parameters = { symbol: 'ETHUSDT', side: 'BUY', type: 'MARKET', quantity: '1', newOrderRespType: 'RESULT' };
    const answer = await signed('/fapi/v1/order', { method: 'POST', parameters, inBody: true });
    expect(bodyOf(answer)).toMatchObject({ status: 'FILLED' });
    await order({ symbol: 'ETHUSDT', side: 'SELL', quantity: 1, reduceOnly: 'true' });
  });
});

describe('a quantity', () => {
  it.each(['0.001', '0.3', '82451.877', '95217.083', '999999.999'])('of %s is in whole steps', async (quantity) => {
    const answer = bodyOf(await order({ quantity, reduceOnly: 'true' }));
    expect(answer.code).toBe(-2022);
  });

  it.each(['0.0011', '82451.8771', '1e-4'])('of %s is not', async (quantity) => {
    expect(bodyOf(await order({ quantity, reduceOnly: 'true' })).code).toBe(-1111);
  });
});

describe('a flat symbol', () => {
  it('is [] in version 3, and has a mark of 0 in version 2', async () => {
    const request = { parameters: { symbol: 'LTCUSDT' } };
    expect(bodyOf(await signed('/fapi/v3/positionRisk', request))).toEqual([]);
    const [flat] = bodyOf(await signed('/fapi/v2/positionRisk', request));
    expect(flat).toMatchObject({ positionAmt: '0', markPrice: '0.00000000', leverage: '10' });
  });
});

describe('leverage', () => {
  it('can be set from 1 to 125', async () => {
    const set = (leverage: number) =>
      signed('/fapi/v1/leverage', { method: 'POST', parameters: { symbol: 'XRPUSDT', leverage } });
    expect(bodyOf(await set(20))).toMatchObject({ leverage: 20, symbol: 'XRPUSDT' });
    for (const leverage of [0, 126, 1.5]) expect(bodyOf(await set(leverage)).code).toBe(-4028);
    const [risk] = bodyOf(await signed('/fapi/v2/positionRisk', { parameters: { symbol: 'XRPUSDT' } }));
    expect(risk.leverage).toBe('20');
  });
});

describe('the requests it keeps', () => {
  it('hold no key and no signature', async () => {
    await signed('/fapi/v3/balance');
    expect(exchange.requests().at(-1)).toMatchObject({ method: 'GET', path: '/fapi/v3/balance', status: 200 });
    const text = JSON.stringify(exchange.requests());
    expect(text).not.toContain(TEST_KEY);
    expect(text).not.toContain('signature');
  });
});
