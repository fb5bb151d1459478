import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { storedFunding } from '../../../runtime/desk/report/funding.ts';
import { binanceExchange } from '../../../runtime/market/exchange/binance/index.ts';
import { ExchangeError } from '../../../runtime/market/exchange/errors.ts';
import type { ExchangePort } from '../../../runtime/market/exchange/port.ts';
import { FundingStore } from '../../../runtime/market/feeds/funding-store.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../schemas/duration.ts';
import { type FundingRate, parseFunding } from '../../../schemas/funding.ts';
import { hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { startScriptedExchange } from '../exchange/scripted-exchange.ts';

const KEY = 'quantum:market:funding:BTCUSDT';
const EVERY_MS = 8 * HOUR_MS;
const START = Date.UTC(2026, 4, 1);
/** Well behind the hour, and behind the wait for the next ask. */
const LATER_MS = 20 * MINUTE_MS;

let redis: TestRedis;
let clockMs: number;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => {
  clockMs = 0;
  await redis.client.flushall();
});

/** An exchange that pays every eight hours since 2026, and what it was asked. */
class Exchange implements Pick<ExchangePort, 'fundings'> {
  readonly asked: (readonly [symbol: string, sinceMs: number])[] = [];
  nowMs = START;
  problem = '';
  late = false;

  get next(): number {
    return (Math.floor(this.nowMs / EVERY_MS) + 1) * EVERY_MS;
  }

  fundings(symbol: string, sinceMs: number) {
    this.asked.push([symbol, sinceMs]);
    if (this.problem === 'refused') return Promise.reject(new ExchangeError('rejected', 'no such symbol'));
    const fundings: FundingRate[] = [];
    for (
      let atMs = Math.ceil(sinceMs / EVERY_MS) * EVERY_MS;
      atMs <= this.nowMs - (this.late ? HOUR_MS : 0);
      atMs += EVERY_MS
    )
      fundings.push({ atMs, rate: rateAt(atMs), mark: 100 });
    return Promise.resolve({ fundings, problems: this.problem === '' ? [] : [this.problem] });
  }
}

function rateAt(atMs: number): number {
  return ((atMs / EVERY_MS) % 7) / 10_000 - 0.0003;
}

function storeOn(exchange: Exchange): FundingStore {
  const deps = {
    redis: redis.client,
    portfolio: portfolioOf('quantum'),
    exchange: exchange as unknown as ExchangePort,
  };
  return new FundingStore(deps, () => clockMs);
}

async function turn(store: FundingStore, exchange: Exchange, atMs: number, symbols: readonly string[] = ['BTCUSDT']) {
  exchange.nowMs = atMs;
  clockMs += NEXT_TURN_MS;
  const marks = symbols.map((symbol) => ({ symbol, price: 100, atMs, nextFundingMs: exchange.next }));
  return await store.refresh(marks, atMs);
}
const NEXT_TURN_MS = 700_000;

async function kept() {
  return parseFunding(await redis.client.hgetall(KEY));
}

