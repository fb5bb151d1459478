import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { askingGate, bellGate, clockGate } from '../../support/gates.ts';
import { feed, judgedAll, numbers } from '../../support/lane.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { entriesOf, metricOf, startSystem, type TestSystem } from '../../support/system.ts';
import { expectOnSchedule, tickEntries } from '../../support/ticks.ts';

const INTERVAL_MS = 200;
const TICKS = 'quantum:stream:clock.out';
const MISSED = 'portcullis_ticks_missed_total{handler="clock"}';
const MADE = 'quantum:portcullis:made:clock';
const RINGS = 'quantum:stream:bell.out';

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

async function start(workerName: string, handlers: readonly AnyHandler[] = [clockGate(INTERVAL_MS)]) {
  const system = await startSystem(redis, { handlers, workerName, schedules: true });
  systems.push(system);
  return system;
}

async function scheduledTimes(count: number): Promise<number[]> {
  await until(`${count} ticks`, async () => (await redis.client.xlen(TICKS)) >= count);
  return (await entriesOf(redis.client, TICKS)).map(({ fields }) => Number(fields.scheduled_ms));
}

/** No tick is counted as missed that was made, one that came `late` left aside: a busy machine may skip some. */
async function expectNoneMissedBut(late: number): Promise<void> {
  const missed = await Promise.all(systems.map((system) => metricOf(system, MISSED)));
  const made = (await tickEntries(redis.client, 'quantum:stream:tick.clock')).filter(({ dueMs }) => dueMs !== late);
  const gaps = made.slice(1).map(({ dueMs }, at) => Math.round((dueMs - (made[at]?.dueMs ?? 0)) / INTERVAL_MS) - 1);
  const skipped = gaps.reduce((sum, gap) => sum + Math.max(gap, 0), 0);
  expect(missed.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(skipped);
}

async function rings(count: number) {
  await until(`${count} rings`, async () => (await redis.client.xlen(RINGS)) >= count);
  return (await entriesOf(redis.client, RINGS)).map(({ fields }) => fields);
}

test('two workers tick once an interval between them', async () => {
  await Promise.all([start('w1'), start('w2')]);
  await scheduledTimes(14);
  expectOnSchedule((await tickEntries(redis.client, TICKS)).slice(2), INTERVAL_MS);
  await expectNoneMissedBut(0);
});

test('a worker that ends takes no ticks with it', async () => {
  const [first] = await Promise.all([start('w1'), start('w2')]);
  await scheduledTimes(3);
  await first.stop();
  const before = await redis.client.xlen(TICKS);
  const times = await scheduledTimes(before + 5);
  expect(new Set(times).size).toBe(times.length);
});

test('a schedule that a worker with a wrong clock set an hour ahead goes on when its clock is right again', async () => {
  const hourMs = 3_600_000;
  await start('w1');
  await scheduledTimes(2);
  const wrong = vi.spyOn(Date, 'now').mockImplementation(() => performance.timeOrigin + performance.now() + hourMs);
  const due = () => redis.client.zrange('quantum:bull:portcullis:repeat', 0, 0, 'WITHSCORES');
  await until('the next tick to be an hour away', async () => Number((await due())[1]) > Date.now() - hourMs / 2);
  wrong.mockRestore();
  const before = await redis.client.xlen(TICKS);
  await scheduledTimes(before + 10);
});

test('ticks that nobody made are counted as missed', async () => {
  const before = await start('w1');
  await scheduledTimes(2);
  await before.stop();
  const last = Number(await redis.client.hget('quantum:portcullis:last_tick', 'clock'));
  await until('five intervals without a worker', () => Date.now() > last + 5 * INTERVAL_MS);
  const system = await start('w2');
  await until(
    'ticks again',
    async () => Number(await redis.client.hget('quantum:portcullis:last_tick', 'clock')) > last,
  );
  await until('the count', async () => (await metricOf(system, MISSED)) >= 3);
});

test('a tick that comes late, after others, comes once and makes none of them missed', async () => {
  const system = await start('w1');
  const [first = 0] = await scheduledTimes(3);
  const late = first - 20 * INTERVAL_MS;
  const queue = system.runtime.hosts[0]?.queue();
  await queue?.add('clock', { handler: 'clock' }, { jobId: `repeat:every-clock:${late}` });
  await until('the late tick', async () => (await scheduledTimes(1)).includes(late));
  const before = await redis.client.xlen(TICKS);
  const times = await scheduledTimes(before + 4);
  expect(times.filter((time) => time === late)).toEqual([late]);
  await expectNoneMissedBut(late);
});

test('a tick whose job comes again when nobody was there for a day is not done again', async () => {
  const before = await start('w1');
  const [first = 0] = await scheduledTimes(3);
  await before.stop();
  const made = await redis.client.zrange(MADE, 0, -1);
  for (const tick of made) await redis.client.zadd(MADE, Date.now() - 86_400_000, tick);
  const done = await redis.client.xlen(TICKS);
  const queue = (await start('w2')).runtime.hosts[0]?.queue();
  await scheduledTimes(done + 1);
  const jobId = `repeat:every-clock:${first}`;
  await queue?.remove(jobId);
  const job = await queue?.add('clock', { handler: 'clock' }, { jobId });
  await until('its job to be finished', async () => (await job?.getState()) === 'completed');
  const times = await scheduledTimes((await redis.client.xlen(TICKS)) + 2);
  expect(times.filter((time) => time === first)).toEqual([first]);
});

test('of the ticks that were made only the newest are remembered', async () => {
  const members = numbers(300).flatMap((n) => [0, `old-${n}`]);
  await redis.client.zadd(MADE, ...members);
  await start('w1');
  await until('a hundred', async () => (await redis.client.zcard(MADE)) === 100);
  const [newest] = (await scheduledTimes(1)).slice(-1);
  expect(await redis.client.zscore(MADE, String(newest))).not.toBeNull();
});

test('a FLUSHALL stops the ticks for seconds at most', async () => {
  await start('w1');
  await scheduledTimes(2);
  await redis.client.flushall();
  expect((await scheduledTimes(3)).length).toBeGreaterThanOrEqual(3);
});

test('what was asked for later comes once, not before its time, with its fields', async () => {
  const handlers = [askingGate(300, (n) => `BTCUSDT:${n}`), bellGate()];
  await Promise.all([start('w1', handlers), start('w2', handlers)]);
  const askedAtMs = Date.now();
  await feed(redis.client, numbers(30));
  const rung = await rings(30);
  expect(rung.map(({ text }) => text).toSorted()).toEqual(
    numbers(30)
      .map((n) => `for ${n}`)
      .toSorted(),
  );
  expect(rung.every(({ now_ms }) => Number(now_ms) >= askedAtMs + 300)).toBe(true);
  expect(rung.map(({ tick_id }) => tick_id).toSorted()).toEqual(
    numbers(30)
      .map((n) => `BTCUSDT:${n}`)
      .toSorted(),
  );
  await until('the outbox to be empty', async () => (await redis.client.zcard('quantum:portcullis:outbox')) === 0);
});

test('what was asked for twice under one id comes once', async () => {
  await start('w1', [askingGate(50, () => 'one'), bellGate()]);
  await feed(redis.client, ['1', '2']);
  await judgedAll(redis.client, 2);
  await rings(1);
  await feed(redis.client, ['3']);
  await judgedAll(redis.client, 3);
  await until('the outbox to be empty', async () => (await redis.client.zcard('quantum:portcullis:outbox')) === 0);
  const queue = systems[0]?.runtime.hosts[0]?.queue();
  await until('no job left', async () => (await queue?.getJobCountByTypes('delayed', 'waiting', 'active')) === 0);
  expect((await rings(1)).length).toBe(1);
});

test('what was asked for comes once its stream can be written again, however often that failed', async () => {
  const stream = 'quantum:stream:tick.bell';
  const { runtime } = await start('w1', [askingGate(10, (n) => n), bellGate()]);
  await redis.client.rename(stream, 'aside');
  await redis.client.set(stream, 'in the way');
  await feed(redis.client, ['1']);
  const job = async () => await runtime.hosts[0]?.queue()?.getJob('bell-1');
  await until('more failures than a tick is worth', async () => ((await job())?.attemptsMade ?? 0) > 5);
  await redis.client.rename('aside', stream);
  expect((await rings(1)).map(({ text }) => text)).toEqual(['for 1']);
});

test('what was asked for while no schedules ran comes when they run again', async () => {
  const without = await startSystem(redis, { handlers: [askingGate(10, (n) => n)], workerName: 'w1' });
  systems.push(without);
  await feed(redis.client, ['1']);
  await judgedAll(redis.client, 1);
  expect(await redis.client.zcard('quantum:portcullis:outbox')).toBe(1);
  await start('w2', [bellGate()]);
  expect((await rings(1)).map(({ text }) => text)).toEqual(['for 1']);
});

test('what was asked for later stays, however much waits before it', async () => {
  const pipeline = redis.client.pipeline();
  for (const n of numbers(10_500)) pipeline.xadd('quantum:stream:tick.bell', '*', 'tick_id', n, 'scheduled_ms', '1');
  await pipeline.exec();
  await start('w1', [askingGate(1, (n) => n)]);
  await feed(redis.client, ['1']);
  await until('it to wait', async () => {
    const newest = (await redis.client.xrevrange('quantum:stream:tick.bell', '+', '-', 'COUNT', 1))[0]?.[1];
    return newest?.includes('for 1');
  });
  expect(await redis.client.xlen('quantum:stream:tick.bell')).toBe(10_501);
});
