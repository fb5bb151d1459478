import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Invalidations } from '../../../runtime/engine/views/invalidations.ts';
import { PortfolioViews } from '../../../runtime/engine/views/portfolio-views.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { startProxy } from '../../support/proxy.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { connectTo } from '../../support/system.ts';

/** So many that all keys of each are told of, those of no family too. */
const PORTFOLIOS = Array.from({ length: 140 }, (_, at) => portfolioOf(`fund-${at}`));
const WATCHED = [0, 1, 14, 139];
const MARKET = 'state:market';

let redis: TestRedis;
let open: Redis[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterEach(() => {
  for (const connection of open) connection.disconnect();
  open = [];
});
afterAll(() => redis.stop());

function connection(url = redis.url): Redis {
  const made = connectTo(url);
  made.on('error', () => undefined);
  open.push(made);
  return made;
}

function viewsOf(url = redis.url): readonly PortfolioViews[] {
  const data = connection(url).setMaxListeners(0);
  const invalidations = new Invalidations(connection(url), PORTFOLIOS);
  return PORTFOLIOS.map((portfolio) => new PortfolioViews(portfolio, { data, invalidations }));
}

async function catchUp(views: readonly PortfolioViews[]): Promise<void> {
  await Promise.all(WATCHED.map((at) => views[at]?.catchUp(redis.client)));
}

function sigmas(views: readonly PortfolioViews[]): readonly (string | undefined)[] {
  return WATCHED.map((at) => views[at]?.hashes(MARKET).get('BTCUSDT')?.sigma);
}

async function write(sigma: string): Promise<void> {
  for (const at of WATCHED) await redis.client.hset(`fund-${at}:${MARKET}:BTCUSDT`, { sigma: `${sigma}.${at}` });
}

test('on one connection each portfolio is told of its own hashes, and of what is written at once', async () => {
  const views = viewsOf();
  for (let round = 0; round < 50; round += 1) {
    await write(String(round));
    await catchUp(views);
    expect(sigmas(views)).toEqual(WATCHED.map((at) => `${round}.${at}`));
  }
});

test('keys of no family are told of, and not read', async () => {
  const views = viewsOf();
  await catchUp(views);
  await redis.client.config('RESETSTAT');
  for (let at = 0; at < 20; at += 1) await redis.client.hset(`fund-1:harvest:heat:by_plan:${at}`, { heat: '1' });
  await catchUp(views);
  expect(await redis.client.info('commandstats')).not.toContain('cmdstat_hgetall');
});

test('a lost connection and lost data reach all portfolios', async () => {
  const proxy = await startProxy(redis.port);
  const views = viewsOf(proxy.url);
  await write('a');
  await catchUp(views);
  proxy.cutAll();
  await write('b');
  await catchUp(views);
  expect(sigmas(views)).toEqual(WATCHED.map((at) => `b.${at}`));
  await redis.client.flushall();
  await until('the loss to be told', async () => {
    await catchUp(views);
    return sigmas(views).every((sigma) => sigma === undefined);
  });
  await write('c');
  await catchUp(views);
  expect(sigmas(views)).toEqual(WATCHED.map((at) => `c.${at}`));
  await proxy.stop();
});
