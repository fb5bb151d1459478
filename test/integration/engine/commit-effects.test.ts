import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { PackedEffect } from '../../../runtime/engine/commit/request.ts';
import { commitAll, delivered, emit, hset, one, pendingCount, requestOf, send, set } from '../../support/commit.ts';
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

test('an older entry committed late never overwrites what a newer one wrote', async () => {
  const [older, newer] = (await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ])) as [string, string];
  const writing = (id: string) => ({ id, effects: [{ ...hset('p:latest', 'from', id), newer: 'p:newest' }] });
  expect(await commitAll(redis.client, [writing(newer)])).toEqual(['done']);
  expect(await commitAll(redis.client, [writing(older)])).toEqual(['done']);
  expect(await redis.client.hgetall('p:latest')).toEqual({ from: newer });
});

test.each([
  ['9-1', '10-0', '10-0'],
  ['10-0', '9-1', '10-0'],
  ['10-9', '10-10', '10-10'],
  ['10-10', '10-9', '10-10'],
  ['1753000000000-9007199254740993', '1753000000000-9007199254740992', '1753000000000-9007199254740993'],
])('of %s and then %s, what %s wrote stays', async (first, second, stays) => {
  for (const id of [first, second]) {
    const effects = [{ ...set('p:latest', id), newer: 'p:newest' }];
    await commitAll(redis.client, [{ id, effects }], { watch: true });
  }
  expect(await redis.client.get('p:latest')).toBe(stays);
});

test('a best effort of an older entry committed late is told apart from one made and from one failed', async () => {
  const [older, newer] = (await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ])) as [string, string];
  const writing = (id: string) => ({ id, effects: [{ ...hset('p:live', 'from', id), newer: 'p:newest', best: 1 }] });
  const results = [newer, older].map((id) => send(redis.client, requestOf([writing(id)])));
  expect((await Promise.all(results)).flat()).toEqual([done, { status: 'done', failedBestEfforts: [-1] }]);
});

test('of entries of one commit, what the newest wrote stays, whatever their order', async () => {
  const ids = ['10-0', '12-0', '11-0'];
  const messages = ids.map((id) => ({ id, effects: [{ ...set('p:latest', id), newer: 'p:newest' }] }));
  expect(await commitAll(redis.client, messages, { watch: true })).toEqual(['done', 'done', 'done']);
  expect(await redis.client.mget('p:latest', 'p:newest')).toEqual(['12-0', '12-0']);
});

test.each([
  ['was there before', undefined],
  ['another effect of the message wrote', hset('p:hash', 'old', '1')],
  ['was deleted and written again by the message', { op: 'del', key: 'p:hash' } as const],
])('a hash that is replaced keeps no field of one that %s', async (_which, before) => {
  await redis.client.hset('p:hash', 'older', '1');
  const replacing = { ...hset('p:hash', 'new', '1'), replace: true };
  await apply(
    ...(before === undefined ? [] : [{ ...before, ...(before.op === 'hset' && { replace: true }) }]),
    replacing,
  );
  expect(await redis.client.hgetall('p:hash')).toEqual({ new: '1' });
});

test('a hash that messages of one commit replace is that of the last, and was not there before', async () => {
  const ids = await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ]);
  const replacing = (id: string, field: string) => ({
    id,
    effects: [{ ...hset('p:hash', field, '1'), replace: true }],
  });
  const messages = [replacing(ids[0] as string, 'first'), replacing(ids[1] as string, 'second')];
  expect(await commitAll(redis.client, messages)).toEqual(['done', 'done']);
  expect(await redis.client.hgetall('p:hash')).toEqual({ second: '1' });
});

const AT_MS = 1_700_000_000_000;

test.each([
  ['older, in seconds', '1699999999', 'new', []],
  ['equally old', '1700000000', 'new', []],
  ['older, in milliseconds', '1699999999999', 'new', []],
  ['of the same second', '1700000000.999', 'new', []],
  ['newer, in seconds', '1700000001', undefined, [1]],
  ['newer, in milliseconds', '1700000001000', undefined, [1]],
  ['absent', '', 'new', []],
  ['no number', 'yesterday', 'new', []],
  ['without end', 'inf', 'new', []],
  ['too large for a number', '1e400', 'new', []],
])('a hash whose own time is %s', async (_what, time, expected, failed) => {
  if (time !== '') await redis.client.hset('p:live', { last_update_epoch: time });
  const effect = { ...hset('p:live', 'by', 'new'), best: 1, unless: { field: 'last_update_epoch', at: AT_MS } };
  expect(await apply(effect)).toEqual({ status: 'done', failedBestEfforts: failed });
  expect((await redis.client.hgetall('p:live')).by).toBe(expected);
});

