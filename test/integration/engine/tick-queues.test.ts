import { Queue } from 'bullmq';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { LeftQueues } from '../../../runtime/engine/host/left-queues.ts';
import { nextJobsFrom } from '../../../runtime/engine/host/tick-queue.ts';
import { makeTicks } from '../../../runtime/engine/host/ticking.ts';
import { redisNowMs } from '../../../runtime/redis/clock.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { entriesOf } from '../../support/system.ts';
import { ownBefore, sharedBefore, tickedBefore } from '../../support/tick-before.ts';

const FUNDS = ['fund-a', 'fund-b', 'fund-c'] as const;
const [FIRST, SECOND, THIRD] = FUNDS;
const LIMITED = { username: 'limited', password: 'limited-password' };
const INTERVAL_MS = 200;
const ABOUT = { handler: 'clock', keptMs: 150_000, isScheduled: true };

let redis: TestRedis;
let limited: Redis;
const endings: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  redis = await startRedis();
  await redis.client.call(
    'ACL',
    'SETUSER',
    LIMITED.username,
    'on',
    `>${LIMITED.password}`,
    '~fund-a:*',
    '~fund-c:*',
    '+@all',
  );
  limited = new Redis({ host: '127.0.0.1', port: redis.port, ...LIMITED });
});
beforeEach(() => redis.client.flushall());
afterEach(async () => {
  await Promise.all(endings.splice(0).map((end) => end()));
});
afterAll(async () => {
  limited.disconnect();
  await redis.stop();
});

function tickOf(fund: string, dueMs: number, over = redis.client) {
  return { portfolio: portfolioOf(fund), redis: over, id: String(dueMs), dueMs };
}

async function dueOn(fund: string): Promise<readonly number[]> {
  return (await entriesOf(redis.client, `${fund}:stream:tick.clock`)).map(({ fields }) => Number(fields.scheduled_ms));
}

