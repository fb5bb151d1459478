import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { keysBeginning, serverOf } from '../../../runtime/redis/key-sweep.ts';
import { startProxy } from '../../support/proxy.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { connectTo } from '../../support/system.ts';

const PORTFOLIOS = Array.from({ length: 20 }, (_, at) => `fund-${at}:`);
const KEYS_EACH = 250;

let redis: TestRedis;
let server: string;
let connections: Redis[];
beforeAll(async () => {
  redis = await startRedis();
  server = await serverOf(redis.client);
  const pipeline = redis.client.pipeline();
  for (const beginning of PORTFOLIOS) {
    for (let at = 0; at < KEYS_EACH; at += 1) pipeline.set(`${beginning}${at}`, '');
  }
  await pipeline.exec();
});
beforeEach(() => {
  connections = [];
});
afterEach(() => {
  for (const connection of connections) connection.disconnect();
});
afterAll(() => redis.stop());

function connect(url = redis.url): Redis {
  const connection = connectTo(url);
  connection.on('error', () => undefined);
  connections.push(connection);
  return connection;
}

function keysOf(beginning: string): string[] {
  return Array.from({ length: KEYS_EACH }, (_, at) => `${beginning}${at}`).sort();
}

async function scans(): Promise<number> {
  return Number(/cmdstat_scan:calls=(\d+)/.exec(await redis.client.info('commandstats'))?.[1] ?? 0);
}

function sorted(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort();
}

test('twenty who ask at once each get their own keys, all of them, for one look through the server', async () => {
  await redis.client.config('RESETSTAT');
  await keysBeginning(connect(), server, PORTFOLIOS[0] as string);
  const alone = await scans();
  await redis.client.config('RESETSTAT');
  const found = await Promise.all(PORTFOLIOS.map((beginning) => keysBeginning(connect(), server, beginning)));
  expect(found.map(sorted)).toEqual(PORTFOLIOS.map(keysOf));
  // Fewer where a page took long, and the next ones grew for it.
  expect(await scans()).toBeLessThanOrEqual(alone);
});

test('who asks while a look is under way gets what was written before, from the next one', async () => {
  const first = keysBeginning(connect(), server, 'fund-0:');
  for (let round = 0; round < 20; round += 1) {
    await redis.client.set(`late:${round}`, '');
    const found = await keysBeginning(redis.client, server, 'late:');
    expect(found).toContain(`late:${round}`);
  }
  expect(sorted(await first)).toEqual(keysOf('fund-0:'));
});

test('where the connection that looks for all has gone, the others look by themselves', async () => {
  const link = await startProxy(redis.port);
  const gone = connect(link.url);
  await gone.ping();
  const looking = keysBeginning(gone, server, 'fund-0:');
  const beside = ['fund-1:', 'fund-2:'].map((beginning) => keysBeginning(connect(), server, beginning));
  link.down();
  expect((await Promise.all(beside)).map(sorted)).toEqual([keysOf('fund-1:'), keysOf('fund-2:')]);
  link.up();
  expect(sorted(await looking)).toEqual(keysOf('fund-0:'));
  await link.stop();
});
