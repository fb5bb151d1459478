import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { PackedEffect } from '../../../runtime/engine/commit/request.ts';
import { commitAll, delivered, emit, hset, one, requestOf, send, set } from '../../support/commit.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterAll(() => redis.stop());

const done = { status: 'done', failedBestEfforts: [] };

async function apply(...effects: PackedEffect[]) {
  const id = await one(redis.client);
  return (await send(redis.client, requestOf([{ id, effects }])))[0];
}

const take = (taken: PackedEffect[], gone: PackedEffect[]): PackedEffect => ({
  op: 'take',
  key: 'p:permit',
  type: 'string',
  taken,
  gone,
});

test('taking a key that is there removes it and applies what follows from it', async () => {
  await redis.client.set('p:permit', '{}');
  expect(await apply(take([set('p:was', 'taken')], [set('p:was', 'gone')]))).toEqual(done);
  expect(await redis.client.mget('p:permit', 'p:was')).toEqual([null, 'taken']);
});

test('taking a key that is not there applies what follows from that', async () => {
  expect(await apply(take([set('p:was', 'taken')], [set('p:was', 'gone')]))).toEqual(done);
  expect(await redis.client.get('p:was')).toBe('gone');
});

test('a key taken in one message is gone for the next one of the batch', async () => {
  await redis.client.set('p:permit', '{}');
  const [a, b] = (await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ])) as [string, string];
  const taking = (id: string) => ({
    id,
    effects: [take([emit('p:out', 'taken_by', id)], [emit('p:out', 'missed_by', id)])],
  });
  await commitAll(redis.client, [taking(a), taking(b)]);
  expect((await redis.client.xrange('p:out', '-', '+')).map(([, flat]) => flat)).toEqual([
    ['taken_by', a],
    ['missed_by', b],
  ]);
});

test('an inner effect of a take on a key of the wrong type refuses the whole message', async () => {
  await redis.client.set('p:permit', '{}');
  await redis.client.set('p:hash', 'text');
  expect(await apply(take([hset('p:hash', 'f', 'v')], []))).toEqual({ status: 'refused', key: 'p:hash' });
  expect(await redis.client.get('p:permit')).toBe('{}');
});

test('an inner best effort of a take that cannot be made is left out and reported', async () => {
  await redis.client.set('p:permit', '{}');
  await redis.client.set('p:hash', 'text');
  const inner = [{ ...hset('p:hash', 'f', 'v'), best: 1 }, set('p:was', 'taken')];
  expect(await apply(take(inner, []))).toEqual({ status: 'done', failedBestEfforts: [1] });
  expect(await redis.client.get('p:was')).toBe('taken');
});

test('a best effort of the way a take did not go is neither made nor failed', async () => {
  const way = (best: number) => [{ ...set(`p:way:${best}`, 'x'), best }];
  expect(await apply(take(way(1), way(2)))).toEqual({ status: 'done', failedBestEfforts: [-1] });
});

const offTheList = (taken: PackedEffect[], gone: PackedEffect[]): PackedEffect => ({
  op: 'take',
  key: 'p:list',
  type: 'zset',
  member: 'one',
  taken,
  gone,
});

test('taking a member out of a sorted set leaves the others, and applies what follows from it once', async () => {
  await redis.client.zadd('p:list', 1, 'one', 2, 'two');
  const taking = offTheList([set('p:was', 'taken')], [set('p:was', 'gone')]);
  expect([await apply(taking), await redis.client.get('p:was')]).toEqual([done, 'taken']);
  expect([await apply(taking), await redis.client.get('p:was')]).toEqual([done, 'gone']);
  expect(await redis.client.zrange('p:list', 0, -1)).toEqual(['two']);
});

test('a list of another type refuses the message; as a best effort it is left out with all that is inside of it', async () => {
  await redis.client.set('p:list', 'text');
  const inner = offTheList([{ ...set('p:was', 'taken'), best: 2 }], [{ ...set('p:was', 'gone'), best: 3 }]);
  expect(await apply(inner)).toEqual({ status: 'refused', key: 'p:list' });
  const result = await apply({ ...inner, best: 1 });
  expect(result).toEqual({ status: 'done', failedBestEfforts: [1, -2, -3] });
  expect(await redis.client.exists('p:was')).toBe(0);
});

test.each([
  ['a second before it may have expired', 60_000, 'gone', [-2, -3]],
  ['from then on', 0, 'expired', [-2, -1]],
])('a key that is not there, %s', async (_when, inMs, expected, leftOut) => {
  const [seconds] = await redis.client.time();
  const way = (name: string, best: number) => [{ ...set('p:was', name), best }];
  const expires = String(Number(seconds) * 1000 + inMs);
  const taking = { ...take(way('taken', 2), way('gone', 1)), expires, expired: way('expired', 3) };
  expect(await apply(taking)).toEqual({ status: 'done', failedBestEfforts: leftOut });
  expect(await redis.client.get('p:was')).toBe(expected);
  await redis.client.set('p:permit', '{}');
  await apply(taking);
  expect(await redis.client.get('p:was')).toBe('taken');
});