describe('funding', () => {
  test('is kept of 35 days, each payment once, and says between when none is missing', async () => {
    const exchange = new Exchange();
    const store = storeOn(exchange);
    const first = START + LATER_MS;
    expect(await turn(store, exchange, first)).toEqual([]);
    const { rates, fromMs, nextMs } = await kept();
    expect([fromMs, nextMs]).toEqual([first - 35 * DAY_MS, START + EVERY_MS]);
    expect(rates.map(({ atMs }) => atMs)).toEqual(
      Array.from({ length: 105 }, (_, at) => START - (104 - at) * EVERY_MS),
    );
    for (const { atMs, rate, mark } of rates) expect([rate, mark]).toEqual([expect.closeTo(rateAt(atMs), 12), 100]);
    await turn(store, exchange, first + HOUR_MS);
    expect(exchange.asked).toHaveLength(1);
    await turn(store, exchange, first + EVERY_MS);
    expect(exchange.asked.at(-1)).toEqual(['BTCUSDT', START + 1]);
    const after = await kept();
    expect([after.rates.length, after.rates.at(-1)?.atMs]).toEqual([105, START + EVERY_MS]);
    expect([after.fromMs, after.nextMs]).toEqual([first + EVERY_MS - 35 * DAY_MS, START + 2 * EVERY_MS]);
    expect(await redis.client.ttl(KEY)).toBeGreaterThan(69 * 86_000);
  });

  test('goes on where an earlier process stopped, and begins anew where a hole would be', async () => {
    const exchange = new Exchange();
    await turn(storeOn(exchange), exchange, START + LATER_MS);
    const later = START + 3 * EVERY_MS + LATER_MS;
    await turn(storeOn(exchange), exchange, later);
    expect(exchange.asked.at(-1)).toEqual(['BTCUSDT', START + 1]);
    expect(await kept()).toMatchObject({ fromMs: later - 35 * DAY_MS, nextMs: START + 4 * EVERY_MS });
    const much = START + 40 * DAY_MS + LATER_MS;
    await turn(storeOn(exchange), exchange, much);
    expect(exchange.asked.at(-1)).toEqual(['BTCUSDT', much - 35 * DAY_MS]);
    expect(await kept()).toMatchObject({ fromMs: much - 35 * DAY_MS });
    expect((await kept()).rates).toHaveLength(105);
  });

  test('is not whole while a payment that came is not listed, and is asked for until it is', async () => {
    const exchange = new Exchange();
    const store = storeOn(exchange);
    await turn(store, exchange, START + LATER_MS);
    exchange.late = true;
    await turn(store, exchange, START + EVERY_MS + LATER_MS);
    expect(await kept()).toMatchObject({ nextMs: START + EVERY_MS });
    exchange.late = false;
    await turn(store, exchange, START + EVERY_MS + LATER_MS);
    expect(await kept()).toMatchObject({ nextMs: START + 2 * EVERY_MS });
    expect((await kept()).rates.at(-1)?.atMs).toBe(START + EVERY_MS);
  });

  test('that cannot be read is a problem: nothing of it is kept, and no time is said to be whole', async () => {
    const exchange = new Exchange();
    const store = storeOn(exchange);
    exchange.problem = 'BTCUSDT: expected a funding rate, got x';
    expect(await turn(store, exchange, START + LATER_MS)).toEqual([exchange.problem]);
    expect(await redis.client.exists(KEY)).toBe(0);
    exchange.problem = 'refused';
    expect(await turn(store, exchange, START + LATER_MS)).toEqual(['BTCUSDT, funding: no such symbol']);
    exchange.problem = '';
    await turn(store, exchange, START + LATER_MS);
    expect(await kept()).toMatchObject({ nextMs: START + EVERY_MS });
  });

  test('that Redis does not take stops no other symbol, and is asked for again and not taken for 0', async () => {
    const exchange = new Exchange();
    const store = storeOn(exchange);
    const both = ['BTCUSDT', 'ETHUSDT'];
    await redis.client.set(KEY, 'in the way');
    const told = await turn(store, exchange, START + LATER_MS, both);
    expect(told).toEqual([expect.stringMatching(/^BTCUSDT, funding: WRONGTYPE/)]);
    expect(await redis.client.hexists('quantum:market:funding:ETHUSDT', 'next')).toBe(1);
    await redis.client.del(KEY);
    expect(await turn(store, exchange, START + LATER_MS, both)).toEqual([]);
    expect((await kept()).rates).toHaveLength(105);
  });

  test('that is lost while the process goes on is asked for anew, and never said to be whole with a hole', async () => {
    const exchange = new Exchange();
    const store = storeOn(exchange);
    await turn(store, exchange, START + LATER_MS);
    await redis.client.flushall();
    const later = START + EVERY_MS + LATER_MS;
    await turn(store, exchange, later);
    expect(exchange.asked.at(-1)).toEqual(['BTCUSDT', later - 35 * DAY_MS]);
    expect(await kept()).toMatchObject({ fromMs: later - 35 * DAY_MS, nextMs: START + 2 * EVERY_MS });
    expect((await kept()).rates).toHaveLength(105);
  });

  test('is not asked for in the first minute of an hour, nor of a symbol without a next payment', async () => {
    const exchange = new Exchange();
    const store = storeOn(exchange);
    await turn(store, exchange, START + MINUTE_MS - 1);
    const future = { symbol: 'BTCUSDT_261225', price: 100, atMs: START, nextFundingMs: undefined };
    expect(await store.refresh([future], START + MINUTE_MS)).toEqual([]);
    expect(exchange.asked).toEqual([]);
    await turn(store, exchange, START + MINUTE_MS);
    expect(exchange.asked).toHaveLength(1);
  });

  test('of many symbols is asked for ten at a time, ten seconds apart at least', async () => {
    const exchange = new Exchange();
    const store = storeOn(exchange);
    const symbols = Array.from({ length: 25 }, (_, at) => `S${at}USDT`);
    const counts: number[] = [];
    for (const waitMs of [0, 9_999, 1, 10_000, 10_000]) {
      clockMs += waitMs - NEXT_TURN_MS;
      await turn(store, exchange, START + LATER_MS, symbols);
      counts.push(exchange.asked.length);
    }
    expect(counts).toEqual([10, 10, 20, 25, 25]);
    expect(new Set(exchange.asked.map(([symbol]) => symbol)).size).toBe(25);
  });
});

