import { expect, type TestContext, test } from 'vitest';
import { operationsOn } from '../../runtime/desk/operations/operations.ts';
import { exposureKept } from '../../runtime/desk/strategies/list.ts';
import { buildApp } from '../../runtime/doors/http/app.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runCli } from '../support/cli.ts';
import { GovernorRig } from '../support/governor-rig.ts';
import { fakeRuntime, httpContext, WITH_TOKEN } from '../support/http.ts';
import { until } from '../support/redis.ts';

const ENV = { GOV_SYMBOL_COOLDOWN_SECONDS: '0', GOV_MAX_EXEC_PER_HOUR: '1000', GOV_MAX_EXEC_PER_5MIN: '1000' };
const OPEN = { symbol: 'BTCUSDT', action: 'OPEN_LONG', side: 'BUY', qty: '0.1', price: '100' };
const portfolio = portfolioOf('quantum');

const handlers = await loadHandlers();

function operationsOf(rig: GovernorRig) {
  return operationsOn(rig.client, portfolio, { handlers, lanes: [], environment: {} });
}

/** A governor, and a way to ask it in the name of a strategy. */
async function started(context: TestContext) {
  const rig = await GovernorRig.start();
  context.onTestFinished(async () => await rig.stop());
  const { runtime } = await rig.worker({ env: ENV });
  let asked = 0;
  const verdict = async (strategy: string, fields: Record<string, string> = OPEN) => {
    const planId = `p${asked++}`;
    const entry = Object.entries({ plan_id: planId, ...fields, strategy }).flat();
    await rig.client.xadd('quantum:stream:apply.plan', '*', ...entry);
    let found = '';
    await until(`a verdict on ${planId}`, async () => {
      const block = await rig.client.get(`quantum:governor:block:${planId}`);
      const permit = await rig.client.get(`quantum:permit:${planId}`);
      found = block === null ? (permit === null ? '' : 'permit') : JSON.parse(block).reason;
      return found !== '';
    });
    return found;
  };
  return { rig, runtime, verdict, url: rig.redis.url };
}

test.concurrent('a paused strategy opens nothing and closes, others go on, and the ledger says why', async (context) => {
  const { rig, verdict, url } = await started(context);
  expect(await verdict('trend')).toBe('permit');
  const argv = ['strategy', 'pause', 'trend', '--actor', 'ada', '--reason', 'a broken signal'];
  const done = await runCli(url, argv);
  expect([done.code, done.out]).toEqual([0, 'Paused trend: its OPEN plans are refused, its CLOSE plans pass.\n']);
  await until('the worker to go by it', async () => (await verdict('trend')) === 'strategy_paused');
  expect(
    await verdict('trend', { symbol: 'BTCUSDT', action: 'FULL_CLOSE_PROPOSED', reduceOnly: 'true', qty: '1' }),
  ).toBe('permit');
  expect(await verdict('grid')).toBe('permit');
  expect((await runCli(url, ['strategy'])).out).toMatch(/^grid\s+active[^\n]*\ntrend\s+paused/m);
  expect((await runCli(url, argv)).out).toBe('Strategy trend is paused already: nothing was changed.\n');
  expect((await runCli(url, ['strategy', 'resume', 'trend', '--reason', 'mended'])).code).toBe(2);
  const resumed = await runCli(url, ['strategy', 'resume', 'trend', '--reason', 'mended', '--yes']);
  expect(resumed.out).toBe('Resumed trend: its OPEN plans are judged again.\n');
  await until('the worker to go by it', async () => (await verdict('trend')) === 'permit');
  const entries = (await rig.entries('quantum:stream:ops.ledger')).filter(({ action }) => action === 'policy_set');
  expect(entries).toMatchObject([
    { actor: 'ada', reason: 'a broken signal', gate: 'governor', after: 'GOV_STRATEGY_PAUSED=trend' },
    { reason: 'mended', before: 'GOV_STRATEGY_PAUSED=trend', after: 'GOV_STRATEGY_PAUSED=off' },
  ]);
  expect((await runCli(url, ['strategy', 'pause', 'a b', '--reason', 'x'])).code).toBe(2);
});

