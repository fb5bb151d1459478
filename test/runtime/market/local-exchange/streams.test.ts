import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { may2021Candles } from '../../../../runtime/market/local-exchange/candles.ts';
import { type ManualClock, manualClock } from '../../../../runtime/market/local-exchange/clock.ts';
import type { LocalExchange, LocalExchangeOptions } from '../../../../runtime/market/local-exchange/index.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import { listenKeyOf, listenTo, startTestExchange, TEST_KEY } from '../../../support/exchange.ts';
import { until } from '../../../support/redis.ts';

const FIRST = Date.UTC(2021, 4, 1);
const NOW = FIRST + 100 * HOUR_MS;
const apiKey = TEST_KEY;

let clock: ManualClock;
let exchange: LocalExchange;

beforeEach(async () => {
  clock = manualClock(NOW);
  exchange = await start();
});
afterEach(() => exchange.stop());

async function start(options: Partial<LocalExchangeOptions> = {}): Promise<LocalExchange> {
  return await startTestExchange({ clock, candles: may2021Candles({ firstOpenMs: FIRST }), ...options });
}

async function userStream() {
  return await listenTo(exchange, `/ws/${await listenKeyOf(exchange)}`);
}

/** The events received so far; a subscription's answer is none. */
function eventsOf({ frames }: { readonly frames: readonly string[] }) {
  return frames.map((frame) => JSON.parse(frame)).filter((frame) => frame.e !== undefined || frame.data !== undefined);
}

const buy = () => exchange.fill({ apiKey, symbol: 'BTCUSDT', side: 'BUY', qty: 0.1 });

describe('the user stream', () => {
  it('tells a fill: the order taken, the account, the order filled', async () => {
    const user = await userStream();
    buy();
    await until('three events', () => user.frames.length === 3);
    const [taken, account, filled] = eventsOf(user);
    expect(taken).toMatchObject({ e: 'ORDER_TRADE_UPDATE', o: { x: 'NEW', X: 'NEW', s: 'BTCUSDT', S: 'BUY' } });
    expect(account).toMatchObject({ e: 'ACCOUNT_UPDATE', E: NOW, a: { m: 'ORDER', P: [{ s: 'BTCUSDT', pa: '0.1' }] } });
    expect(filled).toMatchObject({ o: { x: 'TRADE', X: 'FILLED', l: '0.1', z: '0.1', rp: '0.00000000' } });
  });

  it('tells a close with what it realised, and the position as 0', async () => {
    exchange.control({ do: 'set_mark', symbol: 'BTCUSDT', price: 50_000 });
    buy();
    const user = await userStream();
    exchange.fill({ apiKey, symbol: 'BTCUSDT', side: 'SELL', qty: 0.1, price: 51_000 });
    await until('three events', () => user.frames.length === 3);
    const [, account, filled] = eventsOf(user);
    expect(account.a).toMatchObject({ B: [{ wb: '100100.00000000' }], P: [{ pa: '0', cr: '100.00000000' }] });
    expect(filled.o.rp).toBe('100.00000000');
  });

  it.each([
    [{ do: 'deposit', apiKey, usd: 500 }, 'DEPOSIT', '500.00000000'],
    [{ do: 'withdraw', apiKey, usd: 500 }, 'WITHDRAW', '-500.00000000'],
  ] as const)('tells %o', async (command, reason, change) => {
    const user = await userStream();
    exchange.control(command);
    await until('the event', () => user.frames.length === 1);
    expect(eventsOf(user)).toMatchObject([{ a: { m: reason, B: [{ a: 'USDT', bc: change }], P: [] } }]);
  });

  it('repeats, reverses, halves and withholds events when asked to', async () => {
    const user = await userStream();
    exchange.control({ do: 'user_events', repeat: true, reorder: true });
    buy();
    await until('six events', () => user.frames.length === 6);
    expect(eventsOf(user).map((event) => event.o?.x ?? event.a.m)).toEqual([
      'TRADE',
      'TRADE',
      'ORDER',
      'ORDER',
      'NEW',
      'NEW',
    ]);
    exchange.control({ do: 'mute_user_events', on: true });
    buy();
    exchange.control({ do: 'half_frame' });
    await until('the half frame', () => user.frames.length === 7);
    expect(() => JSON.parse(user.frames[6] ?? '')).toThrow(SyntaxError);
  });

  it('tells that its key has expired, and takes that key no more', async () => {
    const listenKey = await listenKeyOf(exchange);
    expect(await listenKeyOf(exchange)).toBe(listenKey);
    const user = await listenTo(exchange, `/ws/${listenKey}`);
    exchange.control({ do: 'expire_listen_keys' });
    await until('the event', () => user.frames.length === 1);
    expect(eventsOf(user)).toEqual([{ e: 'listenKeyExpired', E: NOW, listenKey }]);
    await expect(listenTo(exchange, `/ws/${listenKey}`)).rejects.toThrow('403');
    const headers = { 'X-MBX-APIKEY': apiKey };
    const keptAlive = await fetch(`${exchange.url}/fapi/v1/listenKey`, { method: 'PUT', headers });
    expect(await keptAlive.json()).toEqual({ code: -1125, msg: 'This listenKey does not exist.' });
    expect(await listenKeyOf(exchange)).not.toBe(listenKey);
  });
});

