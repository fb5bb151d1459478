import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Invalidations } from '../../../runtime/engine/views/invalidations.ts';
import { PortfolioViews } from '../../../runtime/engine/views/portfolio-views.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import { startProxy } from '../../support/proxy.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { connectTo } from '../../support/system.ts';

const SNAPSHOTS = 'quantum:stream:position.snapshot';

let redis: TestRedis;
let reading: Redis;
const portfolio = portfolioOf('quantum');
const open: Redis[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  await redis.client.flushall();
  reading = connection();
});
afterEach(() => {
  for (const one of open.splice(0)) one.disconnect();
});
afterAll(() => redis.stop());

function connection(url = redis.url): Redis {
  const made = connectTo(url);
  made.on('error', () => undefined);
  open.push(made);
  return made;
}

function newViews(listener = connection()): PortfolioViews {
  return new PortfolioViews(portfolio, { data: connection(), invalidations: new Invalidations(listener, [portfolio]) });
}

async function snapshots(count: number, from = 0): Promise<void> {
  const pipeline = redis.client.pipeline();
  for (let n = from; n < from + count; n += 1) {
    const fields = ['symbol', `S${n}`, 'position_notional_usd', String(n), 'sigma', '0.1', 'side', 'LONG'];
    pipeline.xadd(SNAPSHOTS, '*', ...fields);
  }
  await pipeline.exec();
}

function positionsOf(views: PortfolioViews) {
  return [...views.book.positions()].toSorted((a, b) => a.symbol.localeCompare(b.symbol));
}

test('ten thousand symbols are in the book, each with its newest snapshot', async () => {
  const views = newViews();
  await snapshots(10_000);
  await redis.client.xadd(SNAPSHOTS, '*', 'symbol', 'S5', 'position_notional_usd', '55', 'sigma', '0.2');
  await views.catchUp(reading);
  expect(positionsOf(views)).toHaveLength(10_000);
  expect(views.book.get('S5')).toMatchObject({ notional: 55, sigma: 0.2 });
});

test('a book loaded from its checkpoint is the book replayed from the stream', async () => {
  const views = newViews();
  await snapshots(1_500);
  await views.catchUp(reading);
  await views.book.checkpoint(reading);
  await snapshots(20, 1_490);
  const restarted = newViews();
  await restarted.catchUp(reading);
  await redis.client.del('quantum:portcullis:book');
  const replayed = newViews();
  await replayed.catchUp(reading);
  expect(positionsOf(restarted)).toEqual(positionsOf(replayed));
  expect(restarted.book.lastId).toBe(replayed.book.lastId);
});

test('what producers trimmed away since the checkpoint is still in the book', async () => {
  const views = newViews();
  await snapshots(10);
  await views.catchUp(reading);
  await views.book.checkpoint(reading);
  await redis.client.xtrim(SNAPSHOTS, 'MAXLEN', 1);
  const restarted = newViews();
  await restarted.catchUp(reading);
  expect(positionsOf(restarted)).toEqual(positionsOf(views));
});

test('a worker that is behind cannot take the checkpoint back', async () => {
  const [behind, ahead] = [newViews(), newViews()];
  await snapshots(3);
  await behind.catchUp(reading);
  await redis.client.xadd(SNAPSHOTS, '*', 'symbol', 'S1', 'position_notional_usd', '11', 'sigma', '0.1');
  await ahead.catchUp(reading);
  await ahead.book.checkpoint(reading);
  await behind.book.checkpoint(reading);
  const restarted = newViews();
  await restarted.catchUp(reading);
  expect(positionsOf(restarted)).toEqual(positionsOf(ahead));
  expect(restarted.book.lastId).toBe(ahead.book.lastId);
});