test.concurrent('two who pause at once are both heeded, beside what the environment pauses', async (context) => {
  const rig = await GovernorRig.start();
  context.onTestFinished(async () => await rig.stop());
  await rig.worker({ env: { ...ENV, GOV_STRATEGY_PAUSED: 'grid' } });
  const operations = operationsOf(rig);
  const change = { actor: 'test', reason: 'both' };
  const names = ['a', 'b', 'c', 'd'];
  await Promise.all(names.map((name) => operations.setStrategyPaused(name, true, change)));
  const paused = async () => (await operations.strategies()).strategies.filter(({ state }) => state === 'paused');
  expect((await paused()).map(({ strategy }) => strategy)).toEqual([...names, 'grid']);
  await Promise.all([...names, 'grid'].map((name) => operations.setStrategyPaused(name, false, change)));
  expect(await paused()).toEqual([]);
  expect(JSON.parse((await rig.client.hget('quantum:policy:governor', 'settings')) ?? '')).toEqual({
    GOV_STRATEGY_PAUSED: 'off',
  });
});

test.concurrent('is the same over HTTP, and previewed', async (context) => {
  const { rig, runtime, verdict } = await started(context);
  const operations = operationsOf(rig);
  const app = await buildApp(
    await httpContext(
      { ...fakeRuntime({ redis: rig.client, handlers }), look: runtime.look },
      { operationsOf: () => operations },
    ),
  );
  context.onTestFinished(async () => await app.close());
  const send = async (url: string, payload: object) => {
    const { statusCode, body } = await app.inject({ method: 'POST', url, payload, headers: WITH_TOKEN });
    return { code: statusCode, ...JSON.parse(body) };
  };
  const pause = '/v1/strategies/trend/pause';
  expect(await send(pause, {})).toMatchObject({ code: 400 });
  expect(await send('/v1/strategies/a,b/pause', { reason: 'x' })).toMatchObject({ code: 400 });
  expect(await send(pause, { reason: 'looked', actor: 'ada' })).toMatchObject({
    code: 200,
    strategy: 'trend',
    before: 'active',
    after: 'paused',
  });
  await until('the worker to go by it', async () => (await verdict('trend')) === 'strategy_paused');
  const listed = await app.inject({ method: 'GET', url: '/v1/strategies', headers: WITH_TOKEN });
  expect(listed.json().strategies).toContainEqual({ strategy: 'trend', state: 'paused', reserved: 0, reserved_usd: 0 });
  const preview = await send('/v1/preview', { action: 'strategy_pause', strategy: 'trend' });
  expect(preview).toMatchObject({ code: 200, effect: 'Nothing: it is so already.' });
  expect(await send('/v1/preview', { action: 'strategy_pause', strategy: '*' })).toMatchObject({ code: 409 });
});