describe('market streams', () => {
  it('tell an open candle, and it closed once its time is over', async () => {
    const market = await listenTo(exchange, '/ws/btcusdt@kline_1h');
    clock.advance(1_000);
    clock.advance(HOUR_MS);
    await until('three events', () => market.frames.length === 3);
    expect(eventsOf(market).map(({ k }) => [(k.t - FIRST) / HOUR_MS, k.x])).toEqual([
      [100, false],
      [100, true],
      [101, false],
    ]);
    const [open, closed] = eventsOf(market);
    expect(closed.k.o).toBe(open.k.o);
    expect(closed.k.T).toBe(FIRST + 101 * HOUR_MS - 1);
  });

  it('of several names wrap their events, and follow subscriptions', async () => {
    const market = await listenTo(exchange, '/stream?streams=btcusdt@kline_1h/ethusdt@markPrice');
    market.send('{"method":"UNSUBSCRIBE","params":["btcusdt@kline_1h"],"id":1}');
    market.send('{"method":"SUBSCRIBE","params":["!markPrice@arr@1s"],"id":2}');
    await until('both answers', () => market.frames.length === 2);
    expect(JSON.parse(market.frames[1] ?? '')).toEqual({ result: null, id: 2 });
    clock.advance(1_000);
    await until('both events', () => eventsOf(market).length === 2);
    expect(eventsOf(market).map(({ stream }) => stream)).toEqual(['ethusdt@markPrice', '!markPrice@arr@1s']);
    expect(eventsOf(market)[0].data).toMatchObject({ e: 'markPriceUpdate', s: 'ETHUSDT' });
    expect(eventsOf(market)[1].data).toHaveLength(12);
  });

  it('answer a request that is none', async () => {
    const market = await listenTo(exchange, '/ws');
    market.send('subscribe');
    await until('the answer', () => market.frames.length === 1);
    expect(JSON.parse(market.frames[0] ?? '')).toMatchObject({ error: { code: 2 } });
  });
});

describe('sockets', () => {
  it('are told of, dropped by kind, and refused while asked to', async () => {
    const user = await userStream();
    const market = await listenTo(exchange, '/ws/btcusdt@markPrice');
    expect(exchange.streams()).toEqual([
      { kind: 'user', streams: [] },
      { kind: 'market', streams: ['btcusdt@markPrice'] },
    ]);
    exchange.control({ do: 'drop_streams', kind: 'user' });
    await until('the user stream to be gone', () => user.closed());
    expect(market.closed()).toBe(false);
    exchange.control({ do: 'refuse_streams', on: true });
    await expect(listenTo(exchange, '/ws/btcusdt@markPrice')).rejects.toThrow('403');
  });

  it('are cut when the exchange stops, and its port is free for the next', async () => {
    const market = await listenTo(exchange, '/ws/btcusdt@markPrice');
    const { port } = exchange;
    await exchange.stop();
    await until('the socket to be gone', () => market.closed());
    exchange = await start({ port });
    expect(exchange.port).toBe(port);
  });
});
