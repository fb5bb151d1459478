import { expect, test } from 'vitest';
import { feedFindings } from '../../../runtime/desk/doctor/feeds.ts';
import { readFeedSettings } from '../../../runtime/settings/feed-settings.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { exchangeSettings } from '../../support/exchange.ts';
import { hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { until } from '../../support/redis.ts';

test('a held symbol that is traded no more keeps a sigma, stays in the heat, and doctor names it', async ({
  onTestFinished,
}) => {
  const rig = await startFeedsRig({ FEEDS: 'account,market', FEED_POLL_SEC: '1' });
  onTestFinished(() => rig.stop());
  rig.trade('ETHUSDT', 'BUY', 1);
  rig.exchange.control({ do: 'delist', symbol: 'ETHUSDT' });
  const state = await hashThat(rig, 'state:market:ETHUSDT', ({ reason }) => reason === 'not_trading');
  expect(Number(state.sigma_1d)).toBeGreaterThan(0);
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
