import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LocalExchange } from '../../../runtime/market/local-exchange/index.ts';
import { exchangeSettings, startTestExchange } from '../../support/exchange.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { startWorker, type WorkerProcess } from '../../support/worker-process.ts';

const STATUS = 'quantum:feed:status:account';
let redis: TestRedis;
let exchange: LocalExchange;
let workers: ReadonlyMap<string, WorkerProcess>;

beforeEach(async () => {
  [redis, exchange] = await Promise.all([startRedis(), startTestExchange()]);
  const env = { ...exchangeSettings(exchange), FEEDS: 'account', FEED_POLL_SEC: '1' };
  workers = new Map(['one', 'two'].map((name) => [name, startWorker(redis, { name, gates: 'feeds', settings: env })]));
  await Promise.all([...workers.values()].map((worker) => worker.started));
});
afterEach(async () => {
  for (const worker of workers.values()) worker.process.kill('SIGKILL');
  await Promise.all([...workers.values()].map((worker) => worker.ended));
  await exchange.stop();
  await redis.stop();
});

async function collector(other?: string): Promise<string> {
  const named = () => redis.client.hget(STATUS, 'worker');
  return await until<string | null>('a worker to collect', async () => {
    const name = await named();
    return name === other ? null : name;
  });
}

/** The names of the workers that an account was read by while so many readings came in. */
async function readers(readings: number): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  const from = await redis.client.xlen('quantum:stream:feed.account');
  await until(`${readings} readings`, async () => {
    names.add((await redis.client.hget(STATUS, 'worker')) ?? '');
    return (await redis.client.xlen('quantum:stream:feed.account')) - from >= readings;
  });
  return names;
}

test.each(['SIGKILL', 'SIGTERM'] as const)('of two workers one collects; after %s the other does', async (signal) => {
  const first = await collector();
  const openedMs = performance.now();
  expect([...(await readers(3))]).toEqual([first]);
  expect(performance.now() - openedMs).toBeGreaterThan(1500);
  expect(exchange.streams().filter(({ kind }) => kind === 'user').length).toBe(1);
  workers.get(first)?.process.kill(signal);
  const second = await collector(first);
  const takenOverSec = Math.floor(Date.now() / 1000);
  expect([...(await readers(2))]).toEqual([second]);
  await until('the state to be of its readings', async () => {
    return Number(await redis.client.hget('quantum:state:portfolio', 'timestamp')) >= takenOverSec;
  });
});
