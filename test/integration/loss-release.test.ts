import { expect, type TestContext, test } from 'vitest';
import { operationsOn } from '../../runtime/desk/operations/operations.ts';
import { buildApp } from '../../runtime/doors/http/app.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runCli } from '../support/cli.ts';
import { fakeRuntime, httpContext, WITH_TOKEN } from '../support/http.ts';
import { LOSS_ENV as env, lossRig } from '../support/loss-rig.ts';
import { until } from '../support/redis.ts';

const LATCH = 'quantum:governor:loss_latch';
const portfolio = portfolioOf('quantum');

/** A governor whose account lost a tenth in a day. */
async function lost(context: TestContext) {
  const made = await lossRig(context);
  await made.rig.worker({ env });
  await made.read(10_000, 10_000, 9_000, 9_000);
  return made;
}

test.concurrent('a person releases the latch and nothing else; the loss counts from there', async (context) => {
  const { rig, read, verdict } = await lost(context);
  const { url } = rig.redis;
  expect(await verdict('a')).toBe('daily_loss_exceeded');
  const shown = await runCli(url, ['loss']);
  expect(shown.out).toContain('HELD: daily_loss_exceeded (GOV_MAX_DAILY_LOSS_PCT: 10 %, limit 5 %)');
  const held = 'a loss limit was reached (10 %, limit 5 %)';
  expect((await runCli(url, ['status'])).out).toContain(
    `\nOPEN REFUSED   ${held}: portcullis loss release --reason …\n`,
  );
  expect((await runCli(url, ['doctor'])).out).toContain(`${held}: OPEN plans wait`);
  await rig.client.hset('quantum:governor:state', { rev: '1', trading_state: 'REDUCING', armed: '1' });
  const argv = ['loss', 'release', '--actor', 'ada', '--reason', 'the strategy is stopped'];
  expect((await runCli(url, argv)).code).toBe(2);
  const { code, out } = await runCli(url, [...argv, '--yes']);
  expect([code, out]).toEqual([0, 'Released: daily. It counts anew.\n']);
  expect((await runCli(url, ['status'])).out).not.toContain('OPEN REFUSED');
  await read(9_000);
  expect(await verdict('b')).toBe('reducing_only');
  await rig.client.hset('quantum:governor:state', { rev: '2', trading_state: 'ACTIVE', armed: '1' });
  expect(await verdict('c')).toBe('permit');
  await read(8_551, 8_551);
  expect(await verdict('d')).toBe('permit');
  await read(8_550, 8_550);
  expect(await verdict('e')).toBe('daily_loss_exceeded');
  const entries = await rig.entries('quantum:stream:ops.ledger');
  const released = entries.find(({ action }) => action === 'loss_release');
  expect(released).toMatchObject({ actor: 'ada', reason: 'the strategy is stopped', after: '' });
  expect(JSON.parse(released?.before ?? '')).toMatchObject({ daily: { value: 10, limit: 5 } });
  expect(await rig.events('LOSS_RELEASED')).toHaveLength(1);
  expect((await runCli(url, ['ledger', '--verify'])).code).toBe(0);
});

test.concurrent('a latch that is left while no limit is in force holds nothing, and is not said to', async (context) => {
  const { rig, verdict } = await lost(context);
  const { url } = rig.redis;
  const limits = Object.keys(env).filter((name) => /^GOV_MAX_.*(?:LOSS|DRAWDOWN)/.test(name));
  const off = limits.map((name) => `${name}=off`);
  const argv = ['policy', 'set', ...off, '--gate', 'governor', '--reason', 'without limits', '--yes'];
  expect((await runCli(url, argv)).code).toBe(0);
  let asked = 0;
  await until('the worker to go by it', async () => (await verdict(`a${asked++}`)) === 'permit');
  expect(await rig.client.exists(LATCH)).toBe(1);
  expect((await runCli(url, ['status'])).out).not.toContain('OPEN REFUSED');
  expect((await runCli(url, ['doctor'])).out).not.toContain('a loss limit was reached');
});

test.concurrent('a release that holds nothing, or that nobody can read, is refused', async (context) => {
  const { rig, read } = await lost(context);
  const { url, client } = rig.redis;
  const release = () => runCli(url, ['loss', 'release', '--reason', 'x', '--yes']);
  expect((await release()).code).toBe(0);
  expect((await release()).err).toContain('expected a loss limit that was reached, got none');
  await read(9_000);
  await client.hset(LATCH, 'tripped', '{');
  expect((await release()).err).toContain('expected trips that can be read, got {');
  expect((await runCli(url, ['loss'])).out).toContain('cannot be read');
  await client.del(LATCH);
  await client.set(LATCH, 'x');
  expect((await release()).err).toContain(`expected a hash at ${LATCH}, found a string`);
  expect((await runCli(url, ['loss'])).out).toContain('cannot be read');
});

test.concurrent('is the same over HTTP', async (context) => {
  const { rig, read, verdict } = await lost(context);
  const { client } = rig.redis;
  const handlers = await loadHandlers();
  const operations = operationsOn(client, portfolio, { handlers, lanes: [], environment: {} });
  const app = await buildApp(await httpContext(fakeRuntime({ redis: client }), { operationsOf: () => operations }));
  context.onTestFinished(async () => await app.close());
  const shown = await app.inject({ method: 'GET', url: '/v1/loss', headers: WITH_TOKEN });
  expect(shown.json()).toMatchObject({
    state: 'kept',
    equity_usd: 9000,
    bases: [
      { kind: 'daily', base_usd: 10_000, loss_usd: 1000, loss_pct: 10 },
      { kind: 'weekly' },
      { kind: 'drawdown' },
    ],
    tripped: [{ reason: 'daily_loss_exceeded', loss: '10 %', limit: '5 %' }],
  });
  const send = (payload: object) =>
    app.inject({ method: 'POST', url: '/v1/loss/release', payload, headers: WITH_TOKEN });
  expect((await send({})).statusCode).toBe(400);
  expect((await send({ reason: 'looked', actor: 'ada' })).json()).toEqual({ released: 'daily' });
  await read(9_000);
  expect(await verdict('a')).toBe('permit');
});