test('a best effort on a key of the wrong type is left out and reported, and the rest lands', async () => {
  await redis.client.set('p:live', 'text');
  const best = { ...hset('p:live', 'f', 'v'), best: 2 };
  expect(await apply({ ...set('p:a', 'x'), best: 1 }, best, emit('p:out', 'a', '1'))).toEqual({
    status: 'done',
    failedBestEfforts: [2],
  });
  expect(await redis.client.get('p:live')).toBe('text');
  expect(await redis.client.get('p:a')).toBe('x');
  expect(await redis.client.xlen('p:out')).toBe(1);
});

test('whole numbers in a hash are added up, and a field that is none stays', async () => {
  await redis.client.hset('p:sum', { word: 'x' });
  const add = (field: string, value: string): PackedEffect => ({
    op: 'hincr',
    key: 'p:sum',
    type: 'hash',
    fields: [field],
    value,
  });
  expect(await apply(add('n', '2'), add('n', '3'), add('word', '1'), set('p:after', 'x'))).toEqual(done);
  expect(await redis.client.hgetall('p:sum')).toEqual({ word: 'x', n: '5' });
  expect(await redis.client.get('p:after')).toBe('x');
});

test('hashes are merged, or replaced where exactly these fields are to remain, and live as long as said', async () => {
  await redis.client.hset('p:merged', { kept: '1', old: '1' });
  await redis.client.hset('p:replaced', { gone: '1' });
  const merged = { ...hset('p:merged', 'old', '2'), ttl: 300 };
  expect(await apply(merged, { ...hset('p:replaced', 'only', '1'), replace: true })).toEqual(done);
  expect(await redis.client.hgetall('p:merged')).toEqual({ kept: '1', old: '2' });
  expect(await redis.client.ttl('p:merged')).toBeGreaterThan(200);
  expect(await redis.client.hgetall('p:replaced')).toEqual({ only: '1' });
});

test('strings, hash fields and sorted sets are set and removed as said', async () => {
  await redis.client.hset('p:hash', { a: '1', b: '2' });
  await redis.client.zadd('p:zset', 1, 'one', 2, 'two', 3, 'three');
  const result = await apply(
    { ...set('p:text', 'x'), ttl: 600 },
    { op: 'hdel', key: 'p:hash', type: 'hash', fields: ['a'] },
    { op: 'zadd', key: 'p:zset', type: 'zset', score: '4.5', member: 'four' },
    { op: 'zrem', key: 'p:zset', type: 'zset', members: ['three'] },
    { op: 'ztrim', key: 'p:zset', type: 'zset', below: '2' },
    { op: 'del', key: 'p:gone' },
  );
  expect(result).toEqual(done);
  expect(await redis.client.ttl('p:text')).toBeGreaterThan(500);
  expect(await redis.client.hgetall('p:hash')).toEqual({ b: '2' });
  expect(await redis.client.zrange('p:zset', 0, -1, 'WITHSCORES')).toEqual(['two', '2', 'four', '4.5']);
});

test('removing nothing, or ten thousand members, is no problem', async () => {
  const members = Array.from({ length: 10_000 }, (_, n) => `m${n}`);
  await redis.client.zadd('p:zset', ...members.flatMap((member) => [1, member]), 2, 'stays');
  const result = await apply(
    { op: 'zrem', key: 'p:zset', type: 'zset', members: [] },
    { op: 'hdel', key: 'p:hash', type: 'hash', fields: [] },
    { op: 'zrem', key: 'p:zset', type: 'zset', members },
  );
  expect(result).toEqual(done);
  expect(await redis.client.zrange('p:zset', 0, -1)).toEqual(['stays']);
});

test('entries written under a simulated clock carry its time, in order', async () => {
  const ids = await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ]);
  const messages = ids.map((id) => ({ id, effects: [emit('p:out', 'id', id)], log: ['verdict', 'X'] }));
  await commitAll(redis.client, messages, { clock: '1620000000000' });
  for (const stream of ['p:out', 'p:stream:decisions']) {
    const written = (await redis.client.xrange(stream, '-', '+')).map(([id]) => id);
    expect(written).toEqual(['1620000000000-0', '1620000000000-1']);
  }
});

test('an effect that Redis will not take is torn, with its words, and the entry does not come again', async () => {
  const result = await apply({ ...set('p:text', 'x'), ttl: 0 });
  expect(result).toEqual({ status: 'torn', error: expect.stringContaining('invalid expire time') });
  expect(await pendingCount(redis.client)).toBe(0);
});

test.each([
  ['takes nothing out of', 'refused', '1'],
  ['empties', 'done', '9'],
])('behind a trim that %s a set, a text at its key is %s', async (_what, status, below) => {
  await redis.client.zadd('p:zset', 5, 'member');
  const ids = await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ]);
  const effects: PackedEffect[] = [{ op: 'ztrim', key: 'p:zset', type: 'zset', below }, set('p:zset', 'text')];
  const messages = ids.map((id, at) => ({ id, effects: effects.slice(at, at + 1) }));
  expect(await commitAll(redis.client, messages)).toEqual(['done', status]);
  expect(await redis.client.type('p:zset')).toBe(status === 'done' ? 'string' : 'zset');
});
