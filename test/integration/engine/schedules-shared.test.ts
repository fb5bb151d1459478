import { Queue, Worker } from 'bullmq';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Schedules } from '../../../runtime/engine/host/schedules.ts';
import { Metrics } from '../../../runtime/engine/status/metrics.ts';
import { ENGINE_TIMINGS } from '../../../runtime/engine/status/timings.ts';
import { redisNowMs } from '../../../runtime/redis/clock.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { bellGate, clockGate } from '../../support/gates.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { entriesOf, startSystem, type TestSystem } from '../../support/system.ts';
import { ownBefore, sharedBefore } from '../../support/tick-before.ts';
import { expectOnSchedule, tickEntries } from '../../support/ticks.ts';

const INTERVAL_MS = 500;
const FUNDS = ['fund-a', 'fund-b', 'fund-c'];
const [FIRST = '', SECOND = ''] = FUNDS;

let redis: TestRedis;
const endings: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterEach(async () => {
  await Promise.all(endings.splice(0).map((end) => end()));
});
afterAll(() => redis.stop());

async function start(prefixes: readonly string[], workerName = 'w1'): Promise<TestSystem> {
  const portfolios = prefixes.map((prefix) => portfolioOf(prefix));
  const handlers = [clockGate(INTERVAL_MS), bellGate()];
  const system = await startSystem(redis, { handlers, portfolios, workerName, schedules: true });
  endings.push(() => system.stop());
  return system;
}

function ticksOf(fund: string) {
  return tickEntries(redis.client, `${fund}:stream:clock.out`);
}

/** Waits for so many more ticks of each. */
async function more(count: number, funds: readonly string[]): Promise<void> {
  const lengths = await Promise.all(funds.map((fund) => redis.client.xlen(`${fund}:stream:clock.out`)));
  for (const [at, fund] of funds.entries()) {
    const wanted = (lengths[at] ?? 0) + count;
    await until(`ticks of ${fund}`, async () => (await redis.client.xlen(`${fund}:stream:clock.out`)) >= wanted);
  }
}

/** What a release before ran for one portfolio: a queue and a worker of its own. */
async function before(fund: string): Promise<Queue> {
  const { queue, stop } = await ownBefore(redis.url, fund, INTERVAL_MS);
  endings.push(stop);
  return queue;
}

test('several portfolios share one queue and one worker, and each has its tick once an interval', async () => {
  await start(FUNDS);
  await more(8, FUNDS);
  for (const fund of FUNDS) expectOnSchedule(await ticksOf(fund), INTERVAL_MS);
  const clients = String(await redis.client.client('LIST')).split('\n');
  expect(clients.filter((line) => line.includes(' cmd=bzpopmin '))).toHaveLength(1);
  const queues = await redis.client.keys('*:bull:*:meta');
  expect(queues).toEqual([expect.stringMatching(`^${FIRST}:bull:portcullis-shared-[0-9a-f]{12}:meta$`)]);
});

test('beside a worker of the release before, with its queue, nothing ticks twice', async () => {
  for (const fund of [FIRST, SECOND]) await before(fund);
  await until('its ticks', async () => (await redis.client.hlen(`${SECOND}:portcullis:last_tick`)) > 0);
  await start(FUNDS);
  await more(8, FUNDS);
  for (const fund of FUNDS) expectOnSchedule(await ticksOf(fund), INTERVAL_MS);
});

test('through a rolling upgrade from a release with a job for each portfolio nothing ticks twice, and no tick is missed', async () => {
  const old = await sharedBefore(redis.url, FUNDS, INTERVAL_MS);
  endings.push(old.stop);
  await until('its ticks', async () => (await redis.client.xlen(`${SECOND}:stream:tick.clock`)) > 2);
  const system = await start(FUNDS);
  await more(4, FUNDS);
  await old.kill();
  await more(4, FUNDS);
  const again = await sharedBefore(redis.url, FUNDS, INTERVAL_MS);
  endings.push(again.stop);
  await more(4, FUNDS);
  await system.stop();
  const made = (fund: string) => redis.client.xlen(`${fund}:stream:tick.clock`);
  const lengths = await Promise.all(FUNDS.map(made));
  for (const [at, fund] of FUNDS.entries()) {
    await until('ticks of the older release', async () => (await made(fund)) >= (lengths[at] ?? 0) + 3);
  }
  await start(FUNDS, 'w2');
  await more(6, FUNDS);
  for (const fund of FUNDS) expectOnSchedule((await ticksOf(fund)).slice(2), INTERVAL_MS);
});

