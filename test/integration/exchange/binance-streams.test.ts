import { beforeEach, describe, expect, it } from 'vitest';
import type { BinanceOptions } from '../../../runtime/market/exchange/binance/index.ts';
import type { ExchangeCandle, ExchangePort, UserEvent } from '../../../runtime/market/exchange/port.ts';
import { TEST_KEY } from '../../support/exchange.ts';
import { until } from '../../support/redis.ts';
import { exchangeRig } from './rig.ts';

const BUY = { apiKey: TEST_KEY, symbol: 'BTCUSDT', side: 'BUY', qty: 0.1 } as const;
const LISTEN_KEY = '/fapi/v1/listenKey';

const rig = exchangeRig();
let events: UserEvent[];
let candles: ExchangeCandle[];
let resyncs: string[];
let problems: string[];

beforeEach(() => {
  [events, candles, resyncs, problems] = [[], [], [], []];
});

const handlers = {
  onEvent: (event: UserEvent) => void events.push(event),
  onCandle: (candle: ExchangeCandle) => void candles.push(candle),
  onResync: (reason: string) => void resyncs.push(reason),
  onProblem: (problem: string) => void problems.push(problem),
};

async function listening(options: Partial<BinanceOptions> = {}): Promise<ExchangePort> {
  const port = rig.connect(options);
  port.userEvents(handlers);
  await opened(1);
  return port;
}

function opened(times: number): Promise<unknown> {
  const openings = () => resyncs.filter((reason) => reason.startsWith('user stream opened')).length;
  return until(`the user stream opened ${times} times`, () => openings() >= times);
}

function fills(count: number): Promise<unknown> {
  const filled = () => events.filter((event) => event.kind === 'order_update' && event.tradeId !== undefined).length;
  return until(`${count} fills`, () => filled() === count);
}

