import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { may2021Candles } from '../../../../runtime/market/local-exchange/candles.ts';
import { type ManualClock, manualClock } from '../../../../runtime/market/local-exchange/clock.ts';
import type { Command } from '../../../../runtime/market/local-exchange/commands.ts';
import { type LocalExchange, startLocalExchange } from '../../../../runtime/market/local-exchange/index.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import { askPublic, askSigned, bodyOf, startTestExchange, TEST_KEY } from '../../../support/exchange.ts';

const FIRST = Date.UTC(2021, 4, 1);
const NOW = FIRST + 100 * HOUR_MS;
const TIME = '/fapi/v1/time';
const apiKey = TEST_KEY;

let clock: ManualClock;
let exchange: LocalExchange;

beforeEach(async () => {
  clock = manualClock(NOW);
  exchange = await startTestExchange({ clock, candles: may2021Candles({ firstOpenMs: FIRST }) });
});
afterEach(() => exchange.stop());

const time = () => askPublic(exchange, TIME);
const account = async () => bodyOf(await askSigned(exchange, '/fapi/v3/account', { timestamp: clock.nowMs() }));

describe('answers on request', () => {
  it('429 says when to try again', async () => {
    exchange.control({ do: 'fail', with: { kind: 'rate_limited', retryAfterSec: 7 }, times: 1 });
    const answer = await time();
    expect([answer.status, bodyOf(answer).code, answer.headers.get('retry-after')]).toEqual([429, -1003, '7']);
    expect((await time()).status).toBe(200);
  });

  it('418 bans until a time, and then no more', async () => {
    exchange.control({ do: 'fail', with: { kind: 'banned', forMs: 1_000 } });
    const answer = await time();
    expect(answer.status).toBe(418);
    expect(bodyOf(answer).msg).toContain(`IP banned until ${NOW + 1_000}.`);
    clock.advance(999);
    expect((await time()).status).toBe(418);
    clock.advance(1);
    expect((await time()).status).toBe(200);
  });

  it('5xx for a time, on the paths asked for', async () => {
    exchange.control({ do: 'fail', with: { kind: 'status', status: 503 }, path: TIME, forMs: 5_000 });
    const answer = await time();
    expect([answer.status, bodyOf(answer).code]).toEqual([503, -1001]);
    expect((await askPublic(exchange, '/fapi/v1/ping')).status).toBe(200);
    clock.advance(5_000);
    expect((await time()).status).toBe(200);
  });

  it('HTML instead of JSON', async () => {
    exchange.control({ do: 'fail', with: { kind: 'html', status: 200 }, times: 1 });
    const answer = await time();
    expect(answer.headers.get('content-type')).toBe('text/html');
    expect(answer.text).toContain('<h1>');
  });

  it('half of the JSON', async () => {
    exchange.control({ do: 'fail', with: { kind: 'half_json' }, times: 1 });
    const answer = await time();
    expect(answer.status).toBe(200);
    expect(() => JSON.parse(answer.text)).toThrow(SyntaxError);
  });

  it('a cut connection, and an answer that takes its time', async () => {
    exchange.control({ do: 'fail', with: { kind: 'reset' }, times: 1 });
    await expect(time()).rejects.toThrow('fetch failed');
    exchange.control({ do: 'fail', with: { kind: 'hang', ms: 30 }, times: 1 });
    const begun = performance.now();
    expect((await time()).status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThan(25);
  });

  it('end when all is healed', async () => {
    exchange.control({ do: 'fail', with: { kind: 'status', status: 500 } });
    expect((await time()).status).toBe(500);
    exchange.control({ do: 'heal' });
    expect((await time()).status).toBe(200);
  });
});

describe('request weights', () => {
  it('are counted by the minute, refused above the limit, and banned for going on', async () => {
    const strict = await startLocalExchange({ clock, accounts: [], weightLimit: 12 });
    try {
      const marks = await askPublic(strict, '/fapi/v1/premiumIndex');
      expect(marks.headers.get('x-mbx-used-weight-1m')).toBe('10');
      expect((await askPublic(strict, TIME)).headers.get('x-mbx-used-weight-1m')).toBe('11');
      expect((await askPublic(strict, TIME)).status).toBe(200);
      const over = await askPublic(strict, TIME);
      expect([over.status, over.headers.get('retry-after')]).toEqual([429, '60']);
      for (let again = 0; again < 29; again += 1) expect((await askPublic(strict, TIME)).status).toBe(429);
      expect((await askPublic(strict, TIME)).status).toBe(418);
      clock.advance(60_000);
      expect((await askPublic(strict, TIME)).status).toBe(418);
      clock.advance(60_000);
      const after = await askPublic(strict, TIME);
      expect([after.status, after.headers.get('x-mbx-used-weight-1m')]).toEqual([200, '1']);
    } finally {
      await strict.stop();
    }
  });

  it.each([
    ['klines?symbol=BTCUSDT&interval=1h&limit=99', '1'],
    ['klines?symbol=BTCUSDT&interval=1h&limit=100', '2'],
    ['klines?symbol=BTCUSDT&interval=1h&limit=500', '5'],
    ['klines?symbol=BTCUSDT&interval=1h&limit=1001', '10'],
    ['premiumIndex?symbol=BTCUSDT', '1'],
  ])('%s weighs %s', async (path, weight) => {
    const answer = await askPublic(exchange, `/fapi/v1/${path}`);
    expect(answer.headers.get('x-mbx-used-weight-1m')).toBe(weight);
  });
});

describe('a clock that is off', () => {
  it.each([5_000, -5_000])('by %s ms moves what the exchange tells and what it accepts', async (ms) => {
    exchange.control({ do: 'clock_offset', ms });
    expect(bodyOf(await time()).serverTime).toBe(NOW + ms);
    const at = async (timestamp: number) => (await askSigned(exchange, '/fapi/v3/account', { timestamp })).status;
    expect(await at(NOW + ms)).toBe(200);
    expect(await at(ms > 0 ? NOW - 1 : NOW)).toBe(400);
  });
});

describe('odd figures', () => {
  it('a deposit and a withdrawal are income, a silent change is not', async () => {
    exchange.control({ do: 'deposit', apiKey, usd: 500 });
    exchange.control({ do: 'withdraw', apiKey, usd: 200 });
    expect((await account()).totalWalletBalance).toBe('100300.00000000');
    exchange.control({ do: 'wallet', apiKey, usd: -50 });
    expect((await account()).totalMarginBalance).toBe('-50.00000000');
    const parameters = { incomeType: 'TRANSFER' };
    const income = bodyOf(await askSigned(exchange, '/fapi/v1/income', { timestamp: NOW, parameters }));
    expect(income.map((one: { income: string }) => one.income)).toEqual(['500.00000000', '-200.00000000']);
  });

  it('an absurd equity is shown as often as asked for', async () => {
    exchange.control({ do: 'absurd_equity', apiKey, usd: 1, readings: 2 });
    const shown = [await account(), await account(), await account()];
    expect(shown.map((one) => one.totalMarginBalance)).toEqual(['1.00000000', '1.00000000', '100000.00000000']);
  });

  it('an asset that nobody knows is listed and in no total', async () => {
    exchange.control({ do: 'foreign_asset', apiKey, asset: 'WEIRD', balance: 12 });
    const body = await account();
    expect(body.totalWalletBalance).toBe('100000.00000000');
    expect(body.assets[1]).toMatchObject({ asset: 'WEIRD', walletBalance: '12.00000000' });
  });

  it('marks of 0, flat symbols in version 3, no leverage in version 2', async () => {
    exchange.fill({ apiKey, symbol: 'BTCUSDT', side: 'BUY', qty: 0.1 });
    exchange.control({ do: 'zero_marks', symbols: ['BTCUSDT'] });
    exchange.control({ do: 'list_flat', on: true });
    exchange.control({ do: 'leverage_field', on: false });
    const risk = async (version: number) =>
      bodyOf(await askSigned(exchange, `/fapi/v${version}/positionRisk`, { timestamp: NOW }));
    const held = (await risk(3)).find((one: { symbol: string }) => one.symbol === 'BTCUSDT');
    expect(held).toMatchObject({ markPrice: '0.00000000', notional: '0.00000000', positionAmt: '0.1' });
    expect(await risk(3)).toHaveLength(12);
    expect((await risk(2))[0]).not.toHaveProperty('leverage');
    expect(bodyOf(await askPublic(exchange, '/fapi/v1/premiumIndex?symbol=BTCUSDT')).markPrice).toBe('0.00000000');
  });

  it('a mark that is held stays, and goes on with the market when it is let go', async () => {
    const mark = async () => bodyOf(await askPublic(exchange, '/fapi/v1/premiumIndex?symbol=BTCUSDT')).markPrice;
    const before = await mark();
    exchange.control({ do: 'set_mark', symbol: 'BTCUSDT', price: 12.5 });
    expect(await mark()).toBe('12.50000000');
    exchange.control({ do: 'set_mark', symbol: 'BTCUSDT', price: null });
    expect(await mark()).toBe(before);
  });

  it('both sides of a symbol in hedge mode', async () => {
    exchange.control({ do: 'hedge_mode', apiKey, on: true });
    exchange.fill({ apiKey, symbol: 'BTCUSDT', side: 'BUY', qty: 0.2, positionSide: 'LONG' });
    exchange.fill({ apiKey, symbol: 'BTCUSDT', side: 'SELL', qty: 0.1, positionSide: 'SHORT' });
    expect((await account()).positions).toMatchObject([
      { positionSide: 'LONG', positionAmt: '0.2' },
      { positionSide: 'SHORT', positionAmt: '-0.1' },
    ]);
    expect(() => exchange.fill({ apiKey, symbol: 'BTCUSDT', side: 'BUY', qty: 0.2, positionSide: 'SHORT' })).toThrow(
      'ReduceOnly Order is rejected.',
    );
    expect(() => exchange.control({ do: 'hedge_mode', apiKey, on: false })).toThrow('expected no open position');
  });

  it('a hole in the candles, and a symbol that is settling', async () => {
    const hours = async (symbol: string) => {
      const rows: number[][] = bodyOf(
        await askPublic(exchange, `/fapi/v1/klines?symbol=${symbol}&interval=1h&limit=5`),
      );
      return rows.map(([openMs = 0]) => (openMs - FIRST) / HOUR_MS);
    };
    exchange.control({
      do: 'candle_hole',
      symbol: 'BTCUSDT',
      fromMs: FIRST + 98 * HOUR_MS,
      toMs: FIRST + 99 * HOUR_MS,
    });
    expect(await hours('BTCUSDT')).toEqual([94, 95, 96, 97, 100]);
    exchange.control({ do: 'delist', symbol: 'ADAUSDT' });
    clock.advance(2 * HOUR_MS);
    expect(await hours('ADAUSDT')).toEqual([96, 97, 98, 99, 100]);
    const info = bodyOf(await askPublic(exchange, '/fapi/v1/exchangeInfo'));
    expect(info.symbols[1]).toMatchObject({ symbol: 'ADAUSDT', status: 'SETTLING' });
    expect(() => exchange.fill({ apiKey, symbol: 'ADAUSDT', side: 'BUY', qty: 100 })).toThrow('Invalid symbol status');
  });
});

describe('commands', () => {
  it('are done over HTTP too, and the state is told there', async () => {
    const post = (body: string) => fetch(`${exchange.url}/control`, { method: 'POST', body });
    const command: Command = { do: 'clock_offset', ms: 1_500 };
    expect(await (await post(JSON.stringify(command))).json()).toEqual({ done: true });
    expect(bodyOf(await time()).serverTime).toBe(NOW + 1_500);
    const state = await (await fetch(`${exchange.url}/control`)).json();
    expect(state).toMatchObject({ now_ms: NOW + 1_500, streams: [], requests: [{ path: TIME, status: 200 }] });
  });

  it.each([
    ['no JSON', 'heal'],
    ['no command', '{"do":"nothing"}'],
    ['a field too many', '{"do":"heal","more":1}'],
    ['an unknown symbol', '{"do":"set_mark","symbol":"XUSDT","price":1}'],
    ['an unknown account', '{"do":"wallet","apiKey":"another","usd":1}'],
  ])('%s is refused with what is wrong', async (_what, body) => {
    const answer = await fetch(`${exchange.url}/control`, { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ done: false, error: expect.stringMatching(/./) });
  });
});
