import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Continuity } from '../../../runtime/engine/lane/continuity.ts';
import { type Lease, Leases } from '../../../runtime/engine/lane/lease.ts';
import { LeaseRounds } from '../../../runtime/engine/lane/lease-rounds.ts';
import { type Ask, type LookAnswer, Looks } from '../../../runtime/redis/looks.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';

const FUNDS = ['fund-a', 'fund-b', 'fund-c'];
const LIMITED = { username: 'limited', password: 'limited-password' };
const EVERY_MS = 20;

let redis: TestRedis;
let limited: Redis;
const endings: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  redis = await startRedis();
  const rights = ['on', `>${LIMITED.password}`, '~fund-a:*', '~fund-c:*', '+@all'];
  await redis.client.call('ACL', 'SETUSER', LIMITED.username, ...rights);
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

async function scripts(): Promise<number> {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.client.info('commandstats'))?.[1] ?? 0);
}

/** Looks at the kill switch and the mode of each, and gives what was told of it last. */
function follow(looks: Looks, funds: readonly string[] = FUNDS): ReadonlyMap<string, readonly LookAnswer[]> {
  const told = new Map<string, readonly LookAnswer[]>();
  for (const fund of funds) {
    const asks: readonly Ask[] = [
      ['GET', `${fund}:kill`],
      ['HMGET', `${fund}:policy`, 'mode', 'version'],
    ];
    const end = looks.every(EVERY_MS, {
      asks,
      told: async (answers) => {
        told.set(fund, answers);
      },
    });
    endings.push(end);
  }
  return told;
}

function worker(rounds: LeaseRounds, fund: string, name = 'w1'): Lease {
  const continuity = new Continuity(redis.client, portfolioOf(fund), pino({ level: 'silent' }));
  const lease = new Leases(rounds, name, continuity).of(`${fund}:portcullis:lease:test`);
  endings.push(() => lease.release());
  return lease;
}

test('what is looked at of many portfolios is asked for by one script', async () => {
  await redis.client.set('fund-b:kill', '1');
  await redis.client.hset('fund-c:policy', { mode: 'shadow', version: '7' });
  const looks = new Looks(redis.client);
  const told = follow(looks);
  await until('all to be told', () => told.size === 3);
  expect(told.get('fund-b')?.[0]).toEqual({ value: '1', problem: '' });
  expect(told.get('fund-c')?.[1]).toEqual({ value: ['shadow', '7'], problem: '' });
  expect(told.get('fund-a')?.map(({ value }) => value)).toEqual([null, [null, null]]);
  const [before, began] = [await scripts(), performance.now()];
  await until('some looks', async () => (await scripts()) >= before + 3);
  const made = (await scripts()) - before;
  expect(made).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / EVERY_MS) + 1);
});

test('a key of another type says so, and its neighbours are told', async () => {
  await redis.client.lpush('fund-a:kill', 'x');
  await redis.client.set('fund-a:policy', 'x');
  await redis.client.set('fund-b:kill', '1');
  const told = follow(new Looks(redis.client));
  await until('all to be told', () => told.size === 3);
  expect(told.get('fund-a')?.map(({ problem }) => problem.slice(0, 9))).toEqual(['WRONGTYPE', 'WRONGTYPE']);
  expect(told.get('fund-b')?.[0]?.value).toBe('1');
});

test('a portfolio that may not be read stops none that may', async () => {
  await redis.client.set('fund-c:kill', '1');
  const told = follow(new Looks(limited));
  await until('the others to be told', () => told.size === 2);
  expect([...told.keys()].toSorted()).toEqual(['fund-a', 'fund-c']);
  await redis.client.set('fund-c:kill', '0');
  await until('what changes to be told', () => told.get('fund-c')?.[0]?.value === '0');
});

test('one who throws, or takes long, is asked again and keeps nobody waiting', async () => {
  const looks = new Looks(redis.client);
  let thrown = 0;
  const asks: readonly Ask[] = [['GET', 'fund-a:kill']];
  endings.push(
    looks.every(EVERY_MS, {
      asks,
      told: async () => {
        thrown += 1;
        throw new Error('not now');
      },
    }),
  );
  let release: () => void = () => undefined;
  let begun = 0;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  endings.push(
    looks.every(EVERY_MS, {
      asks,
      told: async () => {
        begun += 1;
        await held;
      },
    }),
  );
  const told = follow(looks, ['fund-b']);
  await until('others to go on', () => thrown > 3 && told.size === 1);
  expect(begun).toBe(1);
  release();
  await until('it to be asked again', () => begun > 1);
});

test('leases that are asked for first in one turn of the event loop are asked for by one script', async () => {
  const rounds = new LeaseRounds(redis.client);
  const leases = FUNDS.map((fund) => worker(rounds, fund));
  const [known, left] = [worker(rounds, 'fund-d'), worker(rounds, 'fund-e')];
  await known.start();
  const before = await scripts();
  const started = [...leases, left].map((lease) => lease.start());
  await left.release();
  await Promise.all(started);
  expect(await scripts()).toBe(before + 1);
  expect([...leases, left].map(({ held }) => held)).toEqual([true, true, true, false]);
  expect(await redis.client.exists(left.key)).toBe(0);
});

test('leases on many portfolios are renewed by one script', async () => {
  const rounds = new LeaseRounds(redis.client);
  const leases = FUNDS.map((fund) => worker(rounds, fund));
  for (const lease of leases) await lease.start();
  expect(leases.every((lease) => lease.held)).toBe(true);
  const [before, began] = [await scripts(), performance.now()];
  await until('renewals', async () => (await scripts()) >= before + 2);
  const made = (await scripts()) - before;
  expect(made).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - began) / (rounds.timings.leaseMs / 4)));
  expect(await Promise.all(leases.map(({ key }) => redis.client.get(key)))).toEqual(['w1', 'w1', 'w1']);
});

test('a portfolio whose leases may not be asked for says why, and those of others are held', async () => {
  const rounds = new LeaseRounds(limited);
  const [first, refused, last] = FUNDS.map((fund) => worker(rounds, fund)) as [Lease, Lease, Lease];
  for (const lease of [first, refused, last]) await lease.start();
  expect([first.held, refused.held, last.held]).toEqual([true, false, true]);
  expect(refused.problem).toMatch(/NOPERM/);
  await until('renewals', async () => (await redis.client.pttl(first.key)) < rounds.timings.leaseMs - 400);
  await until('it to be renewed', async () => (await redis.client.pttl(first.key)) > rounds.timings.leaseMs - 200);
  expect([first.held, refused.held, last.held]).toEqual([true, false, true]);
});

test('leases of a dead worker on all portfolios are free when they have run out', async () => {
  for (const fund of FUNDS) await redis.client.set(`${fund}:portcullis:lease:test`, 'dead', 'PX', 1_000);
  const rounds = new LeaseRounds(redis.client);
  const leases = FUNDS.map((fund) => worker(rounds, fund));
  for (const lease of leases) await lease.start();
  expect(leases.some((lease) => lease.held)).toBe(false);
  await until('all to be taken over', () => leases.every((lease) => lease.held));
});
