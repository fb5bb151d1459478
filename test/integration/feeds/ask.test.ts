import { expect, type TestContext, test } from 'vitest';
import { buildApp } from '../../../runtime/doors/http/app.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { type FeedsRig, hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { collectFromGone, type GoneExchange } from '../../support/gone-exchange.ts';
import { fakeRuntime, httpContext, WITH_TOKEN } from '../../support/http.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { connectTo, entriesOf } from '../../support/system.ts';

const portfolio = portfolioOf('quantum');
const ASK_KEY = 'quantum:portcullis:feed_ask:account';
const change = { actor: 'ada', reason: 'the exchange answers again' };

/** A process that serves `/v1` and collects nothing: asks for a feed, and answers status and message, or what came. */
async function servedBeside({ onTestFinished }: TestContext, url: string) {
  const redis = connectTo(url);
  const app = await buildApp(await httpContext(fakeRuntime({ redis })));
  onTestFinished(async () => {
    await app.close();
    redis.disconnect();
  });
  return async (feed: string, payload: object = change) => {
    const asked = { method: 'POST', url: `/v1/feeds/${feed}/ask`, payload, headers: WITH_TOKEN } as const;
    const response = await app.inject(asked);
    return [response.statusCode, response.json().message ?? response.json()];
  };
}

/** Collects the account from an exchange that is gone, until the test is over. */
function collecting({ onTestFinished }: TestContext, { url }: TestRedis): GoneExchange {
  const gone = collectFromGone(url, portfolio, ['account']);
  onTestFinished(() => gone.stop());
  return gone;
}

test.concurrent('another process asks at once where the back-off has minutes to go, and once in five seconds', async (context) => {
  const redis = await startRedis();
  context.onTestFinished(() => redis.stop());
  const ask = await servedBeside(context, redis.url);
  const gone = collecting(context, redis);
  await until('the first try to have failed', async () => {
    return (await redis.client.hget('quantum:feed:status:account', 'state')) === 'failing';
  });
  expect(gone.asked()).toBe(1);
  await redis.client.set(ASK_KEY, 'somebody, who says no end');
  expect(await ask('account')).toEqual([200, { feed: 'account', worker: 'collector' }]);
  await until('the exchange to be asked again', () => gone.asked() === 2);
  const [status, message] = await ask('account');
  expect([status, message]).toEqual([
    409,
    expect.stringMatching(/^expected one ask in 5 s, got another: wait for \d s$/),
  ]);
  const entries = await entriesOf(redis.client, 'quantum:stream:ops.ledger');
  expect(entries.map(({ fields }) => ({ ...fields }))).toMatchObject([
    { action: 'feed_ask', before: '', after: 'account', ...change },
  ]);
  await until('the next ask to be free', async () => (await redis.client.pttl(ASK_KEY)) === -2);
  expect(gone.asked()).toBe(2);
  expect((await ask('account'))[0]).toBe(200);
  await until('the exchange to be asked a third time', () => gone.asked() === 3);
});

test.concurrent('where no process collects the feed it says so, and nothing is left', async (context) => {
  const redis = await startRedis();
  context.onTestFinished(() => redis.stop());
  const ask = await servedBeside(context, redis.url);
  const nobody = 'expected a running process that collects the feed account, got none: start one';
  expect(await ask('account')).toEqual([409, nobody]);
  expect(await entriesOf(redis.client, 'quantum:stream:ops.ledger')).toEqual([]);
  collecting(context, redis);
  await until('the lease to be held', async () => {
    return (await redis.client.exists('quantum:portcullis:lease:feeds')) === 1;
  });
  const [status, message] = await ask('market');
  expect([status, message]).toEqual([409, expect.stringContaining('got none that took it up within 3 s')]);
  expect(await redis.client.exists('quantum:portcullis:feed_ask:market')).toBe(0);
});

test.concurrent('what is no feed, has no reason or no key of the right type is refused in words', async (context) => {
  const redis = await startRedis();
  context.onTestFinished(() => redis.stop());
  const ask = await servedBeside(context, redis.url);
  expect(await ask('weather')).toEqual([400, expect.stringContaining('feed: ')]);
  expect(await ask('account', { actor: 'ada' })).toEqual([400, expect.stringContaining('reason: ')]);
  await redis.client.lpush(ASK_KEY, 'x');
  expect(await ask('account')).toEqual([409, `expected a string at ${ASK_KEY}, found a list`]);
});

test.concurrent('an exchange that banned us is not asked, and that came back is read at once', async (context) => {
  const rig: FeedsRig = await startFeedsRig({ FEED_POLL_SEC: '1', FEEDS: 'account' });
  context.onTestFinished(() => rig.stop());
  const ask = await servedBeside(context, rig.redis.url);
  const said = (is: (fields: Record<string, string>) => boolean) => hashThat(rig, 'feed:status:account', is);
  await said(({ state }) => state === 'ok');
  await rig.replaceExchange(false);
  await said(({ state }) => state === 'failing');
  await rig.replaceExchange(true);
  const { last_success_ms: before } = await rig.hash('feed:status:account');
  expect((await ask('account'))[0]).toBe(200);
  await said(({ state, last_success_ms }) => state === 'ok' && Number(last_success_ms) > Number(before));
  rig.exchange.control({ do: 'fail', with: { kind: 'banned', forMs: 60_000 }, times: 1 });
  const { paused_until_ms } = await said(({ pause_reason }) => pause_reason === 'banned');
  const asked = () => rig.exchange.requests().length;
  const already = asked();
  const until_ = new Date(Number(paused_until_ms)).toISOString();
  expect(await ask('account')).toEqual([
    409,
    `expected an exchange that takes requests, got banned until ${until_}: it is asked then`,
  ]);
  expect(asked()).toBe(already);
});
