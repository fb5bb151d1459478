import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Continuity } from '../../../runtime/engine/lane/continuity.ts';
import { type Portfolio, portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const LOST = 'quantum:governor:data_lost';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterAll(() => redis.stop());

function worker(portfolio: Portfolio = portfolioOf('quantum')): Continuity {
  return new Continuity(redis.client, portfolio, pino({ level: 'silent' }));
}

function marked(): Promise<Record<string, string>> {
  return redis.client.hgetall(LOST);
}

test('a commit that makes a count told before shows lost data, though counts have caught up since', async () => {
  const continuity = worker();
  expect([1, 2, 3].map((count) => continuity.committed(count))).toEqual([false, false, false]);
  await redis.client.set(continuity.key, '3');
  expect(continuity.committed(3)).toBe(true);
  await continuity.mark(3);
  expect(await marked()).toMatchObject({ seen: '3', found: '3' });
  expect(continuity.committed(continuity.seen + 1)).toBe(false);
});

test('a count that is the one told last is no loss where it was only asked for; one less is', async () => {
  const continuity = worker();
  continuity.committed(5);
  await redis.client.set(continuity.key, '4');
  expect(await continuity.lost(5, continuity.seen)).toBe(false);
  expect(await marked()).toEqual({});
  expect(await continuity.lost(4, continuity.seen)).toBe(true);
  expect(await marked()).toMatchObject({ seen: '5', found: '4' });
});

test('an answer that was under way while others came is no loss', async () => {
  const continuity = worker();
  const before = continuity.seen;
  continuity.committed(9);
  expect(await continuity.lost(8, before)).toBe(false);
});

test('two workers mark one loss once', async () => {
  const [first, second] = [worker(), worker()];
  first.committed(10);
  second.committed(12);
  await redis.client.set(first.key, '7');
  await second.lost(7, 12);
  const told = await marked();
  await redis.client.hset(LOST, 'told', '1');
  await first.lost(7, 10);
  expect(await marked()).toEqual({ ...told, told: '1' });
});

test('under a simulated clock nothing is marked', async () => {
  const continuity = worker({ ...portfolioOf('quantum'), simulatedClock: true } as Portfolio);
  continuity.committed(4);
  expect([continuity.committed(1), await continuity.lost(0, 4)]).toEqual([false, false]);
  expect(await marked()).toEqual({});
});