test.concurrent('a share that a policy sets is held beside the cap, told, and off again without a trace in replies', async (context) => {
  const { rig, verdict, url } = await started(context);
  await rig.client.hset('quantum:state:market:BTCUSDT', { mark_price: '100', timestamp: String(await rig.now()) });
  expect(await verdict('trend')).toBe('permit');
  expect(await rig.client.keys('quantum:governor:strategy_*')).toEqual([]);
  const set = async (text: string) => {
    const argv = ['policy', 'set', ...text.split(' '), '--gate', 'governor', '--reason', 'shares', '--yes'];
    expect((await runCli(url, argv)).code).toBe(0);
  };
  await set('GOV_STRATEGY_MAX_SHARE_PCT=trend:5,*:50 GOV_STRATEGY_MAX_PERMITS_PER_HOUR=grid:1');
  await until(
    'what strategies hold is kept',
    async () => (await rig.client.exists('quantum:governor:strategy_use')) === 1,
  );
  await until('trend is held to its share', async () => (await verdict('trend')) === 'strategy_notional_exceeded');
  expect(await verdict('grid', { ...OPEN, qty: '0.2' })).toBe('permit');
  expect(await verdict('grid', { ...OPEN, qty: '0.2' })).toBe('strategy_permits_exceeded');
  const used = (await operationsOf(rig).strategies()).strategies;
  const reserved = used.find(({ strategy }) => strategy === 'trend')?.reserved_usd ?? 0;
  expect(reserved).toBeGreaterThan(90);
  expect(used).toEqual([
    {
      ...{ strategy: 'grid', state: 'active', reserved: 1, reserved_usd: 20 },
      used: { symbols: 1, held_usd: 0, permits_hour: 1 },
      limits: { share_pct: 50, max_usd: 1000, max_permits_hour: 1 },
    },
    {
      ...{ strategy: 'trend', state: 'active', reserved: expect.any(Number), reserved_usd: reserved },
      used: { symbols: 1, held_usd: 0, permits_hour: expect.any(Number) },
      limits: { share_pct: 5, max_usd: 100 },
    },
  ]);
  const listed = (await runCli(url, ['strategy'])).out;
  expect(listed).toContain(`${reserved} of 100 USD`);
  expect(listed).toMatch(/Unattributed: 0 USD\n$/);
  const ask = [
    'evaluate',
    'symbol=ETHUSDT',
    'action=OPEN',
    'side=BUY',
    'qty=9',
    'price=100',
    'strategy=trend',
    '--json',
  ];
  const { largest } = JSON.parse((await runCli(url, ask)).out);
  expect(largest?.notional_usd ?? 0).toBeCloseTo(100 - reserved, 6);
  const plans = await rig.entries('quantum:stream:decisions');
  const refused = plans.find(({ reason }) => reason === 'strategy_notional_exceeded')?.plan_id ?? '';
  expect((await runCli(url, ['explain', refused])).out).toContain('$100.00 is its share (strategy_notional_exceeded)');
  await rig.client.del('quantum:governor:strategy_use');
  expect(await verdict('drift')).toBe('caps_data_unavailable');
  const lost = JSON.parse((await runCli(url, ['status', '--json'])).out).trading.holds;
  expect(lost).toMatchObject([
    { reason: 'strategy_use', do: expect.stringContaining('DEL quantum:governor:strategy_use') },
  ]);
  await rig.client.del('quantum:governor:strategy_since');
  await until('it is begun again', async () => (await verdict('trend')) === 'strategy_notional_exceeded');
  await set('GOV_STRATEGY_MAX_SHARE_PCT=off GOV_STRATEGY_MAX_PERMITS_PER_HOUR=off');
  await until('trend opens again', async () => (await verdict('trend')) === 'permit');
  const plain = (await operationsOf(rig).strategies()).strategies.map((one) => Object.keys(one));
  expect(new Set(plain.flat())).toEqual(new Set(['strategy', 'state', 'reserved', 'reserved_usd']));
});

test.concurrent('a running process says the same of strategies from what it keeps, and walks no keys for it', async (context) => {
  const rig = await GovernorRig.start();
  context.onTestFinished(async () => await rig.stop());
  const { runtime } = await rig.worker({ env: { ...ENV, GOV_STRATEGY_MAX_SHARE_PCT: '*:50' } });
  await until(
    'what strategies hold to be kept',
    async () => (await rig.client.hlen('quantum:governor:strategy_use')) > 0,
  );
  await rig.snapshot('ETHUSDT', { position_notional_usd: '700' });
  await rig.send('one', { strategy: 'trend' });
  expect(await rig.verdict('one')).toBe('permit');
  const read = await operationsOf(rig).strategies();
  expect(read).toMatchObject({ strategies: [{ strategy: 'trend', reserved_usd: 100 }], unattributed_usd: 700 });
  const exposureNow = exposureKept(runtime, portfolio, handlers);
  const kept = operationsOn(rig.client, portfolio, { handlers, lanes: [], environment: {}, exposureNow });
  const scans = async () => /cmdstat_scan:calls=(\d+)/.exec(await rig.client.info('commandstats'))?.[1] ?? '0';
  await until('the worker to know the position', async () => (await kept.strategies()).unattributed_usd === 700);
  const before = await scans();
  for (let time = 0; time < 20; time++) expect(await kept.strategies()).toEqual(read);
  expect(Number(await scans()) - Number(before)).toBeLessThan(20);
});
