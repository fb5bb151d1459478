import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf } from '../support/system.ts';
import { startWorker, type WorkerProcess } from '../support/worker-process.ts';

/** As test/support/worker.ts sets it. */
const INTERVAL_MS = 1_000;
const TICKS = 'quantum:stream:clock.out';
const BEFORE = 4;
const AFTER = 13;

let redis: TestRedis;
const workers: WorkerProcess[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterEach(() => {
  for (const worker of workers.splice(0)) worker.process.kill('SIGKILL');
});
afterAll(() => redis.stop());

async function scheduledTimes(count: number): Promise<number[]> {
  await until(`${count} ticks`, async () => (await redis.client.xlen(TICKS)) >= count, 60_000);
  return (await entriesOf(redis.client, TICKS)).map(({ fields }) => Number(fields.scheduled_ms));
}

test('three processes tick exactly once an interval between them, though one of them is killed', async () => {
  for (const name of ['w1', 'w2', 'w3']) workers.push(startWorker(redis, { testGate: 'clock', name }));
  await Promise.all(workers.map(({ started }) => started));
  const [first = 0] = await scheduledTimes(1);
  await scheduledTimes(BEFORE);
  const victim = workers[1] as WorkerProcess;
  await until('the middle of an interval', async () => (Date.now() - first) % INTERVAL_MS > INTERVAL_MS / 2);
  victim.process.kill('SIGKILL');
  expect(await victim.ended).toBe('SIGKILL');
  const times = (await scheduledTimes(BEFORE + AFTER)).slice(0, BEFORE + AFTER);
  expect(times.slice(2)).toEqual(times.slice(2).map((_, at) => (times[2] ?? 0) + at * INTERVAL_MS));
  expect(new Set(times).size).toBe(times.length);
});
