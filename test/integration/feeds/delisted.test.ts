import { expect, test } from 'vitest';
import { feedFindings } from '../../../runtime/desk/doctor/feeds.ts';
import { readFeedSettings } from '../../../runtime/settings/feed-settings.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { keys } from '../../../schemas/keys.ts';
import { formatWritten } from '../../../schemas/portfolio-state.ts';
import { exchangeSettings } from '../../support/exchange.ts';
import { hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { startRedis, until } from '../../support/redis.ts';

test('a held symbol that is traded no more keeps a sigma, stays in the heat, and doctor names it', async ({
  onTestFinished,
}) => {
  const rig = await startFeedsRig({ FEEDS: 'account,market', FEED_POLL_SEC: '1' });
  onTestFinished(() => rig.stop());
  rig.trade('ETHUSDT', 'BUY', 1);
  rig.exchange.control({ do: 'delist', symbol: 'ETHUSDT' });
  const state = await hashThat(rig, 'state:market:ETHUSDT', ({ reason }) => reason === 'not_trading');
  expect(Number(state.sigma_1d)).toBeGreaterThan(0);
  expect(state).toMatchObject({ tick_size: '0.00000001', step_size: '0.001', min_notional_usd: '5' });
  const { sigma_1d } = await hashThat(rig, 'position:snapshot:ETHUSDT', (fields) => fields.sigma_1d !== undefined);
  expect(sigma_1d).toBe(state.sigma_1d);
  const env = { ...exchangeSettings(rig.exchange), FEEDS: 'account,market' };
  const settings = readFeedSettings(env, ['quantum'], { problems: [], warnings: [] });
  const found = await feedFindings(rig.redis.client, portfolioOf('quantum'), settings);
  expect(found.find(({ check }) => check === 'market trading')).toMatchObject({
    verdict: 'warn',
    found: expect.stringContaining('ETHUSDT'),
  });
  await until('the snapshot to be in the stream as well', async () => {
    const entries = await rig.redis.client.xrevrange('quantum:stream:position.snapshot', '+', '-', 'COUNT', 50);
    return entries.some(([, fields]) => fields.includes('sigma_1d') && fields.includes('ETHUSDT'));
  });
});

test('a symbol that is delisted while it is watched is known by the next poll, and not an hour later', async ({
  onTestFinished,
}) => {
  const rig = await startFeedsRig({ FEEDS: 'account,market', FEED_POLL_SEC: '1' });
  onTestFinished(() => rig.stop());
  rig.trade('ETHUSDT', 'BUY', 1);
  await hashThat(rig, 'state:market:ETHUSDT', ({ reason, mark_price }) => reason === 'ok' && mark_price !== undefined);
  rig.exchange.control({ do: 'delist', symbol: 'ETHUSDT' });
  const state = await hashThat(rig, 'state:market:ETHUSDT', ({ reason }) => reason === 'not_trading');
  expect(Number(state.sigma)).toBeGreaterThan(0);
  expect(state.mark_price).toBeUndefined();
});

test('doctor names the held symbols without a sigma of now, and whether the last one is kept', async ({
  onTestFinished,
}) => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const portfolio = portfolioOf('quantum');
  const held = { longQty: 1, shortQty: 0, grossNotionalUsd: 100, markPrice: 100, atMs: 0 };
  const states = {
    BTCUSDT: { reason: 'candles_stale', sigma: '0.01' },
    DOGEUSDT: { reason: 'no_candles' },
    ETHUSDT: { reason: 'ok', sigma: '0.01' },
    SOLUSDT: { reason: 'in words of somebody else' },
  };
  for (const [symbol, state] of Object.entries(states)) {
    await redis.client.hset(portfolio.key(keys.feedHeld), symbol, formatWritten(held));
    await redis.client.hset(portfolio.key(keys.market(symbol)), state);
  }
  await redis.client.hset(portfolio.key(keys.feedHeld), 'XRPUSDT', formatWritten(held));
  await redis.client.set(portfolio.key(keys.market('XRPUSDT')), 'of another type');
  const nowhere = { url: 'http://127.0.0.1:9', wsUrl: 'ws://127.0.0.1:9' };
  const env = { ...exchangeSettings(nowhere), FEEDS: 'account,market' };
  const settings = readFeedSettings(env, ['quantum'], { problems: [], warnings: [] });
  const found = await feedFindings(redis.client, portfolio, settings);
  expect(found.find(({ check }) => check === 'market sigma')).toMatchObject({
    verdict: 'warn',
    found:
      'held without a sigma of now: BTCUSDT (candles_stale; heat and budgets go by the last one), ' +
      'DOGEUSDT (no_candles; it is not in the heat)',
  });
  expect(found.find(({ check }) => check === 'market trading')).toBeUndefined();
});
