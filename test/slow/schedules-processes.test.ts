import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { expectOnSchedule, type Tick, tickEntries } from '../support/ticks.ts';
import { startWorker, type WorkerProcess } from '../support/worker-process.ts';

/** As test/support/worker.ts sets it. */
const INTERVAL_MS = 1_000;
const TICKS = 'quantum:stream:clock.out';
const FUNDS = ['fund-a', 'fund-b', 'fund-c'] as const;
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

async function ticks(count: number): Promise<readonly Tick[]> {
  await until(`${count} ticks`, async () => (await redis.client.xlen(TICKS)) >= count);
  return await tickEntries(redis.client, TICKS);
}

test('three processes tick exactly once an interval between them, though one of them is killed', async () => {
  for (const name of ['w1', 'w2', 'w3']) workers.push(startWorker(redis, { testGate: 'clock', name }));
  await Promise.all(workers.map(({ started }) => started));
  const [first] = await ticks(1);
  await ticks(BEFORE);
  const victim = workers[1] as WorkerProcess;
  await until(
    'the middle of an interval',
    async () => (Date.now() - (first?.dueMs ?? 0)) % INTERVAL_MS > INTERVAL_MS / 2,
  );
  victim.process.kill('SIGKILL');
  expect(await victim.ended).toBe('SIGKILL');
  expectOnSchedule((await ticks(BEFORE + AFTER)).slice(2), INTERVAL_MS);
});

test('of two processes with other lists of portfolios one is killed: what the other serves ticks on, and the rest from the next start', async () => {
  const [first, both, other] = FUNDS;
  const out = (fund: string) => `${fund}:stream:clock.out`;
  const more = async (count: number, funds: readonly string[]) => {
    const lengths = await Promise.all(funds.map((fund) => redis.client.xlen(out(fund))));
    for (const [at, fund] of funds.entries()) {
      const wanted = (lengths[at] ?? 0) + count;
      await until(`ticks of ${fund}`, async () => (await redis.client.xlen(out(fund))) >= wanted);
    }
  };
  const victim = startWorker(redis, { testGate: 'clock', name: 'w1', portfolios: [first, both] });
  workers.push(victim, startWorker(redis, { testGate: 'clock', name: 'w2', portfolios: [both, other] }));
  await Promise.all(workers.map(({ started }) => started));
  await more(BEFORE, FUNDS);
  victim.process.kill('SIGKILL');
  expect(await victim.ended).toBe('SIGKILL');
  const alone = await redis.client.xlen(`${first}:stream:tick.clock`);
  await more(AFTER, [both, other]);
  expect(await redis.client.xlen(`${first}:stream:tick.clock`)).toBe(alone);
  workers.push(startWorker(redis, { testGate: 'clock', name: 'w3', portfolios: FUNDS }));
  await more(BEFORE, FUNDS);
  for (const fund of [both, other])
    expectOnSchedule((await tickEntries(redis.client, out(fund))).slice(2), INTERVAL_MS);
});
