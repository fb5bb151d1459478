import { expect, test } from 'vitest';
import { operationsOn } from '../../../runtime/desk/operations/operations.ts';
import { startHttp } from '../../../runtime/doors/http/server.ts';
import { runCli } from '../../support/cli.ts';
import { exchangeSettings, TEST_KEY } from '../../support/exchange.ts';
import { hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/redis.ts';
import { countedTo, metricOf } from '../../support/system.ts';

const ENV = { FEED_POLL_SEC: '1', STALE_SEC: '3', BUDGET_COMPUTE_INTERVAL_SEC: '1' };

test.concurrent('an exchange that is gone is named by readyz, health and doctor, the process stays ready, and the gates count a stale input', async (context) => {
  const rig = await startFeedsRig(ENV);
  context.onTestFinished(() => rig.stop());
  rig.trade('BTCUSDT', 'BUY', 0.5);
  await hashThat(rig, 'state:portfolio', ({ positions_count }) => positions_count === '1');
  const port = await freePort();
  const { runtime, portfolio, feeds } = rig.system;
  const off = { p26: 0, p27Metrics: 0, p27Health: 0, p28: 0, governor: 0 };
  const http = await startHttp(runtime, {
    host: '127.0.0.1',
    ports: { http: port, ...off },
    adminToken: 'token',
    gates: ['feeds'],
    p28TestMode: false,
    operationsOf: () =>
      operationsOn(runtime.redisOf(portfolio), portfolio, { handlers: [], lanes: [], environment: {} }),
    known: { handlers: [], environment: {}, feeds: undefined, lanesOf: () => [] },
    queues: [],
    feedProblems: () => feeds.problems(),
  });
  const asked = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    const body = (await answer.json()) as { status: string; feeds: { feed: string; problem: string }[] };
    return { code: answer.status, ...body };
  };
  try {
    await until('fresh feeds', async () => (await asked('/health')).status === 'healthy');
    await rig.replaceExchange(false);
    await until('a stale input', async () => {
      return (await metricOf(rig.system, 'p28_stale_input_total{input_type="portfolio_state"}')) > 0;
    });
    await countedTo(rig.system, 'p28_lkg_cache_used_total', 1);
    await until('the feed to be named', async () => (await asked('/health')).status === 'degraded');
    const feed = { portfolio: 'quantum', feed: 'account', problem: expect.stringContaining('stale since') };
    expect(await asked('/health')).toMatchObject({ code: 200, feeds: [feed] });
    expect(await asked('/readyz')).toMatchObject({ code: 200, status: 'ready', feeds: [feed] });
    const environment = { ...exchangeSettings(rig.exchange), HTTP_PORT: '0' };
    const { code, out } = await runCli(rig.redis.url, ['doctor'], { environment });
    expect(code).toBe(1);
    expect(out).toMatch(/broken +feed account +stale since .*\n.*goes on by itself/);
    await rig.replaceExchange(true);
    await until('fresh feeds again', async () => (await asked('/health')).status === 'healthy');
  } finally {
    await http.close();
  }
});

test.concurrent('a withdrawal that nobody heard of is found in the list of transfers', async (context) => {
  const rig = await startFeedsRig({ FEED_POLL_SEC: '1', FEEDS: 'account' });
  context.onTestFinished(() => rig.stop());
  await hashThat(rig, 'state:portfolio', ({ equity_usd }) => equity_usd !== undefined);
  rig.exchange.control({ do: 'mute_user_events', on: true });
  rig.exchange.control({ do: 'withdraw', apiKey: TEST_KEY, usd: 10_000 });
  await hashThat(rig, 'state:portfolio', ({ equity_usd }) => Number(equity_usd) === 90_000);
  rig.exchange.control({ do: 'drop_streams', kind: 'user' });
  await hashThat(rig, 'state:portfolio', ({ drawdown }) => drawdown === '0');
});
