import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { PackedMessage } from '../../../runtime/engine/commit/request.ts';
import { commitAll, delivered, emit, one, pendingCount, set, TOKEN } from '../../support/commit.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterAll(() => redis.stop());

const serial = { serial: true } as const;

async function chain(from: string, nonce: string, count: number): Promise<PackedMessage[]> {
  const ids = await delivered(
    redis.client,
    Array.from({ length: count }, (_, n) => ['n', String(n)]),
  );
  return ids.map((id, at) => ({
    id,
    effects: [emit('p:out', 'id', id)],
    token: at === 0 ? from : `${nonce}.${at - 1}`,
    nextToken: `${nonce}.${at}`,
  }));
}

test('messages judged on one another commit in one chain of tokens', async () => {
  expect(await commitAll(redis.client, await chain('', 'n1', 3), serial)).toEqual(['done', 'done', 'done']);
  expect(await redis.client.get(TOKEN)).toBe('n1.2');
});

test('a stale token conflicts, and so does everything judged after it', async () => {
  await redis.client.set(TOKEN, 'another');
  expect(await commitAll(redis.client, await chain('', 'n1', 3), serial)).toEqual(['conflict', 'conflict', 'conflict']);
  expect(await redis.client.exists('p:out')).toBe(0);
  expect(await pendingCount(redis.client)).toBe(3);
});

test('what was judged after a message whose effects were cut off conflicts, though its token is there', async () => {
  const [first, second] = await chain('', 'n1', 2);
  const torn = { ...first, effects: [{ ...set('p:text', 'x'), ttl: 0 }] } as PackedMessage;
  expect(await commitAll(redis.client, [torn, second as PackedMessage], serial)).toEqual([
    expect.stringContaining('torn'),
    'conflict',
  ]);
  expect(await redis.client.exists('p:out')).toBe(0);
});

test('when one message of a chain is gone, only what was judged after it conflicts', async () => {
  const messages = await chain('', 'n1', 4);
  await commitAll(redis.client, [{ id: messages[1]?.id as string, effects: [] }]);
  expect(await commitAll(redis.client, messages, serial)).toEqual(['done', 'gone', 'conflict', 'conflict']);
  expect(await redis.client.get(TOKEN)).toBe('n1.0');
  expect(await redis.client.xlen('p:out')).toBe(1);
});

test('when one message of a chain is refused, only what was judged after it conflicts', async () => {
  const messages = await chain('', 'n1', 3);
  await redis.client.lpush('p:list', 'x');
  messages[1]?.effects.push(set('p:list', 'v'));
  expect(await commitAll(redis.client, messages, serial)).toEqual(['done', 'refused', 'conflict']);
});

test('a dead letter in a chain carries no token and breaks nothing', async () => {
  const messages = await chain('', 'n1', 3);
  const [first, second, third] = messages as [PackedMessage, PackedMessage, PackedMessage];
  const dead = { id: second.id, effects: [] };
  const last = { ...third, token: 'n1.0' };
  expect(await commitAll(redis.client, [first, dead, last], serial)).toEqual(['done', 'done', 'done']);
});

test('a token once passed never passes again after another commit', async () => {
  await commitAll(redis.client, await chain('', 'n1', 1), serial);
  const slow = await chain('n1.0', 'slow', 1);
  await commitAll(redis.client, await chain('n1.0', 'n2', 1), serial);
  expect(await commitAll(redis.client, slow, serial)).toEqual(['conflict']);
  await commitAll(redis.client, await chain('n2.0', 'n3', 1), serial);
  expect(await commitAll(redis.client, slow, serial)).toEqual(['conflict']);
});

const kill = { key: 'p:kill', value: false } as const;

test.each([
  ['was set between judging and commit', () => redis.client.set('p:kill', '1')],
  ['is of another type', () => redis.client.lpush('p:kill', '1')],
])('a kill switch that %s is a conflict of the whole batch', async (_what, change) => {
  const messages = await chain('', 'n1', 2);
  await change();
  expect(await commitAll(redis.client, messages, { guards: [kill] })).toEqual(['conflict', 'conflict']);
  expect(await redis.client.exists('p:out')).toBe(0);
  expect(await pendingCount(redis.client)).toBe(2);
});

test('a kill switch judged as of another type holds while it stays so', async () => {
  const id = await one(redis.client);
  await redis.client.lpush('p:kill', '1');
  const guards = [{ key: 'p:kill', value: '!type' }];
  expect(await commitAll(redis.client, [{ id, effects: [] }], { guards })).toEqual(['done']);
});

test.each([
  ['the version it was judged on', 'v1', ['done']],
  ['another version', 'v2', ['conflict']],
])('a policy of %s', async (_what, version, expected) => {
  const id = await one(redis.client);
  await redis.client.hset('p:policy', { mode: 'shadow', version });
  const guards = [{ key: 'p:policy', field: 'version', value: 'v1' }];
  expect(await commitAll(redis.client, [{ id, effects: [] }], { guards })).toEqual(expected);
});

test('a policy that is gone, or came to be, is a conflict', async () => {
  const [first, second] = (await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ])) as [string, string];
  const judgedOn = (value: string | false) => ({ guards: [{ key: 'p:policy', field: 'version', value }] });
  expect(await commitAll(redis.client, [{ id: first, effects: [] }], judgedOn('v1'))).toEqual(['conflict']);
  expect(await commitAll(redis.client, [{ id: first, effects: [] }], judgedOn(false))).toEqual(['done']);
  await redis.client.hset('p:policy', 'version', 'v1');
  expect(await commitAll(redis.client, [{ id: second, effects: [] }], judgedOn(false))).toEqual(['conflict']);
});

test('a watch applies its effects without an entry, under its guards and its token', async () => {
  const message = { id: '5-0', effects: [set('p:seen', 'on')] };
  expect(await commitAll(redis.client, [message], { watch: true, guards: [kill] })).toEqual(['done']);
  expect(await redis.client.get('p:seen')).toBe('on');
  await redis.client.set('p:kill', '1');
  const late = { id: '6-0', effects: [set('p:seen', 'off')] };
  expect(await commitAll(redis.client, [late], { watch: true, guards: [kill] })).toEqual(['conflict']);
  expect(await redis.client.get('p:seen')).toBe('on');
});
