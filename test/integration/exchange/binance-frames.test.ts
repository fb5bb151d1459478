import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BinanceOptions, binanceExchange } from '../../../runtime/market/exchange/binance/index.ts';
import type { ExchangeCandle, ExchangePort, UserEvent } from '../../../runtime/market/exchange/port.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import frames from '../../fixtures/binance/kline.json' with { type: 'json' };
import userEvents from '../../fixtures/binance/user-events.json' with { type: 'json' };
import { until } from '../../support/redis.ts';
import { type ScriptedExchange, startScriptedExchange } from './scripted-exchange.ts';

const QUICK = { reopenLeastMs: 5, reopenMostMs: 40 };

let server: ScriptedExchange;
let port: ExchangePort;
let events: UserEvent[];
let candles: ExchangeCandle[];
let resyncs: string[];
let problems: string[];

beforeEach(() => {
  [events, candles, resyncs, problems] = [[], [], [], []];
});

afterEach(async () => {
  await port.close();
  await server.stop();
});

const handlers = {
  onEvent: (event: UserEvent) => void events.push(event),
  onCandle: (candle: ExchangeCandle) => void candles.push(candle),
  onResync: (reason: string) => void resyncs.push(reason),
  onProblem: (problem: string) => void problems.push(problem),
};

async function connect(
  behaviour: Parameters<typeof startScriptedExchange>[1] = {},
  timings: BinanceOptions['timings'] = {},
): Promise<void> {
  server = await startScriptedExchange(() => ({ listenKey: 'listen-key-of-a-test' }), behaviour);
  port = binanceExchange({
    environment: 'testnet',
    apiKey: 'frames-key',
    apiSecret: 'frames-secret',
    baseUrl: server.url,
    wsUrl: server.wsUrl,
    timings: { ...QUICK, ...timings },
  });
}

async function klines(): Promise<void> {
  await connect();
  port.klineEvents(['SUSHIUSDT'], '1m', handlers);
  await until('the stream', () => resyncs.length > 0);
}

function send(...messages: readonly (object | string)[]): void {
  const texts = messages.map((message) => (typeof message === 'string' ? message : JSON.stringify(message)));
  for (const socket of server.sockets) for (const text of texts) socket.send(text);
}

/** The recorded frame of a closed candle, some minutes later. */
function closedFrame(minutesLater: number, changed: object = {}): object {
  const [, frame] = frames;
  if (frame === undefined) throw new Error('expected recorded frames');
  const { data } = frame;
  const k = { ...data.k, t: data.k.t + minutesLater * MINUTE_MS, T: data.k.T + minutesLater * MINUTE_MS };
  return { ...frame, data: { ...data, E: data.E + minutesLater * MINUTE_MS, k: { ...k, ...changed } } };
}

async function settled(): Promise<void> {
  send('half a frame as a mark');
  await until('the mark', () => problems.some((problem) => problem.includes('as a mark')));
  problems = problems.filter((problem) => !problem.includes('as a mark'));
}

describe('candles of recorded frames', () => {
  it('are told as they grow and close; repeated and older ones are not', async () => {
    await klines();
    const [growing, closing, next] = frames;
    send(growing ?? '', closing ?? '', closing ?? '', growing ?? '', next ?? '', growing ?? '');
    await settled();
    expect(candles.map((candle) => [candle.openMs, candle.closed])).toEqual([
      [1626992700000, false],
      [1626992700000, true],
      [1626992760000, false],
    ]);
    expect(candles[1]).toMatchObject({ symbol: 'SUSHIUSDT', interval: '1m', closeMs: 1626992759999 });
    expect(problems).toEqual([]);
    expect(resyncs).toEqual(['kline stream opened']);
  });

  it('that closed late are told all the same', async () => {
    await klines();
    send(closedFrame(0), closedFrame(2), closedFrame(1));
    await settled();
    expect(candles.map((candle) => (candle.openMs - (candles[0]?.openMs ?? 0)) / MINUTE_MS)).toEqual([0, 2, 1]);
  });

  it.each([
    ['a candle is left out', [0, 2], true],
    ['one follows the other', [0, 1], false],
  ])('when %s, a reading is asked for: %s', async (_what, minutesLater, asked) => {
    await klines();
    send(...minutesLater.map((minute) => closedFrame(minute)));
    await settled();
    expect(resyncs.includes('candles of SUSHIUSDT are missing')).toBe(asked);
  });

  it('that cannot be are named and stop nothing', async () => {
    await klines();
    send(closedFrame(0, { l: '99' }), closedFrame(1, { c: 'x' }), closedFrame(2, { i: '5m' }), closedFrame(3));
    send({ result: null, id: 1 });
    await settled();
    expect(candles).toHaveLength(1);
    expect(problems).toHaveLength(3);
  });
});

