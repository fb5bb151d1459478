import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { echoGate } from '../../support/gates.ts';
import { feed, judged, judgedAll, numbers, pendingOf } from '../../support/lane.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { startSystem, type TestSystem } from '../../support/system.ts';

/** As long as a lane ever waits for the next message. */
const POLL_MS = 5_000;

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

async function start(gate: Parameters<typeof echoGate>[0]): Promise<TestSystem> {
  const system = await startSystem(redis, { handlers: [echoGate(gate)] });
  systems.push(system);
  return system;
}

async function resultsOf(system: TestSystem, result: string): Promise<number> {
  const text = await system.runtime.metrics.exposition();
  return Number(new RegExp(`portcullis_messages_total\\{[^}]*result="${result}"[^}]*\\} (\\d+)`).exec(text)?.[1]);
}

async function expectEachOnceInOrder(count: number): Promise<void> {
  expect(await judgedAll(redis.client, count)).toEqual(numbers(count));
  await until('nothing pending', async () => (await pendingOf(redis.client)) === 0);
  expect(await judged(redis.client)).toHaveLength(count);
}

test('batches that are judged while others are committed come out once each, in order', async () => {
  await feed(redis.client, numbers(300));
  const system = await start({ batch: 7 });
  await expectEachOnceInOrder(300);
  await until('all counted', async () => (await resultsOf(system, 'done')) === 300);
});

test('when what was judged on changes, what was judged behind it is judged again too, in order', async () => {
  await feed(redis.client, numbers(300));
  const effects = (n: string) => {
    if (Number(n) % 50 === 20) void redis.client.hset('quantum:policy:echo', 'version', n);
    return [];
  };
  const system = await start({ batch: 7, effects });
  await expectEachOnceInOrder(300);
  expect(await resultsOf(system, 'conflict')).toBeGreaterThan(0);
});

test('a message that throws does not let those behind it pass', async () => {
  await feed(redis.client, numbers(60));
  let throws = 2;
  const effects = (n: string) => {
    if (n === '23' && throws-- > 0) throw new Error('not yet');
    return [];
  };
  await start({ batch: 5, effects });
  await expectEachOnceInOrder(60);
});

test('a message with none behind it is committed without waiting for one', async () => {
  await start({ pollMs: POLL_MS });
  await feed(redis.client, ['0']);
  const written = async () => (await redis.client.xlen('quantum:stream:echo.out')) === 1;
  await until('the outcome, before the read of the next one is over', written, 0.9 * POLL_MS);
});

test('what waits to be committed when the lane is to stop is committed', async () => {
  await feed(redis.client, numbers(200));
  let stopped: Promise<void> | undefined;
  const system = await start({
    batch: 5,
    effects: (n) => {
      if (n === '57') stopped ??= system.stop();
      return [];
    },
  });
  await until('the stop', () => Promise.resolve(stopped !== undefined));
  await stopped;
  const outcomes = (await judged(redis.client)).map(({ n }) => n);
  expect(outcomes).toEqual(numbers(outcomes.length));
  expect(outcomes.length).toBeGreaterThanOrEqual(60);
});
