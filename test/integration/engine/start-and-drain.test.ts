import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { ForeignConsumer } from '../../../runtime/engine/host/workers.ts';
import { echoGate } from '../../support/gates.ts';
import { feed, judgedAll, numbers, pendingOf } from '../../support/lane.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { startSystem, type TestSystem } from '../../support/system.ts';
import { startWorker } from '../../support/worker-process.ts';

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

async function start(workerName: string, handlers: readonly AnyHandler[] = [echoGate()]): Promise<TestSystem> {
  const system = await startSystem(redis, { handlers, workerName });
  systems.push(system);
  return system;
}

async function foreignConsumer(): Promise<void> {
  await redis.client.xgroup('CREATE', IN, 'echo', '0', 'MKSTREAM');
  await redis.client.xgroup('CREATECONSUMER', IN, 'echo', 'the-original');
}

test('what was written before the first start is judged', async () => {
  await feed(redis.client, ['1', '2']);
  await start('w1');
  expect(await judgedAll(redis.client, 2)).toEqual(['1', '2']);
});

test('the start refuses a consumer of another program that was active within a minute, and leaves nothing behind', async () => {
  await foreignConsumer();
  await expect(start('w1')).rejects.toThrow(
    /expected to be the only program in group echo of quantum:stream:echo\.in, got consumer the-original, active \d+ s ago/,
  );
  expect(await redis.client.exists('quantum:portcullis:worker:w1')).toBe(0);
  const connections = () => redis.client.client('LIST').then((list) => String(list).trim().split('\n').length);
  await until('only the connection of the test', async () => (await connections()) === 1);
});

test('once the other program is gone the start goes ahead', async () => {
  await foreignConsumer();
  await expect(start('w1')).rejects.toThrow(ForeignConsumer);
  await redis.client.xgroup('DELCONSUMER', IN, 'echo', 'the-original');
  await feed(redis.client, ['1']);
  await start('w1');
  expect(await judgedAll(redis.client, 1)).toEqual(['1']);
});

test('a second worker is none of another program, after a FLUSHALL either', async () => {
  await start('w1');
  for (let round = 0; round < 5; round += 1) {
    await redis.client.flushall();
    await feed(redis.client, ['1']);
    await judgedAll(redis.client, 1);
    expect(await redis.client.smembers('quantum:portcullis:consumers:echo')).toEqual(['w1']);
  }
  await start('w2');
  await feed(redis.client, numbers(20, 2));
  expect((await judgedAll(redis.client, 21)).length).toBe(21);
});

test('a worker name that is taken stops the start and says who holds it', async () => {
  await start('w1');
  await expect(start('w1')).rejects.toThrow(/expected a free worker name, got w1, which is held by /);
});

test('without a name each worker of a host takes the first slot that is free', async () => {
  const first = await startSystem(redis, { handlers: [echoGate()] });
  const second = await startSystem(redis, { handlers: [echoGate()] });
  systems.push(first, second);
  expect(first.runtime.workerName).toMatch(/^portcullis-.+-1$/);
  expect(second.runtime.workerName).toMatch(/^portcullis-.+-2$/);
});

test('a stopped worker has finished what it was judging, and what it was given is free for others at once', async () => {
  const values = numbers(400);
  await feed(redis.client, values);
  const draining = await start('w1', [echoGate({ batch: 10 })]);
  await judgedAll(redis.client, 20);
  await draining.stop();
  expect(draining.runtime.lanes().map(({ state }) => state)).toEqual(['stopped']);
  const left = (await redis.client.xpending(IN, 'echo', '-', '+', 100)) as [string, string, number, number][];
  expect(left.every(([, , idleMs]) => idleMs > 3_000_000)).toBe(true);
  await start('w2', [echoGate()]);
  expect((await judgedAll(redis.client, 400)).toSorted()).toEqual(values.toSorted());
  await until('nothing pending', async () => (await pendingOf(redis.client)) === 0);
});

test('a worker told to end (SIGTERM) in the middle of its work ends by itself with 0, and nothing is lost or doubled', async () => {
  const values = numbers(3_000);
  const worker = startWorker(redis, { testGate: 'echo', name: 'w1' });
  await worker.started;
  await feed(redis.client, values);
  await judgedAll(redis.client, 100);
  worker.process.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
  await start('w2');
  expect((await judgedAll(redis.client, 3_000)).toSorted()).toEqual(values.toSorted());
});

test('a stop while Redis is away ends all the same', async () => {
  const own = await startRedis();
  const system = await startSystem(own, { handlers: [echoGate()] });
  own.process.kill('SIGKILL');
  await until('it to be away', () => !system.runtime.redisUp());
  await system.stop();
  await own.stop();
});
