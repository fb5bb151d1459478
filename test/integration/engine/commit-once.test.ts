import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  commitAll,
  delivered,
  emit,
  FINISHED,
  GROUP,
  hset,
  MARK,
  one,
  pendingCount,
  requestOf,
  SOURCE,
  send,
  set,
} from '../../support/commit.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterAll(() => redis.stop());

test('effects apply and the entry is acknowledged, together', async () => {
  const id = await one(redis.client);
  expect(await commitAll(redis.client, [{ id, effects: [emit('p:out', 'a', '1'), set('p:text', 'x')] }])).toEqual([
    'done',
  ]);
  expect(await redis.client.xlen('p:out')).toBe(1);
  expect(await redis.client.get('p:text')).toBe('x');
  expect(await pendingCount(redis.client)).toBe(0);
});

test('an entry that was acknowledged before is gone, and nothing of it is written', async () => {
  const id = await one(redis.client);
  await redis.client.xack(SOURCE, GROUP, id);
  expect(await commitAll(redis.client, [{ id, effects: [emit('p:out', 'a', '1')], log: ['verdict', 'X'] }])).toEqual([
    'gone',
  ]);
  expect(await redis.client.keys('p:out')).toEqual([]);
  expect(await redis.client.keys('p:stream:decisions')).toEqual([]);
});

test('the same nonce again answers the stored reply and writes nothing twice', async () => {
  const ids = await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ]);
  const request = requestOf(ids.map((id) => ({ id, effects: [emit('p:out', 'id', id)], log: ['verdict', 'X'] })));
  const first = await send(redis.client, request);
  expect(await send(redis.client, request)).toEqual(first);
  expect(first.map(({ status }) => status)).toEqual(['done', 'done']);
  expect(await redis.client.xlen('p:out')).toBe(2);
  expect(await redis.client.xlen('p:stream:decisions')).toBe(2);
});

describe('a commit that comes behind another', () => {
  const after = { last: 'p:commit:w1', nonce: 'first' };
  const behind = (id: string) =>
    requestOf([{ id, effects: [emit('p:out', 'n', '2')] }], { nonce: 'second', last: 'p:commit:w1#1', after });

  test('is done once that one was answered, and both are answered the same when both are sent again', async () => {
    const [one, two] = (await delivered(redis.client, [
      ['n', '1'],
      ['n', '2'],
    ])) as [string, string];
    const first = requestOf([{ id: one, effects: [emit('p:out', 'n', '1')] }], { nonce: 'first' });
    for (const request of [first, behind(two), first, behind(two)]) {
      expect(await send(redis.client, request)).toEqual([{ status: 'done', failedBestEfforts: [] }]);
    }
    expect((await redis.client.xrange('p:out', '-', '+')).map(([, flat]) => flat[1])).toEqual(['1', '2']);
  });

  test.each([
    ['nothing was committed yet', undefined],
    ['another one was committed last', 'other'],
  ])('is a conflict and writes nothing where %s', async (_what, nonce) => {
    const id = await one(redis.client);
    if (nonce !== undefined) await redis.client.hset(after.last, 'nonce', nonce, 'reply', '[]');
    expect(await send(redis.client, behind(id))).toEqual([{ status: 'conflict' }]);
    expect([await pendingCount(redis.client), await redis.client.exists('p:out', 'p:commit:w1#1')]).toEqual([1, 0]);
  });
});

test('a nonce of another worker does not hide a commit', async () => {
  const [first, second] = await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ]);
  await commitAll(redis.client, [{ id: first as string, effects: [] }], { worker: 'w1' });
  expect(await commitAll(redis.client, [{ id: second as string, effects: [] }], { worker: 'w2' })).toEqual(['done']);
});

test('a group that is gone is told apart from an entry that is gone', async () => {
  const [first, second] = await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ]);
  await redis.client.xgroup('DESTROY', SOURCE, GROUP);
  const messages = [first, second].map((id) => ({ id: id as string, effects: [set('p:text', 'x')] }));
  expect(await commitAll(redis.client, messages)).toEqual(['nogroup', 'nogroup']);
  expect(await redis.client.exists('p:text')).toBe(0);
});

test('a source that was trimmed away is acknowledged and nothing else, where its fields are needed', async () => {
  const id = await one(redis.client);
  await redis.client.xdel(SOURCE, id);
  const effect = { ...emit('p:out', 'a', '1'), copy: { omit: [], rename: [] } };
  expect(await commitAll(redis.client, [{ id, copies: true, effects: [effect] }])).toEqual(['trimmed']);
  expect(await redis.client.exists('p:out')).toBe(0);
  expect(await pendingCount(redis.client)).toBe(0);
});