describe('the user stream', () => {
  it('asks for a reading when it opens, then tells of fills and of money', async () => {
    const port = await listening();
    expect(resyncs).toEqual(['user stream opened']);
    rig.exchange.fill(BUY);
    rig.exchange.control({ do: 'deposit', apiKey: TEST_KEY, usd: 500 });
    await until('the deposit', () => events.length >= 4);
    expect(events.map((event) => (event.kind === 'account_update' ? event.reason : event.kind))).toEqual([
      'order_update',
      'ORDER',
      'order_update',
      'DEPOSIT',
    ]);
    expect(events.at(-1)).toMatchObject({ balances: [{ asset: 'USDT', change: 500 }] });
    expect(port.health().userStream).toBe('open');
    expect(problems).toEqual([]);
  });

  it('tells each event once when the exchange repeats and turns them round', async () => {
    await listening();
    rig.exchange.control({ do: 'user_events', repeat: true, reorder: true });
    rig.exchange.fill(BUY);
    await fills(1);
    rig.exchange.fill(BUY);
    await fills(2);
    expect(events).toHaveLength(6);
  });

  it('opens again after it was cut, and asks for a reading', async () => {
    await listening();
    rig.exchange.control({ do: 'drop_streams' });
    await opened(2);
    expect(problems).toEqual([expect.stringMatching(/^user stream: closed by the exchange; opened again in \d+ ms$/)]);
    rig.exchange.fill(BUY);
    await fills(1);
  });

  it('takes a new listen key when the old one expired', async () => {
    await listening();
    rig.exchange.control({ do: 'expire_listen_keys' });
    await opened(2);
    expect(rig.asked(LISTEN_KEY, 'POST')).toBe(2);
    rig.exchange.fill(BUY);
    await fills(1);
  });

  it('goes on over half a frame, and asks for a reading', async () => {
    await listening();
    rig.exchange.control({ do: 'half_frame' });
    await until('a problem', () => problems.length > 0);
    expect(problems).toEqual([expect.stringContaining('expected a JSON event')]);
    expect(resyncs.at(-1)).toBe('an event could not be read');
    rig.exchange.fill(BUY);
    await fills(1);
  });

  it('keeps its listen key alive past the time it would have lived', async () => {
    await rig.restart({ listenKeyValidMs: 5_000 });
    await listening({ timings: { keepAliveMs: 250 } });
    await until('two dozen keep-alives', () => rig.asked(LISTEN_KEY, 'PUT') >= 24);
    expect(rig.asked(LISTEN_KEY, 'POST')).toBe(1);
    expect(problems).toEqual([]);
  });

  it('takes a new listen key when the exchange knows the old one no more', async () => {
    await listening({ timings: { keepAliveMs: 30 } });
    await fetch(`${rig.exchange.url}${LISTEN_KEY}`, { method: 'DELETE', headers: { 'X-MBX-APIKEY': TEST_KEY } });
    await opened(2);
    expect(problems).toEqual([expect.stringContaining('no longer knows the listen key')]);
    rig.exchange.fill(BUY);
    await fills(1);
  });

  it('tries a failed keep-alive again', async () => {
    await listening({ timings: { keepAliveMs: 20, keepAliveRetryMs: 20 } });
    rig.exchange.control({ do: 'fail', with: { kind: 'status', status: 500 }, path: LISTEN_KEY, times: 2 });
    await until('a keep-alive after two that failed', () => rig.asked(LISTEN_KEY, 'PUT') >= 4);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain('the listen key was not kept alive');
    expect(rig.asked(LISTEN_KEY, 'POST')).toBe(1);
  });

  it('is opened anew before the exchange ends it', async () => {
    await listening({ timings: { streamLifeMs: 600, pingMs: 400 } });
    await until('renewed', () => problems.some((problem) => problem.includes('renewed before its 24 hours end')));
    await opened(2);
  });

  it('comes back when the exchange comes back', async () => {
    const port = await listening();
    await rig.exchange.stop();
    await until('three tries', () => problems.length >= 3);
    expect(port.health().userStream).not.toBe('open');
    await rig.restart({ port: rig.exchange.port });
    await opened(2);
    rig.exchange.fill(BUY);
    await fills(1);
  });

  it('with a refused key asks once, and is not open', async () => {
    const port = rig.connect({ apiKey: 'another-key' });
    port.userEvents(handlers);
    await until('the problem', () => problems.length > 0);
    await expect(port.account()).rejects.toMatchObject({ kind: 'auth' });
    expect(port.health()).toMatchObject({ userStream: 'waiting', pauseReason: 'auth' });
    expect(problems.join()).toContain('BINANCE_TESTNET_API_KEY');
    expect(rig.asked(LISTEN_KEY, 'POST')).toBe(1);
  });

  it('leaves the listen key to others when it is closed', async () => {
    const first = await listening();
    const second = rig.connect();
    second.userEvents(handlers);
    await opened(2);
    await first.close();
    rig.exchange.fill(BUY);
    await fills(1);
    expect(first.health().userStream).toBe('off');
    expect(rig.asked(LISTEN_KEY, 'DELETE')).toBe(0);
  });

  it('shows no key in what it tells', async () => {
    const port = await listening();
    rig.exchange.control({ do: 'refuse_streams', on: true });
    rig.exchange.control({ do: 'drop_streams' });
    await until('some problems', () => problems.length >= 5);
    expect(problems.at(-1)).toContain('expected a WebSocket, got HTTP 403');
    expect(`${problems} ${JSON.stringify(port.health())}`).not.toMatch(/test-key|test-secret|[0-9a-f]{64}/);
  });
});

describe('the kline stream', () => {
  it('tells of candles of its symbols, and opens again after it was cut', async () => {
    const port = rig.connect();
    const subscription = port.klineEvents(['BTCUSDT', 'ETHUSDT'], '1h', handlers);
    await until('candles of both', () => new Set(candles.map((candle) => candle.symbol)).size === 2);
    expect(resyncs).toEqual(['kline stream opened']);
    rig.exchange.control({ do: 'drop_streams', kind: 'market' });
    await until('opened again', () => resyncs.includes('kline stream opened again'));
    expect(port.health().klineStream).toBe('open');
    subscription.close();
    expect(port.health().klineStream).toBe('off');
  });
});