test('entries without a usable symbol, or over the limits, are dead letters, each once', async () => {
  const views = newViews();
  await redis.client.xadd(SNAPSHOTS, '*', 'symbol', 'BTC USDT', 'position_notional_usd', '1');
  await redis.client.xadd(SNAPSHOTS, '*', 'position_notional_usd', '1');
  const many = Array.from({ length: 1500 }, (_, n) => [`f${n}`, 'x']).flat();
  await redis.client.xadd(SNAPSHOTS, '*', 'symbol', 'BIG', ...many);
  await snapshots(1);
  for (const one of [views, newViews()]) {
    await one.catchUp(reading);
    await one.book.checkpoint(redis.client);
    expect(positionsOf(one).map(({ symbol }) => symbol)).toEqual(['S0']);
  }
  const letters = await redis.client.xrange(`${SNAPSHOTS}.dlq`, '-', '+');
  expect(letters.map(([, flat]) => fieldsOf(flat))).toEqual([
    expect.objectContaining({ symbol: 'BTC USDT', dlq_reason: expect.stringContaining('got "BTC USDT"') }),
    expect.objectContaining({ position_notional_usd: '1', dlq_group: 'position_book', dlq_attempts: '1' }),
    expect.objectContaining({ dlq_packed: expect.any(String), dlq_reason: 'over_limit: 1501 fields, at most 200' }),
  ]);
});

test('after FLUSHALL the new book counts, even when the news of it travels slower than the answers', async () => {
  const proxy = await startProxy(redis.port, 20);
  const views = newViews(connection(proxy.url));
  await snapshots(2);
  await views.catchUp(reading);
  await redis.client.flushall();
  await snapshots(1, 7);
  await views.catchUp(reading);
  expect(positionsOf(views).map(({ symbol }) => symbol)).toEqual(['S7']);
  await proxy.stop();
});

test('a checkpoint that is on its way when FLUSHALL runs brings nothing of before into the new book', async () => {
  const proxy = await startProxy(redis.port, 20);
  const views = newViews(connection(proxy.url));
  await snapshots(2);
  await views.catchUp(reading);
  await redis.client.flushall();
  await snapshots(1, 7);
  await views.book.checkpoint(redis.client);
  expect(await redis.client.exists('quantum:portcullis:book')).toBe(0);
  await views.catchUp(reading);
  expect(positionsOf(views).map(({ symbol }) => symbol)).toEqual(['S7']);
  await proxy.stop();
});

test('a FLUSHALL while the hashes are being loaded leaves none of the old ones', async () => {
  const pipeline = redis.client.pipeline();
  for (let n = 0; n < 5_000; n += 1) pipeline.hset(`quantum:state:market:S${n}`, 'sigma', '0.1');
  await pipeline.exec();
  const views = newViews();
  const looking = views.catchUp(reading);
  await redis.client.ping();
  await redis.client.flushall();
  await looking;
  await views.catchUp(reading);
  expect([...views.hashes('state:market').names()]).toEqual([]);
});

test('data that were lost while no connection stood take the book with them', async () => {
  const proxy = await startProxy(redis.port);
  const views = new PortfolioViews(portfolio, {
    data: connection(proxy.url),
    invalidations: new Invalidations(connection(proxy.url), [portfolio]),
  });
  await snapshots(3);
  await views.catchUp(reading);
  proxy.cutAll();
  await redis.client.flushall();
  await snapshots(1, 9);
  await views.catchUp(reading);
  expect(positionsOf(views).map(({ symbol }) => symbol)).toEqual(['S9']);
  await proxy.stop();
});

test('a connection that was cut, with the data still there, keeps what producers have trimmed since', async () => {
  const proxy = await startProxy(redis.port);
  const views = newViews(connection(proxy.url));
  await snapshots(3);
  await views.catchUp(reading);
  await redis.client.xtrim(SNAPSHOTS, 'MAXLEN', 1);
  proxy.cutAll();
  await snapshots(1, 9);
  await views.catchUp(reading);
  expect(positionsOf(views).map(({ symbol }) => symbol)).toEqual(['S0', 'S1', 'S2', 'S9']);
  await proxy.stop();
});

test('a book key of another type reads as no snapshots at all', async () => {
  await redis.client.set(SNAPSHOTS, 'text');
  const views = newViews();
  await views.catchUp(reading);
  expect(views.book.everSeen).toBe(false);
  await redis.client.del(SNAPSHOTS);
  await snapshots(1);
  await views.catchUp(reading);
  expect(views.book.everSeen).toBe(true);
});
