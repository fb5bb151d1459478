import { pino } from 'pino';
import { expect, type TestContext, test } from 'vitest';
import { AccountCollector } from '../../../runtime/market/feeds/account-collector.ts';
import { MarketCollector } from '../../../runtime/market/feeds/market-collector.ts';
import type { CollectorDeps } from '../../../runtime/market/feeds/turns.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { startRedis, until } from '../../support/redis.ts';

const portfolio = portfolioOf('quantum');
const MARKET = { named: [], accountIsRead: true, interval: '1h', lookback: 168, clusterMs: undefined } as const;
const STATE = 'quantum:state:market:BTCUSDT';

/** Collectors on a real Redis, of an exchange that answers with one position; neither turns by itself. */
async function start({ onTestFinished }: TestContext) {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const account = () => Promise.resolve({ assets: [], positions: [{ symbol: 'BTCUSDT' }], sentMs: 1, readMs: 1 });
  const exchange = { name: 'test', account, health: () => ({ userStream: 'open' }), transfers: () => Promise.reject() };
  const about = { redis: redis.client, portfolio, log: pino({ level: 'silent' }), workerName: 'w', pollMs: 1_000 };
  const deps = { ...about, exchange, isHolder: () => true } as unknown as CollectorDeps;
  const markets = new MarketCollector(deps, MARKET);
  const readings = () => redis.client.xlen('quantum:stream:feed.account');
  return { redis, deps, markets, readings };
}

test('a position is told of once its volatility is known, and at once from then on', async (context) => {
  const { redis, deps, markets, readings } = await start(context);
  const asked: string[] = [];
  let known: () => void = () => undefined;
  const prepare = async (symbols: readonly string[]) => {
    asked.push(symbols.join());
    await new Promise<void>((resolve) => {
      known = resolve;
    });
  };
  const collector = new AccountCollector(deps, { expect: prepare });
  const turn = collector.collect(1_000);
  await until('the volatility to be asked for', () => asked.length === 1);
  expect([asked, await readings()]).toEqual([['BTCUSDT'], 0]);
  known();
  await turn;
  expect(await readings()).toBe(1);

  await redis.client.hset(STATE, 'sigma_1d', '0.04');
  await markets.expect(['BTCUSDT']);
  await redis.client.del(STATE);
  await markets.expect(['BTCUSDT']);
});

test('the volatility of a symbol that is held for the first time is waited for', async (context) => {
  const { redis, markets } = await start(context);
  let ended = false;
  const waiting = markets.expect(['BTCUSDT']).then(() => {
    ended = true;
  });
  await redis.client.ping();
  expect(ended).toBe(false);
  await redis.client.hset(STATE, 'sigma_1d', '0.04');
  await waiting;
  await redis.client.del(STATE);
  await markets.expect(['BTCUSDT']);
});

test('one that never becomes known keeps no reading back for good, and none while the feed ends', async (context) => {
  const { deps, markets, readings } = await start(context);
  await new AccountCollector(deps, markets).collect(1_000);
  expect(await readings()).toBe(1);
  await markets.stop();
  const again = new MarketCollector(deps, MARKET);
  await again.stop();
  await again.expect(['ETHUSDT']);
});
