import { expect, type TestContext, test } from 'vitest';
import { TEST_KEY, TEST_SECRET } from '../../support/exchange.ts';
import { type FeedsRig, hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { until } from '../../support/redis.ts';
import { countedTo, metricOf } from '../../support/system.ts';

const QUICK = { FEED_POLL_SEC: '1', FEEDS: 'account' };

/** A system whose account was read once; all of it ends with the test. */
async function start({ onTestFinished }: TestContext, env = QUICK): Promise<FeedsRig> {
  const rig = await startFeedsRig(env);
  onTestFinished(() => rig.stop());
  await hashThat(rig, 'state:portfolio', ({ equity_usd }) => equity_usd !== undefined);
  return rig;
}

/** What the status of the account feed says once `is` holds. */
function status(rig: FeedsRig, is: (fields: Record<string, string>) => boolean): Promise<Record<string, string>> {
  return hashThat(rig, 'feed:status:account', is);
}

async function freshAgain(rig: FeedsRig): Promise<void> {
  const { last_success_ms: before = '0' } = await rig.hash('feed:status:account');
  await status(rig, ({ state, last_success_ms }) => state === 'ok' && Number(last_success_ms) > Number(before));
}

test.concurrent('an exchange that goes away and comes back is named, and survived', async (context) => {
  const rig = await start(context);
  await rig.replaceExchange(false);
  const failing = await status(rig, ({ state }) => state === 'failing');
  expect(failing.error).not.toBe('');
  await countedTo(rig.system, 'portcullis_feed_failures_total{feed="account",kind="unavailable"}', 1);
  await rig.replaceExchange(true);
  await freshAgain(rig);
  rig.trade('BTCUSDT', 'BUY', 1);
  await hashThat(rig, 'state:portfolio', ({ positions_count }) => positions_count === '1');
});

test.concurrent('a ban is obeyed, named, and over when it ends', async (context) => {
  const rig = await start(context);
  const fromMs = Date.now();
  rig.exchange.control({ do: 'fail', with: { kind: 'banned', forMs: 3000 }, times: 1 });
  const banned = await status(rig, ({ pause_reason }) => pause_reason === 'banned');
  const untilMs = Number(banned.paused_until_ms);
  expect(untilMs).toBeGreaterThan(fromMs + 2000);
  await until('the ban to be over', () => Date.now() > untilMs);
  const refusedAt = rig.exchange.requests().findLastIndex((request) => request.status === 418);
  const meanwhile = rig.exchange.requests().slice(refusedAt + 1);
  expect(meanwhile.filter(({ atMs }) => atMs < untilMs - 500).length).toBeLessThanOrEqual(1);
  await freshAgain(rig);
});

test.concurrent('a clock five seconds off changes nothing, in either direction', async (context) => {
  const rig = await start(context);
  for (const ms of [5000, -5000]) {
    rig.exchange.control({ do: 'clock_offset', ms });
    await freshAgain(rig);
    const fromSec = Date.now() / 1000;
    await freshAgain(rig);
    const { timestamp } = await rig.hash('state:portfolio');
    expect(Number(timestamp)).toBeGreaterThan(fromSec - 2);
    expect(Number(timestamp)).toBeLessThan(Date.now() / 1000 + 2);
  }
  expect(await metricOf(rig.system, 'feed_doubts_total{reason="equity_fell"}')).toBe(0);
});

test.concurrent('HTML, half an answer and an error are survived, each named', async (context) => {
  const rig = await start(context);
  for (const kind of [{ kind: 'html', status: 502 }, { kind: 'half_json' }, { kind: 'status', status: 503 }] as const) {
    rig.exchange.control({ do: 'fail', with: kind });
    const { error } = await status(rig, ({ state }) => state === 'failing');
    expect(error).not.toBe('');
    rig.exchange.control({ do: 'heal' });
    await freshAgain(rig);
  }
});

test.concurrent('an absurd equity of one reading is not believed, and seen', async (context) => {
  const rig = await start(context);
  rig.exchange.control({ do: 'absurd_equity', apiKey: TEST_KEY, usd: 1, readings: 1 });
  await until('the doubt to be told', () => rig.system.lines.some((line) => line.includes('not believed until')));
  await until('the doubt to end', () => rig.system.lines.some((line) => line.includes('is dismissed')));
  expect(Number((await rig.hash('state:portfolio')).equity_usd)).toBeGreaterThan(1000);
});

test.concurrent('a deposit moves the high-water mark, and no drawdown comes of a withdrawal', async (context) => {
  const rig = await start(context);
  rig.exchange.control({ do: 'withdraw', apiKey: TEST_KEY, usd: 50_000 });
  const state = await hashThat(rig, 'state:portfolio', ({ equity_usd }) => Number(equity_usd) === 50_000);
  expect(state.drawdown).toBe('0');
  rig.exchange.control({ do: 'deposit', apiKey: TEST_KEY, usd: 25_000 });
  await hashThat(rig, 'state:portfolio:hwm', ({ hwm_usd }) => hwm_usd === '75000');
});

test.concurrent('an event is read at once, not with the next poll', async (context) => {
  const slow = await start(context, { ...QUICK, FEED_POLL_SEC: '10' });
  await until('the user stream', () => slow.exchange.streams().some(({ kind }) => kind === 'user'));
  await hashThat(slow, 'state:portfolio', ({ equity_usd }) => equity_usd !== undefined);
  const last = async () => Number((await slow.hash('feed:status:account')).last_success_ms);
  await until('two quiet seconds', async () => Date.now() - (await last()) > 2000);
  const polledMs = await last();
  slow.trade('BTCUSDT', 'BUY', 1);
  await hashThat(slow, 'state:portfolio', ({ positions_count }) => positions_count === '1');
  expect((await last()) - polledMs).toBeLessThan(9_000);
});

test.concurrent('no key and no secret is in Redis or in the log', async (context) => {
  const rig = await start(context);
  rig.exchange.control({ do: 'fail', with: { kind: 'status', status: 400, code: -1022 } });
  await status(rig, ({ state }) => state === 'failing');
  const texts = [...rig.system.lines];
  for (const key of await rig.redis.client.keys('*feed*')) {
    if ((await rig.redis.client.type(key)) === 'hash') texts.push(JSON.stringify(await rig.redis.client.hgetall(key)));
  }
  for (const text of texts) expect(text).not.toMatch(new RegExp(`${TEST_KEY}|${TEST_SECRET}|signature`));
});
