import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Continuity } from '../../../runtime/engine/lane/continuity.ts';
import { type Lease, Leases, type LeaseUse } from '../../../runtime/engine/lane/lease.ts';
import { LeaseRounds } from '../../../runtime/engine/lane/lease-rounds.ts';
import { ENGINE_TIMINGS } from '../../../runtime/engine/status/timings.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';

const KEY = 'quantum:portcullis:lease:test';

let redis: TestRedis;
const started: Lease[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterEach(async () => {
  await Promise.all(started.splice(0).map((lease) => lease.release()));
});
afterAll(() => redis.stop());

async function start(leases: Leases, key = KEY, use: LeaseUse = {}): Promise<Lease> {
  const lease = leases.of(key, use);
  started.push(lease);
  await lease.start();
  return lease;
}

function worker(name: string, rounds = new LeaseRounds(redis.client)): Leases {
  const portfolio = portfolioOf('quantum');
  const continuity = new Continuity(redis.client, portfolio, pino({ level: 'silent' }));
  return new Leases(rounds, name, continuity);
}

async function renewed(times: number, since: number): Promise<void> {
  await until('renewals', async () => (await renewals()) >= since + times);
}

async function renewals(): Promise<number> {
  const stats = await redis.client.info('commandstats');
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

test('of two workers one has a lease, and the other gets it at once when it is given back', async () => {
  const first = await start(worker('w1'));
  const second = await start(worker('w2'));
  expect([first.held, second.held]).toEqual([true, false]);
  expect(await redis.client.get(KEY)).toBe('w1');
  await first.release();
  expect(first.held).toBe(false);
  await until('the other to have it', () => second.held);
});

test('a lease that nobody renews is free after two seconds', async () => {
  await redis.client.set(KEY, 'dead');
  const lease = await start(worker('w1'));
  expect(lease.held).toBe(false);
  await redis.client.pexpire(KEY, ENGINE_TIMINGS.leaseMs);
  await until('it to be had', () => lease.held);
});

test('all leases of a worker are renewed by one script', async () => {
  const leases = worker('w1');
  for (const name of ['a', 'b', 'c', 'd', 'e']) await start(leases, `${KEY}:${name}`);
  const [before, began] = [await renewals(), performance.now()];
  await renewed(2, before);
  const made = (await renewals()) - before;
  expect(made).toBeLessThanOrEqual(2 + Math.ceil((performance.now() - began) / (ENGINE_TIMINGS.leaseMs / 4)));
  expect(started.every((lease) => lease.held)).toBe(true);
});

test('without a lease to renew it is still asked how many commits there were', async () => {
  const portfolio = portfolioOf('quantum');
  const continuity = new Continuity(redis.client, portfolio, pino({ level: 'silent' }));
  const leases = new Leases(new LeaseRounds(redis.client), 'w1', continuity);
  await start(leases, KEY, { wants: () => false });
  await redis.client.set(continuity.key, '7');
  await until('the count to be seen', () => continuity.seen === 7);
});

test('one whose work stands still is not renewed, and another worker gets it', async () => {
  let works = true;
  const stuck = await start(worker('w1'), KEY, { wants: () => works });
  const other = await start(worker('w2'));
  works = false;
  await until('the other to have it', () => other.held);
  expect(stuck.held).toBe(false);
  works = true;
  await renewed(4, await renewals());
  expect([stuck.held, other.held]).toEqual([false, true]);
});

test('a holder knows whether another worker stands by, and one that lets go for that gets it back later', async () => {
  let behind = false;
  const holder = await start(worker('w1'), KEY, { wants: ({ contested }) => !(behind && contested) });
  await renewed(2, await renewals());
  expect([holder.held, holder.contested]).toEqual([true, false]);
  behind = true;
  await renewed(4, await renewals());
  expect(holder.held).toBe(true);
  const other = await start(worker('w2'));
  await until('the other to have it', () => other.held);
  expect(holder.held).toBe(false);
  behind = false;
  await other.release();
  await until('the first to have it again', () => holder.held);
});

test('a key of another type is replaced, and keeps no other lease from its worker', async () => {
  await redis.client.hset(KEY, 'not', 'ours');
  const leases = worker('w1');
  const own = await start(leases);
  expect((await start(leases, `${KEY}:other`)).held).toBe(true);
  expect(own.held).toBe(true);
  expect(await redis.client.get(KEY)).toBe('w1');
});

test('is kept while the server is out of memory', async () => {
  const lease = await start(worker('w1'));
  await redis.client.config('SET', 'maxmemory', '1');
  try {
    await expect(redis.client.set('any', 'thing')).rejects.toThrow('OOM');
    await renewed(5, await renewals());
    expect([lease.held, lease.problem]).toEqual([true, '']);
  } finally {
    await redis.client.config('SET', 'maxmemory', '0');
  }
});

test('says why it could not be asked for', async () => {
  await redis.client.config('SET', 'min-replicas-to-write', '1');
  try {
    const lease = await start(worker('w1'));
    expect(lease.held).toBe(false);
    expect(lease.problem).toContain('NOREPLICAS');
    await redis.client.config('SET', 'min-replicas-to-write', '0');
    await until('it to be had', () => lease.held);
    expect(lease.problem).toBe('');
  } finally {
    await redis.client.config('SET', 'min-replicas-to-write', '0');
  }
});