test('a key of the wrong type refuses the whole message before anything is written', async () => {
  const id = await one(redis.client);
  await redis.client.set('p:hash', 'text');
  const result = await send(
    redis.client,
    requestOf([{ id, effects: [emit('p:out', 'a', '1'), hset('p:hash', 'f', 'v')] }]),
  );
  expect(result).toEqual([{ status: 'refused', key: 'p:hash' }]);
  expect(await redis.client.exists('p:out')).toBe(0);
  expect(await pendingCount(redis.client)).toBe(1);
});

test.each([
  ['the decision log', 'p:stream:decisions', {}],
  ['the mark of the newest entry', 'p:newest', { newer: 'p:newest' }],
])('%s of the wrong type refuses too', async (_what, key, part) => {
  const id = await one(redis.client);
  await redis.client.lpush(key, 'x');
  const message = { id, effects: [{ ...set('p:text', 'x'), ...part }], log: ['verdict', 'X'] };
  expect(await send(redis.client, requestOf([message]))).toEqual([{ status: 'refused', key }]);
  expect(await redis.client.exists('p:text')).toBe(0);
});

test('a refused message does not hinder the others of its batch', async () => {
  const [first, second] = await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ]);
  await redis.client.set('p:hash', 'text');
  const messages = [
    { id: first as string, effects: [hset('p:hash', 'f', 'v')] },
    { id: second as string, effects: [set('p:text', 'x')] },
  ];
  expect(await commitAll(redis.client, messages)).toEqual(['refused', 'done']);
  expect(await redis.client.get('p:text')).toBe('x');
});

test('a dedupe marker that is set makes a duplicate: acknowledged, logged as such, without effects', async () => {
  const [first, second] = await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ]);
  const message = (id: string) => ({
    id,
    effects: [emit('p:out', 'id', id)],
    log: ['verdict', 'WRITTEN', 'plan_id', 'p1'],
    dedupe: { key: 'p:dedupe:p1', ttl: 1_200 },
  });
  expect(await commitAll(redis.client, [message(first as string), message(second as string)])).toEqual([
    'done',
    'duplicate',
  ]);
  expect(await redis.client.xlen('p:out')).toBe(1);
  expect(await redis.client.ttl('p:dedupe:p1')).toBeGreaterThan(1_100);
  const log = await redis.client.xrange('p:stream:decisions', '-', '+');
  expect(log.map(([, flat]) => flat[1])).toEqual(['WRITTEN', 'DUPLICATE']);
  expect(await pendingCount(redis.client)).toBe(0);
});

test('the decision-log entry names every entry that was written', async () => {
  const id = await one(redis.client);
  await commitAll(redis.client, [
    { id, effects: [emit('p:a', 'x', '1'), emit('p:b', 'x', '1')], log: ['verdict', 'DONE'] },
  ]);
  const idIn = async (key: string) => (await redis.client.xrange(key, '-', '+'))[0]?.[0];
  const flat = (await redis.client.xrange('p:stream:decisions', '-', '+'))[0]?.[1];
  expect(flat).toEqual(['verdict', 'DONE', 'outputs', `p:a ${await idIn('p:a')},p:b ${await idIn('p:b')}`]);
});

test('the low-water mark stands below the oldest pending entry, and what was finished above it is remembered', async () => {
  const [a, b, c] = (await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
    ['n', '3'],
  ])) as [string, string, string];
  await commitAll(redis.client, [{ id: c, effects: [] }]);
  expect(await redis.client.hgetall(MARK)).toEqual({ top: c, min: a });
  expect(await redis.client.zrange(FINISHED, 0, -1)).toEqual([c]);
  await commitAll(redis.client, [{ id: a, effects: [] }]);
  expect(await redis.client.hgetall(MARK)).toEqual({ top: c, min: b });
  await commitAll(redis.client, [{ id: b, effects: [] }]);
  expect(await redis.client.hgetall(MARK)).toEqual({ top: c, min: '' });
  expect(await redis.client.exists(FINISHED)).toBe(0);
});

test('an entry finished above the mark that comes again is gone', async () => {
  const [a, b] = (await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ])) as [string, string];
  await commitAll(redis.client, [{ id: b, effects: [emit('p:out', 'id', b)] }]);
  await redis.client.xgroup('DESTROY', SOURCE, GROUP);
  await redis.client.xgroup('CREATE', SOURCE, GROUP, '0');
  await redis.client.xreadgroup('GROUP', GROUP, 'w1', 'COUNT', 10, 'STREAMS', SOURCE, '>');
  const messages = [a, b].map((id) => ({ id, effects: [emit('p:out', 'id', id)] }));
  expect(await commitAll(redis.client, messages)).toEqual(['done', 'gone']);
  expect((await redis.client.xrange('p:out', '-', '+')).map(([, flat]) => flat[1])).toEqual([b, a]);
  expect(await pendingCount(redis.client)).toBe(0);
});
