import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { echoGate } from '../../support/gates.ts';
import { deadLettersOf, feed, judgedAll, keepBusy, numbers, pendingOf } from '../../support/lane.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { countedTo, metricOf, startSystem, type TestSystem } from '../../support/system.ts';

const IN = 'quantum:stream:echo.in';

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

async function start(gate = echoGate(), workerName?: string): Promise<TestSystem> {
  const system = await startSystem(redis, { handlers: [gate], ...(workerName !== undefined && { workerName }) });
  systems.push(system);
  return system;
}

/** Entries that a worker of ours was given and never finished. */
async function leftBy(worker: string, values: readonly string[], idleMs: number): Promise<string[]> {
  await redis.client.xgroup('CREATE', IN, 'echo', '0', 'MKSTREAM').catch(() => undefined);
  const ids = await feed(redis.client, values);
  await redis.client.xreadgroup('GROUP', 'echo', worker, 'COUNT', values.length, 'STREAMS', IN, '>');
  await redis.client.xclaim(IN, 'echo', worker, 0, ...ids, 'IDLE', idleMs, 'JUSTID');
  await redis.client.sadd('quantum:portcullis:consumers:echo', worker);
  return ids;
}

test('after a restart a worker finishes what it was given before it reads on', async () => {
  await leftBy('w1', ['1', '2', '3'], 0);
  await feed(redis.client, ['4', '5']);
  await start(echoGate(), 'w1');
  expect(await judgedAll(redis.client, 5)).toEqual(['1', '2', '3', '4', '5']);
});

test('what a crashed worker left is taken over, however much it is', async () => {
  await leftBy('crashed', numbers(250), 60_000);
  const system = await start(echoGate(), 'w1');
  expect((await judgedAll(redis.client, 250)).toSorted()).toEqual(numbers(250).toSorted());
  await until('nothing pending', async () => (await pendingOf(redis.client)) === 0);
  expect(await countedTo(system, 'echo_judged_total', 250)).toBe(250);
});

test('a worker whose clock was set back an hour still takes over what others left', async () => {
  const [held = ''] = await leftBy('crashed', ['theirs'], 0);
  await start(echoGate(), 'w1');
  await feed(redis.client, ['ours']);
  await judgedAll(redis.client, 1);
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => performance.timeOrigin + performance.now() - 3_600_000);
  try {
    await redis.client.xclaim(IN, 'echo', 'crashed', 0, held, 'IDLE', 60_000, 'JUSTID');
    expect((await judgedAll(redis.client, 2)).toSorted()).toEqual(['ours', 'theirs']);
  } finally {
    clock.mockRestore();
  }
});

test('what another worker is still busy with is left to it', async () => {
  const [held = ''] = await leftBy('busy', ['theirs'], 0);
  const busy = keepBusy(redis.client, held);
  try {
    await start(echoGate(), 'w1');
    await feed(redis.client, ['ours']);
    expect(await judgedAll(redis.client, 1)).toEqual(['ours']);
    const pending = (await redis.client.xpending(IN, 'echo', '-', '+', 10)) as [string, string][];
    expect(pending.map(([id, consumer]) => [id, consumer])).toEqual([[held, 'busy']]);
  } finally {
    busy.end();
  }
});

test('an entry that was trimmed while it was pending is dropped and counted, and hinders nothing', async () => {
  const [first] = (await leftBy('w1', ['1', '2'], 0)) as [string];
  await redis.client.xdel(IN, first);
  const system = await start(echoGate(), 'w1');
  expect(await judgedAll(redis.client, 1)).toEqual(['2']);
  await until('nothing pending', async () => (await pendingOf(redis.client)) === 0);
  expect(await countedTo(system, 'portcullis_messages_total{handler="echo",result="trimmed"}', 1)).toBe(1);
});

test('restarts while a lane is held do not make dead letters of what waits', async () => {
  await redis.client.set('quantum:stream:echo.out', 'text');
  await feed(redis.client, ['1', '2']);
  for (let restart = 0; restart < 6; restart += 1) {
    const system = await start(echoGate(), 'w1');
    await until('the lane to be held', () => system.runtime.lanes().some(({ state }) => state === 'held'));
    await system.stop();
  }
  await redis.client.del('quantum:stream:echo.out');
  await start(echoGate(), 'w1');
  expect(await judgedAll(redis.client, 2)).toEqual(['1', '2']);
  expect(await deadLettersOf(redis.client)).toEqual([]);
});

test('of two workers one reads, and the other goes on where it stops', async () => {
  const first = await start(echoGate({ batch: 7 }), 'w1');
  await until('w1 to read', () => first.runtime.lanes()[0]?.state === 'running');
  const second = await start(echoGate({ batch: 7 }), 'w2');
  for (let round = 0; round < 20; round += 1) await feed(redis.client, numbers(50, round * 50));
  await judgedAll(redis.client, 100);
  expect(await metricOf(second, 'echo_judged_total')).toBe(0);
  await first.stop();
  await feed(redis.client, numbers(100, 1_000));
  expect(await judgedAll(redis.client, 1_100)).toEqual(numbers(1_100));
  expect(await countedTo(systems, 'echo_judged_total', 1_100)).toBe(1_100);
  expect(await metricOf(second, 'echo_judged_total')).toBeGreaterThan(0);
});