test('that a report may not read is not recorded, and the report is made', async () => {
  await redis.client.set(KEY, 'in the way');
  const found = await storedFunding(redis.client, portfolioOf('quantum')).of(new Set(['BTCUSDT']));
  expect(found.get('BTCUSDT')).toEqual({ rates: [], whole: [] });
});

test('an answer of a thousand is followed by the next page, and each payment comes once', async () => {
  const pages: number[] = [];
  const exchange = await startScriptedExchange((path, query) => {
    if (path !== '/fapi/v1/fundingRate') return [];
    const since = Number(query.get('startTime'));
    pages.push(since);
    const first = Math.ceil(since / HOUR_MS);
    const count = Math.min(1_000, Math.max(0, START / HOUR_MS - first + 1));
    return Array.from({ length: count }, (_, at) => {
      return { symbol: 'BTCUSDT', fundingTime: (first + at) * HOUR_MS + 3, fundingRate: '0.0001', markPrice: '1' };
    });
  });
  const port = binanceExchange({ environment: 'testnet', baseUrl: exchange.url, wsUrl: exchange.wsUrl });
  const since = START - 1_500 * HOUR_MS;
  const { fundings, problems } = await port.fundings('BTCUSDT', since);
  expect(problems).toEqual([]);
  expect(fundings.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 1_501 }, (_, at) => since + at * HOUR_MS + 3));
  expect(pages).toEqual([since, since + 999 * HOUR_MS + 4]);
  await port.close();
  await exchange.stop();
});

test('the feed keeps it of the symbols that it watches', async () => {
  const rig = await startFeedsRig({ FEEDS: 'market', FEED_POLL_SEC: '1', MARKET_SYMBOLS: 'BTCUSDT' });
  const fields = await hashThat(rig, 'market:funding:BTCUSDT', ({ next }) => next !== undefined, 90_000);
  const { rates, nextMs } = parseFunding(fields);
  expect(nextMs).toBeGreaterThan(Date.now() - MINUTE_MS);
  expect(rates.length).toBeGreaterThan(0);
  expect(new Set(rates.map(({ rate }) => rate))).toEqual(new Set([0]));
  await rig.stop();
}, 120_000);
