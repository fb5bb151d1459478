import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { activate } from '../../runtime/desk/activation/activate.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { ENGINE_TIMINGS } from '../../runtime/engine/status/timings.ts';
import { lanesOf } from '../../runtime/engine/streams/lanes.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { ACTIVATION, ActivationRig } from '../support/activation-rig.ts';
import { clockGate, echoGate } from '../support/gates.ts';
import { PROPOSALS } from '../support/heat-rig.ts';
import { feed, judgedAll } from '../support/lane.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { ServedRig } from '../support/served.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

/**
 * What other tests are told to wait less for, once with the waits that the product has. Leases are tried in
 * `integration/engine/lease.test.ts`, a server that does not answer in `integration/redis-away.test.ts`, stalled jobs in
 * `slow/later-in-hand.test.ts`, and a stop that does not drain in `slow/stop-without-redis.test.ts`.
 */
const IN = 'quantum:stream:echo.in';
const TICKS = 'quantum:stream:clock.out';
/** Besides the wait itself: what a busy machine needs for the rest. */
const SLACK_MS = 5_000;

let redis: TestRedis;
const systems: TestSystem[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterEach(async () => {
  await Promise.all(systems.splice(0).map((system) => system.stop()));
});
afterAll(() => redis.stop());

test('what another worker leaves pending while the reader is at work is taken over within seconds', async () => {
  systems.push(await startSystem(redis, { handlers: [echoGate()], timings: ENGINE_TIMINGS }));
  await feed(redis.client, ['ours']);
  await judgedAll(redis.client, 1);
  await redis.client.xgroup('CREATECONSUMER', IN, 'echo', 'crashed');
  const [held = ''] = await feed(redis.client, ['theirs']);
  await judgedAll(redis.client, 2);
  const left = await redis.client.xclaim(IN, 'echo', 'crashed', 0, held, 'IDLE', 60_000, 'FORCE', 'JUSTID');
  expect(left).toEqual([held]);
  const fromMs = performance.now();
  await until('nothing to be pending', async () => ((await redis.client.xpending(IN, 'echo')) as [number])[0] === 0);
  expect(performance.now() - fromMs).toBeLessThan(ENGINE_TIMINGS.claimEveryMs + SLACK_MS);
  expect(await judgedAll(redis.client, 2)).toEqual(['ours', 'theirs']);
});

test('ticks that a FLUSHALL stopped go on with the next turn of maintenance', async () => {
  systems.push(await startSystem(redis, { handlers: [clockGate(200)], schedules: true, timings: ENGINE_TIMINGS }));
  await until('a tick', async () => (await redis.client.xlen(TICKS)) > 0);
  await redis.client.flushall();
  const fromMs = performance.now();
  await until('ticks again', async () => (await redis.client.xlen(TICKS)) > 2);
  expect(performance.now() - fromMs).toBeLessThan(ENGINE_TIMINGS.maintenanceMs + SLACK_MS);
});

test('an activation whose condition is broken is rolled back within seconds', async () => {
  const rig = await ActivationRig.start(ENGINE_TIMINGS);
  try {
    await rig.ready();
    const portfolio = portfolioOf('quantum');
    const change = { actor: 'ada', reason: 'agreed' };
    const handlers = await loadHandlers();
    const gates = { handlers, lanes: lanesOf(handlers, portfolio) };
    await activate(rig.client, portfolio, gates, 'heat-gate', { force: false, watchMs: 3_600_000, change });
    await rig.heat.add(PROPOSALS, { plan_id: 'x y' });
    const fromMs = performance.now();
    await until('the end', async () => (await rig.client.hget(ACTIVATION, 'state')) === 'rolled_back');
    expect(performance.now() - fromMs).toBeLessThan(2 * ENGINE_TIMINGS.activationLookMs + SLACK_MS);
  } finally {
    await rig.stop();
  }
});

test('the overview shows a new problem when its checks are made again', async () => {
  const rig = await ServedRig.start({}, undefined, {});
  try {
    const problems = async () => JSON.stringify((await rig.get('/overview')).body.problems);
    expect(await problems()).not.toContain('dead letters');
    await rig.add('position.snapshot', { side: 'LONG' });
    await until('the problem', async () => (await problems()).includes('stream position.snapshot: 1 dead letters'));
  } finally {
    await rig.stop();
  }
});
