import { pino } from 'pino';
import { expect, test } from 'vitest';
import { readiness } from '../../../runtime/doors/http/health.ts';
import { PortfolioFeeds, type PortfolioFeedsOptions } from '../../../runtime/market/feeds/portfolio-feeds.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { runCli } from '../../support/cli.ts';
import { exchangeSettings } from '../../support/exchange.ts';
import { startRedis, until } from '../../support/redis.ts';

const DOUBT = 'the account reading is not believed yet: equity_fell (equity 100, expected about 1000)';
const DEAF = 'its events have not come for';
const portfolio = portfolioOf('quantum');

test('a doubted equity and a dead stream of events are said by readyz, status and doctor', async ({
  onTestFinished,
}) => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const nowMs = Date.now();
  await redis.client.hset('quantum:state:portfolio:doubt', {
    reason: 'equity_fell',
    equity_usd: '100',
    expected_usd: '1000',
  });
  await redis.client.hset('quantum:feed:status:account', {
    state: 'ok',
    since_ms: nowMs - 5 * MINUTE_MS,
    last_success_ms: nowMs + 5 * MINUTE_MS,
    user_stream: 'closed',
    user_stream_since_ms: nowMs - 2 * MINUTE_MS,
  });
  await redis.client.set(`quantum:${runtimeKeys.lease('feeds')}`, 'another-worker');
  const feeds = new PortfolioFeeds({
    ...{ redis: redis.client, portfolio, feeds: ['account'], pollMs: 1_000, workerName: 'w' },
    exchange: () => {
      throw new Error('expected the other worker to collect');
    },
    metrics: { apply: () => undefined },
    log: pino({ level: 'silent' }),
  } as unknown as PortfolioFeedsOptions);
  onTestFinished(() => feeds.stop());
  feeds.start();
  const said = await until('both to be said', () => (feeds.problems().length === 2 ? feeds.problems() : undefined));
  const problems = [expect.stringContaining(DEAF), DOUBT];
  expect(said.map(({ problem }) => problem)).toEqual(problems);
  expect(readiness({ redisUp: true, lanes: [] }, said)).toMatchObject({ status: 'ready', feeds: said });
  const nowhere = { url: 'http://127.0.0.1:9', wsUrl: 'ws://127.0.0.1:9' };
  const environment = { ...exchangeSettings(nowhere), FEEDS: 'account', HTTP_PORT: '0' };
  for (const command of ['status', 'doctor']) {
    const { out } = await runCli(redis.url, [command], { environment });
    expect(out).toContain(DOUBT);
    expect(out).toContain(DEAF);
  }
});