describe('the address of a stream', () => {
  it('is the one of the split paths', async () => {
    await connect();
    port.userEvents(handlers);
    port.klineEvents(['SUSHIUSDT', 'BTCUSDT'], '1m', handlers);
    await until('both', () => resyncs.length === 2);
    const upgrades = server.asked.filter((line) => line.startsWith('WS')).sort();
    expect(upgrades).toEqual([
      'WS /market/stream?streams=sushiusdt@kline_1m/btcusdt@kline_1m',
      'WS /private/ws?listenKey=listen-key-of-a-test',
    ]);
  });

  it('falls back to the older one where the new is not known', async () => {
    await connect({ upgrades: (path) => path === '/ws/listen-key-of-a-test' });
    port.userEvents(handlers);
    await until('the stream', () => resyncs.length === 1);
    send(...userEvents);
    await until('the events', () => events.length === userEvents.length);
    expect(problems).toEqual([expect.stringContaining('expected a WebSocket, got HTTP 404')]);
  });

  it('is one for each hundred symbols', async () => {
    await connect();
    port.klineEvents(
      Array.from({ length: 201 }, (_, index) => `S${index}USDT`),
      '1m',
      handlers,
    );
    await until('all', () => resyncs.length === 3);
    expect(server.sockets.size).toBe(3);
    expect(port.health().klineStream).toBe('open');
  });
});

describe('a connection', () => {
  it('that answers no ping is dead, and is opened again', async () => {
    await connect({ autoPong: false }, { pingMs: 20 });
    port.userEvents(handlers);
    await until('opened again', () => resyncs.length >= 2);
    expect(problems[0]).toContain('silent: no answer to a ping within 20 ms');
  });

  it('that answers pings lives on in silence', async () => {
    await connect({}, { pingMs: 2_000 });
    port.userEvents(handlers);
    await until('the stream', () => resyncs.length === 1);
    let pings = 0;
    for (const socket of server.sockets) socket.on('ping', () => (pings += 1));
    await until('three pings', () => pings >= 3);
    expect(problems).toEqual([]);
  });

  it('that is refused is tried with growing waits', async () => {
    await connect({ upgrades: () => false }, { reopenLeastMs: 5, reopenMostMs: 100_000 });
    port.userEvents(handlers);
    await until('seven tries', () => problems.length >= 7);
    const waits = problems.map((problem) => Number(/in (\d+) ms/.exec(problem)?.[1]));
    for (const [tries, wait] of waits.entries()) expect(wait).toBeLessThanOrEqual(5 * 2 ** (tries + 1) + 1);
    expect(port.health().userStream).not.toBe('open');
  });

  it('with a frame over a megabyte is ended and opened again', async () => {
    await connect();
    port.userEvents(handlers);
    await until('the stream', () => resyncs.length === 1);
    send('x'.repeat(1024 * 1024 + 1));
    await until('opened again', () => resyncs.length === 2);
    expect(problems).toEqual([expect.stringMatching(/Max payload size exceeded/)]);
  });
});