test('each tick is made once, whatever mix of queues makes it: jobs of many, jobs of one, those of a release before', async () => {
  const turn = fc.oneof(
    fc.record({
      way: fc.constant('together' as const),
      nth: fc.nat(9),
      funds: fc.uniqueArray(fc.nat(2), { minLength: 1 }),
    }),
    fc.record({
      way: fc.constant('before' as const),
      nth: fc.nat(9),
      funds: fc.array(fc.nat(2), { minLength: 1, maxLength: 1 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 40 }), async (turns) => {
      await redis.client.flushall();
      const startMs = await redisNowMs(redis.client);
      const wanted = FUNDS.map(() => new Set<number>());
      const made = turns.map(({ way, nth, funds }) => {
        const dueOf = (fund: number) => startMs - (10 - nth) * INTERVAL_MS + fund;
        for (const fund of funds) wanted[fund]?.add(dueOf(fund));
        const [only = 0] = funds;
        if (way === 'before') return tickedBefore(redis.client, FUNDS[only] as string, dueOf(only));
        return makeTicks(
          ABOUT,
          funds.map((fund) => tickOf(FUNDS[fund] as string, dueOf(fund))),
        );
      });
      await Promise.all(made);
      for (const [at, fund] of FUNDS.entries()) {
        expect((await dueOn(fund)).toSorted()).toEqual([...(wanted[at] ?? [])].toSorted());
      }
    }),
    { numRuns: 60 },
  );
});

test('the gap before each tick is told of its own portfolio', async () => {
  const nowMs = await redisNowMs(redis.client);
  await makeTicks(ABOUT, [tickOf(FIRST, nowMs - 900), tickOf(SECOND, nowMs - 300)]);
  const ticked = await makeTicks(ABOUT, [
    tickOf(FIRST, nowMs - 100),
    tickOf(SECOND, nowMs - 300),
    tickOf(THIRD, nowMs),
  ]);
  expect(ticked.map(({ sinceLastMs, problem }) => [sinceLastMs, problem])).toEqual([
    [800, ''],
    [0, ''],
    [0, ''],
  ]);
});

test('a tick that cannot be written says why, and those of others are made', async () => {
  await redis.client.set(`${SECOND}:stream:tick.clock`, 'in the way');
  const nowMs = await redisNowMs(redis.client);
  const ticked = await makeTicks(
    ABOUT,
    FUNDS.map((fund) => tickOf(fund, nowMs)),
  );
  expect(ticked.map(({ problem }) => problem.slice(0, 9))).toEqual(['', 'WRONGTYPE', '']);
  expect(await dueOn(FIRST)).toEqual([nowMs]);
  expect(await dueOn(THIRD)).toEqual([nowMs]);
  expect(await redis.client.exists(`${SECOND}:portcullis:made:clock`)).toBe(0);
});

test('a portfolio that this user may not write to stops none of the others', async () => {
  const nowMs = await redisNowMs(redis.client);
  const ticked = await makeTicks(
    ABOUT,
    FUNDS.map((fund) => tickOf(fund, nowMs, limited)),
  );
  expect(ticked.map(({ problem }) => problem.slice(0, 6))).toEqual(['', 'NOPERM', '']);
  expect(await dueOn(FIRST)).toEqual([nowMs]);
  expect(await dueOn(THIRD)).toEqual([nowMs]);
});

const SHARED = { prefix: `${FIRST}:bull`, name: 'portcullis-shared' };

function leftQueues() {
  const handed: string[] = [];
  const warned: string[] = [];
  const hand = async (prefix: string, { id }: { readonly id: string }) => {
    handed.push(`${prefix} ${id}`);
  };
  const left = new LeftQueues(redis.client, hand, (problem) => warned.push(problem));
  return { left, handed, warned };
}

function schedulesOf({ prefix, name }: typeof SHARED): Promise<string[]> {
  return redis.client.zrange(`${prefix}:${name}:repeat`, 0, -1);
}

test('the schedules of a queue are removed once no worker is there, and not before', async () => {
  const old = await sharedBefore(redis.url, FUNDS, INTERVAL_MS);
  endings.push(old.stop);
  const { left } = leftQueues();
  const look = async (inMs: number) =>
    await left.turn([SHARED], new Set(FUNDS), (await redisNowMs(redis.client)) + inMs);
  const due = async () =>
    nextJobsFrom(await redis.client.zrange(`${FIRST}:bull:portcullis-shared:repeat`, 0, -1, 'WITHSCORES'));
  await until('its ticks', async () => (await redis.client.xlen(`${THIRD}:stream:tick.clock`)) > 2);
  await look(2 * MINUTE_MS);
  const before = await due();
  await until('all to go on', async () => {
    const now = await due();
    return [...before].every(([schedule, nextMs]) => now.get(schedule) !== nextMs);
  });
  await look(2 * MINUTE_MS);
  expect(await schedulesOf(SHARED)).toHaveLength(FUNDS.length);
  await old.kill();
  await look(0);
  await look(MINUTE_MS / 2);
  expect(await schedulesOf(SHARED)).toHaveLength(FUNDS.length);
  await look(2 * MINUTE_MS);
  expect(await schedulesOf(SHARED)).toEqual([]);
  expect(await redis.client.zcard(`${FIRST}:bull:portcullis-shared:delayed`)).toBe(0);
});

test('what was asked for once is taken from every queue at the first look, then only where no worker is', async () => {
  const old = await sharedBefore(redis.url, FUNDS, INTERVAL_MS);
  endings.push(old.stop);
  const own = await ownBefore(redis.url, SECOND, INTERVAL_MS);
  endings.push(own.stop);
  const ask = async (queue: Queue, id: string, portfolio?: string) =>
    await queue.add(
      'bell',
      { handler: 'bell', id, ...(portfolio === undefined ? {} : { portfolio }) },
      { jobId: `bell-${id}`, delay: MINUTE_MS },
    );
  const queues = [SHARED, { prefix: `${SECOND}:bull`, name: 'portcullis', owner: SECOND }];
  const { left, handed } = leftQueues();
  const look = async (inMs: number) =>
    await left.turn(queues, new Set([FIRST, SECOND]), (await redisNowMs(redis.client)) + inMs);
  await ask(old.queue, 'one', FIRST);
  await ask(old.queue, 'not-ours', THIRD);
  await ask(own.queue, 'two');
  await look(0);
  expect(handed.toSorted()).toEqual([`${FIRST} one`, `${SECOND} two`]);
  expect(await redis.client.keys('*:bell-*')).toEqual([`${FIRST}:bull:portcullis-shared:bell-not-ours`]);
  await ask(old.queue, 'three', SECOND);
  await ask(own.queue, 'four');
  await look(0);
  expect(handed.slice(2)).toEqual([`${SECOND} four`]);
  await old.kill();
  await look(0);
  await look(2 * MINUTE_MS);
  expect(handed.slice(3)).toEqual([`${SECOND} three`]);
});

test('a queue that cannot be read is told of, and the others are looked at', async () => {
  await redis.client.set(`${FIRST}:bull:portcullis:repeat`, 'in the way');
  const queue = new Queue('portcullis', { connection: redis.client, prefix: `${SECOND}:bull` });
  await queue.add('bell', { handler: 'bell', id: 'one' }, { jobId: 'bell-one', delay: MINUTE_MS });
  const { left, handed, warned } = leftQueues();
  const queues = FUNDS.map((fund) => ({ prefix: `${fund}:bull`, name: 'portcullis', owner: fund }));
  await left.turn(queues, new Set(FUNDS), await redisNowMs(redis.client));
  expect(handed).toEqual([`${SECOND} one`]);
  expect(warned).toEqual([expect.stringMatching(/^queue fund-a:bull:portcullis: WRONGTYPE/)]);
  await queue.close();
});
