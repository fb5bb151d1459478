import { expect, type TestContext, test } from 'vitest';
import { TEST_KEY } from '../../support/exchange.ts';
import { type FeedsRig, hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { until } from '../../support/redis.ts';
import { metricOf } from '../../support/system.ts';

const EVENTS_UP = 'portcullis_feed_events_up{feed="account"}';

/** A system that has read its account of 100,000 dollars, and hears its events; all of it ends with the test. */
async function start({ onTestFinished }: TestContext): Promise<FeedsRig> {
  const rig = await startFeedsRig({ FEED_POLL_SEC: '1', FEEDS: 'account' });
  onTestFinished(() => rig.stop());
  await hashThat(rig, 'feed:status:account', ({ user_stream, transfers_known_to_ms }) => {
    return user_stream === 'open' && transfers_known_to_ms !== undefined;
  });
  await hashThat(rig, 'state:portfolio:hwm', ({ hwm_usd }) => hwm_usd === '100000');
  return rig;
}

/** Ends the stream of events, and lets no other one come. */
async function deafen(rig: FeedsRig): Promise<void> {
  rig.exchange.control({ do: 'refuse_streams', on: true });
  rig.exchange.control({ do: 'drop_streams', kind: 'user' });
  await hashThat(rig, 'feed:status:account', ({ user_stream }) => user_stream !== 'open');
}

async function hearAgain(rig: FeedsRig): Promise<void> {
  rig.exchange.control({ do: 'refuse_streams', on: false });
  await hashThat(rig, 'feed:status:account', ({ user_stream }) => user_stream === 'open', 120_000);
}

test.concurrent('a dead stream of events is a gauge, and said since when', async (context) => {
  const rig = await start(context);
  await until('the gauge to say that it is open', async () => (await metricOf(rig.system, EVENTS_UP)) === 1);
  const before = Date.now();
  await deafen(rig);
  await until('the gauge to say that it is not', async () => (await metricOf(rig.system, EVENTS_UP)) === 0);
  expect(Number((await rig.hash('feed:status:account')).user_stream_since_ms)).toBeGreaterThanOrEqual(before);
  expect(await metricOf(rig.system, 'portcullis_feed_up{feed="account"}')).toBe(1);
});

test.concurrent('a deposit that nobody told heals no drawdown, and counts once when events come again', async (context) => {
  const rig = await start(context);
  await deafen(rig);
  rig.exchange.control({ do: 'wallet', apiKey: TEST_KEY, usd: 80_000 });
  await hashThat(rig, 'state:portfolio', ({ drawdown }) => Number(drawdown) === 20);
  rig.exchange.control({ do: 'deposit', apiKey: TEST_KEY, usd: 20_000 });
  await hashThat(rig, 'state:portfolio:hwm', ({ hwm_usd }) => hwm_usd === '120000');
  const { drawdown } = await hashThat(rig, 'state:portfolio', ({ equity_usd }) => Number(equity_usd) === 100_000);
  expect(Number(drawdown)).toBeCloseTo(100 / 6, 6);
  await hearAgain(rig);
  const known = Number((await rig.hash('feed:status:account')).transfers_known_to_ms);
  await hashThat(rig, 'feed:status:account', (now) => Number(now.transfers_known_to_ms) > known + 2_000);
  expect((await rig.hash('state:portfolio:hwm')).hwm_usd).toBe('120000');
});

test.concurrent('a withdrawal that nobody told makes no drawdown', async (context) => {
  const rig = await start(context);
  await deafen(rig);
  rig.exchange.control({ do: 'withdraw', apiKey: TEST_KEY, usd: 30_000 });
  await hashThat(rig, 'state:portfolio:hwm', ({ hwm_usd }) => hwm_usd === '70000');
  const { drawdown } = await hashThat(rig, 'state:portfolio', ({ equity_usd }) => Number(equity_usd) === 70_000);
  expect(drawdown).toBe('0');
});
