import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { counterGate } from '../../support/gates.ts';
import { feed, judged, judgedAll, numbers, pendingOf } from '../../support/lane.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { entriesOf, startSystem, type TestSystem } from '../../support/system.ts';
import { startWorker, type WorkerProcess } from '../../support/worker-process.ts';

/** Sooner than entries of a worker that is not serial are claimed, which is after 15 s. */
const TAKEOVER_MS = 12_000;
const TOKEN = 'quantum:portcullis:token:counter';

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

async function start(workerName: string, batch?: number): Promise<TestSystem> {
  const gate = counterGate(batch === undefined ? {} : { batch });
  const system = await startSystem(redis, { handlers: [gate], workerName });
  systems.push(system);
  return system;
}

function stateOf(system: TestSystem | undefined) {
  return system?.runtime.lanes()[0]?.state;
}

/** Every update counted once, and each entry of the output says the count that its message made. */
async function expectNoLostUpdate(messages: number): Promise<void> {
  await judgedAll(redis.client, messages, 'counter');
  expect(await redis.client.hget('quantum:counter', 'count')).toBe(String(messages));
  const counts = (await entriesOf(redis.client, 'quantum:stream:counter.out')).map(({ fields }) => fields.count);
  expect(counts).toEqual(numbers(messages, 1));
  await until('nothing pending', async () => (await pendingOf(redis.client, 'counter')) === 0);
}

test('messages of one batch see what those before them wrote', async () => {
  await feed(redis.client, numbers(175), 'counter');
  await start('w1');
  await expectNoLostUpdate(175);
  expect((await judged(redis.client, 'counter')).map(({ n }) => n)).toEqual(numbers(175));
});

test('of two workers one reads and the other stands by, and no update is lost between them', async () => {
  await start('w1', 7);
  await start('w2', 7);
  for (let round = 0; round < 20; round += 1) await feed(redis.client, numbers(25, round * 25), 'counter');
  await expectNoLostUpdate(500);
  await until('one to read, the other to stand by', () => systems.map(stateOf).toSorted().join() === 'running,standby');
});

test('when the reader stops, the standby goes on, in order', async () => {
  const first = await start('w1', 5);
  await until('w1 to read', () => stateOf(first) === 'running');
  await start('w2', 5);
  await feed(redis.client, numbers(300), 'counter');
  await judgedAll(redis.client, 20, 'counter');
  await first.stop();
  await expectNoLostUpdate(300);
  expect((await judged(redis.client, 'counter')).map(({ n }) => n)).toEqual(numbers(300));
});

test('when the reader is killed, the standby finishes what it was given, in order, within seconds', async () => {
  const worker = startWorker(redis, { testGate: 'counter', name: 'killed' });
  workers.push(worker);
  await worker.started;
  const standby = await start('w2');
  expect(stateOf(standby)).not.toBe('running');
  await feed(redis.client, numbers(6_000), 'counter');
  await judgedAll(redis.client, 100, 'counter');
  worker.process.kill('SIGKILL');
  await worker.ended;
  const killedMs = performance.now();
  const done = await redis.client.xlen('quantum:stream:counter.out');
  await feed(redis.client, numbers(100, 6_000), 'counter');
  await until('the standby to go on', async () => (await redis.client.xlen('quantum:stream:counter.out')) > done);
  expect(performance.now() - killedMs).toBeLessThan(TAKEOVER_MS);
  await expectNoLostUpdate(6_100);
  expect((await judged(redis.client, 'counter')).map(({ n }) => n)).toEqual(numbers(6_100));
  expect(stateOf(standby)).toBe('running');
});

test('what another program does to the token or to a held key is a conflict, and the batch is judged again', async () => {
  await start('w1');
  const trouble = (async () => {
    for (let n = 0; (await redis.client.xlen('quantum:stream:counter.out')) < 1_500; n += 1) {
      await redis.client.set(TOKEN, `of another ${n}`);
      await redis.client.set('quantum:kill', String(n));
    }
  })();
  for (let round = 0; round < 30; round += 1) await feed(redis.client, numbers(50, round * 50), 'counter');
  await trouble;
  await expectNoLostUpdate(1_500);
});

test('two workers that both take themselves for the reader lose no update', async () => {
  await start('w1', 5);
  await start('w2', 5);
  const trouble = (async () => {
    while ((await redis.client.xlen('quantum:stream:counter.out')) < 4_000) {
      await redis.client.del('quantum:portcullis:lease:counter');
    }
  })();
  for (let round = 0; round < 80; round += 1) {
    await feed(redis.client, numbers(50, round * 50), 'counter');
    await judgedAll(redis.client, round * 50, 'counter');
  }
  await trouble;
  await expectNoLostUpdate(4_000);
});

test('a commit larger than one script may carry is made in parts, without a lost update', async () => {
  await redis.client.hset('quantum:counter', 'ballast', 'x'.repeat(100));
  const pipeline = redis.client.pipeline();
  for (const n of numbers(50)) pipeline.xadd('quantum:stream:counter.in', '*', 'n', `${n}-${'y'.repeat(20_000)}`);
  await pipeline.exec();
  await start('w1');
  await expectNoLostUpdate(50);
});
