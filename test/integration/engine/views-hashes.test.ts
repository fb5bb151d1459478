import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Invalidations } from '../../../runtime/engine/views/invalidations.ts';
import { PortfolioViews } from '../../../runtime/engine/views/portfolio-views.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { startProxy } from '../../support/proxy.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { connectTo } from '../../support/system.ts';

let redis: TestRedis;
let views: PortfolioViews;
let connections: { data: Redis; listener: Redis };
let reading: Redis;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  await redis.client.flushall();
  connections = { data: connectTo(redis.url), listener: connectTo(redis.url) };
  reading = connectTo(redis.url);
  views = viewsOn(connections);
});
afterEach(() => {
  for (const connection of [connections.data, connections.listener, reading]) connection.disconnect();
});
afterAll(() => redis.stop());

const MARKET = 'state:market';

function write(symbol: string, sigma: string) {
  return redis.client.hset(`quantum:${MARKET}:${symbol}`, { sigma });
}

function viewsOn({ data, listener }: { data: Redis; listener: Redis }): PortfolioViews {
  const portfolio = portfolioOf('quantum');
  return new PortfolioViews(portfolio, { data, invalidations: new Invalidations(listener, [portfolio]) });
}

function next(connection: Redis, event: string): Promise<void> {
  return new Promise((resolve) => connection.once(event, () => resolve()));
}

function sigmaOf(symbol: string): string | undefined {
  return views.hashes(MARKET).get(symbol)?.sigma;
}

async function snapshot(symbol: string, notional: string): Promise<string> {
  const fields = ['symbol', symbol, 'position_notional_usd', notional, 'sigma', '0.1'];
  return String(await redis.client.xadd('quantum:stream:position.snapshot', '*', ...fields));
}

test('a hash written right before the look is seen, many times in a row', async () => {
  for (let round = 0; round < 300; round += 1) {
    await write('BTCUSDT', String(round));
    await views.catchUp(reading);
    expect(sigmaOf('BTCUSDT')).toBe(String(round));
  }
});

test('a look that begins on a connection that ends before it is ready comes to its end', async () => {
  const link = await startProxy(redis.port);
  for (const connection of Object.values(connections)) connection.disconnect();
  connections = { data: connectTo(link.url), listener: connectTo(link.url) };
  for (const connection of Object.values(connections)) connection.on('error', () => undefined);
  views = viewsOn(connections);
  await views.catchUp(reading);
  for (const connection of [connections.listener, connections.data]) {
    link.down();
    await next(connection, 'connect');
    let ended = false;
    const looking = views.catchUp(reading).then(() => {
      ended = true;
    });
    await next(connection, 'close');
    link.up();
    await write('BTCUSDT', '0.5');
    await until('the look to end', () => ended);
    await looking;
    expect(sigmaOf('BTCUSDT')).toBe('0.5');
  }
  await link.stop();
});

test('looks that overlap all see what was written before them', async () => {
  for (let round = 0; round < 100; round += 1) {
    await write('BTCUSDT', String(round));
    const looks = [1, 2, 3].map(() => views.catchUp(reading).then(() => sigmaOf('BTCUSDT')));
    expect(await Promise.all(looks)).toEqual([String(round), String(round), String(round)]);
  }
});

test('hashes that are deleted, that expire, or that become something else are gone', async () => {
  for (const symbol of ['A', 'B', 'C', 'D']) await write(symbol, '1');
  await views.catchUp(reading);
  await redis.client.del(`quantum:${MARKET}:A`);
  await redis.client.pexpire(`quantum:${MARKET}:B`, 1);
  await until('B to expire', async () => (await redis.client.exists(`quantum:${MARKET}:B`)) === 0);
  await redis.client.set(`quantum:${MARKET}:C`, 'text');
  await views.catchUp(reading);
  expect([...views.hashes(MARKET).names()]).toEqual(['D']);
});

test('hashes of other portfolios and other families are not taken in', async () => {
  await write('A', '1');
  await redis.client.hset('quantum2:state:market:B', { sigma: '2' });
  await redis.client.hset('quantum:state:portfolio', { equity_usd: '1' });
  await views.catchUp(reading);
  await redis.client.hset('quantum2:state:market:C', { sigma: '2' });
  await views.catchUp(reading);
  expect([...views.hashes(MARKET).names()]).toEqual(['A']);
});

test('after FLUSHALL only what was written since is there, in hashes and book, however close it follows', async () => {
  for (let round = 0; round < 100; round += 1) {
    await write('OLD', '1');
    await snapshot('OLD', '1');
    await views.catchUp(reading);
    await redis.client.flushall();
    await write('NEW', String(round));
    await snapshot('NEW', String(round));
    await views.catchUp(reading);
    expect([...views.hashes(MARKET).names()]).toEqual(['NEW']);
    expect([...views.book.positions()].map(({ symbol, notional }) => [symbol, notional])).toEqual([['NEW', round]]);
  }
});

test.each(['listener', 'data'] as const)(
  'after the %s connection was killed, changes are seen as before',
  async (which) => {
    await write('BTCUSDT', '0');
    await views.catchUp(reading);
    for (let round = 1; round <= 10; round += 1) {
      const id = await idOf(connections[which]);
      await redis.client.client('KILL', 'ID', id);
      await write('BTCUSDT', String(round));
      await views.catchUp(reading);
      expect(sigmaOf('BTCUSDT')).toBe(String(round));
    }
  },
);

test('where the connection that reads was killed, nothing is loaded again, and a change meanwhile is seen', async () => {
  await write('A', '1');
  await views.catchUp(reading);
  const scans = await callsOf('scan');
  for (let round = 0; round < 5; round += 1) {
    await redis.client.client('KILL', 'ID', await idOf(connections.data));
    await write('B', String(round));
    await views.catchUp(reading);
    expect(sigmaOf('B')).toBe(String(round));
  }
  expect(await callsOf('scan')).toBe(scans);
});

async function callsOf(command: string): Promise<number> {
  const stats = await redis.client.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

/** The server's id of a connection that may be subscribed: found by its local port. */
async function idOf(connection: Redis): Promise<string> {
  return await until('the connection', async () => {
    const port = (connection as unknown as { stream: { localPort: number } }).stream.localPort;
    const list = String(await redis.client.client('LIST'));
    const line = list.split('\n').find((one) => one.includes(`addr=127.0.0.1:${port} `));
    return connection.status === 'ready' ? /^id=(\d+)/.exec(line ?? '')?.[1] : undefined;
  });
}

test('a hash whose field is named __proto__ keeps it', async () => {
  await redis.client.hset(`quantum:${MARKET}:X`, '__proto__', 'kept', 'sigma', '1');
  await views.catchUp(reading);
  expect(Object.entries(views.hashes(MARKET).get('X') ?? {})).toEqual([
    ['__proto__', 'kept'],
    ['sigma', '1'],
  ]);
});

test('ten thousand hashes are loaded, and one change is seen among them', async () => {
  const pipeline = redis.client.pipeline();
  for (let n = 0; n < 10_000; n += 1) pipeline.hset(`quantum:${MARKET}:S${n}`, 'sigma', '0.1');
  await pipeline.exec();
  await views.catchUp(reading);
  expect([...views.hashes(MARKET).names()]).toHaveLength(10_000);
  await write('S7777', '0.5');
  await views.catchUp(reading);
  expect(sigmaOf('S7777')).toBe('0.5');
});
