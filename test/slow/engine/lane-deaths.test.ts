import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { echoGate } from '../../support/gates.ts';
import { deadLettersOf, feed, judgedAll, numbers, pendingOf } from '../../support/lane.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { startSystem, type TestSystem } from '../../support/system.ts';
import { startWorker, type WorkerProcess } from '../../support/worker-process.ts';

/** A lease is over after two seconds; what else a busy machine needs is left to it. */
const TAKEOVER_MS = 12_000;

let redis: TestRedis;
const systems: TestSystem[] = [];
const workers: WorkerProcess[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterEach(async () => {
  for (const worker of workers.splice(0)) worker.process.kill('SIGKILL');
  await Promise.all(systems.splice(0).map((system) => system.stop()));
});
afterAll(() => redis.stop());

test('an entry that kills its process is a dead letter after five deliveries, and takes no other with it', async () => {
  await redis.client.xadd('quantum:stream:crash.in', '*', 'n', '1');
  await feed(redis.client, ['2', 'die', '3', '4'], 'crash');
  let deaths = 0;
  for (; (await deadLettersOf(redis.client, 'crash')).length === 0 && deaths < 8; ) {
    const worker = startWorker(redis, { testGate: 'crash', name: 'w1' });
    workers.push(worker);
    const died = worker.ended.then(() => true);
    const letter = until('a dead letter', async () => (await deadLettersOf(redis.client, 'crash')).length > 0);
    if (await Promise.race([died, letter.then(() => false)])) deaths += 1;
    letter.catch(() => undefined);
  }
  expect(deaths).toBe(5);
  expect((await judgedAll(redis.client, 4, 'crash')).toSorted()).toEqual(['1', '2', '3', '4']);
  const letters = await deadLettersOf(redis.client, 'crash');
  expect(letters.map(({ fields }) => fields)).toMatchObject([
    { n: 'die', dlq_attempts: '5', dlq_reason: 'crash_loop: delivered 5 times and never finished' },
  ]);
  expect(await pendingOf(redis.client, 'crash')).toBe(0);
});

test('a worker that stands by goes on where the reader was killed, within seconds', async () => {
  const worker = startWorker(redis, { testGate: 'echo', name: 'killed' });
  workers.push(worker);
  await worker.started;
  const standby = await startSystem(redis, { handlers: [echoGate()], workerName: 'w2' });
  systems.push(standby);
  expect(standby.runtime.lanes()[0]?.state).not.toBe('running');
  await feed(redis.client, numbers(6_000));
  await judgedAll(redis.client, 100);
  worker.process.kill('SIGKILL');
  await worker.ended;
  const killedMs = performance.now();
  const done = await redis.client.xlen('quantum:stream:echo.out');
  await feed(redis.client, numbers(100, 6_000));
  await until('the other to go on', async () => (await redis.client.xlen('quantum:stream:echo.out')) > done);
  expect(performance.now() - killedMs).toBeLessThan(TAKEOVER_MS);
  expect(await judgedAll(redis.client, 6_100)).toEqual(numbers(6_100));
});
