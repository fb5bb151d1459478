import { expect, type TestContext, test } from 'vitest';
import { operationsOn } from '../../../runtime/desk/operations/operations.ts';
import { setAccountMark } from '../../../runtime/desk/positions/account-mark.ts';
import { buildApp } from '../../../runtime/doors/http/app.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { runCli } from '../../support/cli.ts';
import { type FeedsRig, hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { fakeRuntime, httpContext, WITH_TOKEN } from '../../support/http.ts';
import { startRedis, until } from '../../support/redis.ts';
import { entriesOf } from '../../support/system.ts';

const portfolio = portfolioOf('quantum');
const READINGS = 'quantum:stream:feed.account';
const change = { actor: 'ada', reason: 'the venue showed 240000 for a second' };

/** A system whose account of 100,000 dollars was read. */
async function start({ onTestFinished }: TestContext): Promise<FeedsRig> {
  const rig = await startFeedsRig({ FEED_POLL_SEC: '1', FEEDS: 'account' });
  onTestFinished(() => rig.stop());
  await hashThat(rig, 'state:portfolio:hwm', ({ hwm_usd }) => hwm_usd === '100000');
  return rig;
}

test.concurrent('drawdown counts from the mark that an operator set, and the ledger says who', async (context) => {
  const rig = await start(context);
  const argv = ['account', 'mark', '125000', '--reason', change.reason, '--actor', change.actor, '--yes'];
  const { code, out } = await runCli(rig.redis.url, argv);
  expect([code, out]).toEqual([0, 'High-water mark: 100000 → 125000 US dollars.\n']);
  const { drawdown } = await hashThat(rig, 'state:portfolio', ({ drawdown: now }) => Number(now) > 0);
  expect(drawdown).toBe('20');
  const entries = await entriesOf(rig.redis.client, 'quantum:stream:ops.ledger');
  const entry = entries.find(({ fields }) => fields.action === 'account_mark');
  expect(entry?.fields).toMatchObject({ action: 'account_mark', before: '100000', after: '125000', ...change });
});

test.concurrent('a mark that is set lower takes away what one odd reading had raised, and rises again by itself', async (context) => {
  const rig = await start(context);
  await setAccountMark(rig.redis.client, portfolio, 125_000, change);
  await hashThat(rig, 'state:portfolio', ({ drawdown }) => drawdown === '20');
  await setAccountMark(rig.redis.client, portfolio, 90_000, change);
  await hashThat(rig, 'state:portfolio', ({ drawdown }) => drawdown === '0');
  await hashThat(rig, 'state:portfolio:hwm', ({ hwm_usd }) => hwm_usd === '100000');
});

test.concurrent('no reading that is judged meanwhile writes the old mark back', async (context) => {
  const rig = await start(context);
  const { client } = rig.redis;
  const [reading] = await client.xrevrange(READINGS, '+', '-', 'COUNT', 1);
  const again = client.pipeline();
  for (let count = 0; count < 1_000; count += 1) again.xadd(READINGS, '*', ...(reading?.[1] ?? []));
  await again.exec();
  for (let usd = 200_000; usd < 200_040; usd += 1) {
    await setAccountMark(client, portfolio, usd, change);
    expect((await rig.hash('state:portfolio:hwm')).hwm_usd).toBe(String(usd));
  }
  await until('all readings to be judged', async () => {
    const [group] = (await client.xinfo('GROUPS', READINGS)) as [unknown[]];
    return group[group.indexOf('lag') + 1] === 0 && group[group.indexOf('pending') + 1] === 0;
  });
  expect((await rig.hash('state:portfolio:hwm')).hwm_usd).toBe('200039');
});

test('it is refused before the account was read, below 0 and over HTTP alike', async () => {
  const redis = await startRedis();
  const handlers = await loadHandlers();
  const runtime = fakeRuntime({ redis: redis.client });
  const operationsOf = () => operationsOn(redis.client, portfolio, { handlers, lanes: [], environment: {} });
  const app = await buildApp(await httpContext(runtime, { operationsOf }));
  const post = async (payload: object) => {
    const response = await app.inject({ method: 'POST', url: '/v1/account/mark', payload, headers: WITH_TOKEN });
    return [response.statusCode, response.json().message];
  };
  try {
    await expect(setAccountMark(redis.client, portfolio, 1, change)).rejects.toThrow(
      'expected an account that was read',
    );
    for (const usd of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(setAccountMark(redis.client, portfolio, usd, change)).rejects.toThrow('expected a mark above 0');
    }
    expect(await post({ usd: 0, reason: 'r' })).toEqual([400, expect.stringContaining('usd: ')]);
    expect(await post({ usd: 100 })).toEqual([400, expect.stringContaining('reason: ')]);
    expect(await post({ usd: 100, reason: 'r' })).toEqual([409, expect.stringContaining('expected an account')]);
    await redis.client.hset('quantum:state:portfolio:hwm', { equity_usd: '90', hwm_usd: '240', settled_usd: '240' });
    expect((await post({ usd: 100, reason: 'r' }))[0]).toBe(200);
    expect(await redis.client.hgetall('quantum:state:portfolio:hwm')).toMatchObject({ hwm_usd: '100', recent: '[]' });
    const { code, err } = await runCli(redis.url, ['account', 'mark', 'high', '--reason', 'r', '--yes']);
    expect([code, err]).toEqual([2, 'portcullis: expected a mark above 0 US dollars, got "high"\n']);
    expect((await entriesOf(redis.client, 'quantum:stream:ops.ledger')).length).toBe(1);
  } finally {
    await app.close();
    await redis.stop();
  }
});