test('workers with other lists of portfolios, and with other queues, tick what both serve once', async () => {
  await Promise.all([start([FIRST, SECOND]), start([SECOND, 'fund-c'], 'w2'), start([SECOND], 'w3')]);
  await more(8, FUNDS);
  for (const fund of FUNDS) expectOnSchedule(await ticksOf(fund), INTERVAL_MS);
});

test('what waits in the queue of a release before comes once, at its time', async () => {
  const queue = await before(SECOND);
  await queue.pause();
  const dueMs = Date.now() + 1_000;
  const data = { handler: 'bell', id: 'BTCUSDT:1', fields: { text: 'kept' } };
  await queue.add('bell', data, { jobId: 'bell-BTCUSDT_1', delay: 1_000 });
  await start(FUNDS);
  const rings = () => entriesOf(redis.client, `${SECOND}:stream:bell.out`);
  await until('it to ring', async () => (await rings()).length > 0);
  await more(3, [SECOND]);
  const rung = (await rings()).map(({ fields }) => fields);
  expect(rung.map(({ text }) => text)).toEqual(['kept']);
  expect(Number(rung[0]?.now_ms)).toBeGreaterThanOrEqual(dueMs);
});

test('what a worker of the release before had in hand when it died comes once', async () => {
  const where = { connection: redis.client, prefix: `${SECOND}:bull` };
  const queue = new Queue('portcullis', where);
  await queue.add('bell', { handler: 'bell', id: 'one', fields: { text: 'in hand' } }, { jobId: 'bell-one' });
  const dead = new Worker('portcullis', null, { ...where, autorun: false });
  expect((await dead.getNextJob('token'))?.id).toBe('bell-one');
  await start(FUNDS);
  const rings = () => entriesOf(redis.client, `${SECOND}:stream:bell.out`);
  await until('it to ring', async () => (await rings()).length > 0);
  expect((await rings()).map(({ fields }) => fields.text)).toEqual(['in hand']);
  await dead.close();
  await queue.close();
});

test('what waits in a queue of portfolios that are not served together any more comes once', async () => {
  const together = await start([FIRST, SECOND]);
  await together.stop();
  const [place = ''] = await redis.client.smembers(`${SECOND}:portcullis:queues`);
  const [prefix = '', name = ''] = place.split(' ');
  const queue = new Queue(name, { connection: redis.client, prefix });
  const data = { portfolio: SECOND, handler: 'bell', id: 'one', fields: { text: 'kept' } };
  await queue.add('bell', data, { jobId: 'bell-fund-b-one', delay: 200 });
  await start([SECOND]);
  const rings = () => entriesOf(redis.client, `${SECOND}:stream:bell.out`);
  await until('it to ring', async () => (await rings()).length > 0);
  expect((await rings()).map(({ fields }) => fields.text)).toEqual(['kept']);
  await queue.close();
});

test('a portfolio whose ticks cannot be written does not stop those of others', async () => {
  const system = await start(FUNDS);
  await more(2, FUNDS);
  await redis.client.rename(`${FIRST}:stream:tick.clock`, 'aside');
  await redis.client.set(`${FIRST}:stream:tick.clock`, 'in the way');
  await more(6, FUNDS.slice(1));
  await redis.client.rename('aside', `${FIRST}:stream:tick.clock`);
  await more(2, FUNDS);
  for (const fund of FUNDS.slice(1)) expectOnSchedule(await ticksOf(fund), INTERVAL_MS);
  expect(system.runtime.hosts.every((host) => host.queue() === system.runtime.hosts[0]?.queue())).toBe(true);
});

test('no tick is made before all portfolios of the process are set up, and then those that were due', async () => {
  const funds = FUNDS.map((fund) => portfolioOf(fund));
  const log = pino({ level: 'silent' });
  const metrics = new Metrics(FUNDS);
  const handlers = [clockGate(INTERVAL_MS)];
  const deps = { redis: redis.client, portfolios: funds, handlers, settingsOf: () => undefined, metrics, log };
  const schedules = new Schedules({ ...deps, timings: ENGINE_TIMINGS });
  endings.push(() => Promise.all(funds.map((fund) => schedules.stop(fund))));
  for (const fund of funds) await schedules.prepare(fund, redis.client, log);
  const enoughMs = (await redisNowMs(redis.client)) + 4 * INTERVAL_MS;
  await until('ticks to be due', async () => (await redisNowMs(redis.client)) > enoughMs);
  await schedules.turn();
  expect(await redis.client.keys('*:stream:tick.clock')).toEqual([]);
  await schedules.run();
  const ticks = (fund: string) => redis.client.xlen(`${fund}:stream:tick.clock`);
  for (const fund of FUNDS) await until(`ticks of ${fund}`, async () => (await ticks(fund)) >= 2);
});
