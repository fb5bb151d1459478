import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Effect } from '../../../handlers/contract/effects.ts';
import { echoGate } from '../../support/gates.ts';
import { deadLettersOf, feed, judged, judgedAll, numbers, pendingOf } from '../../support/lane.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { countedTo, startSystem, type TestSystem } from '../../support/system.ts';

let redis: TestRedis;
let system: TestSystem | undefined;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterEach(async () => {
  await system?.stop();
  system = undefined;
});
afterAll(() => redis.stop());

const IN = 'quantum:stream:echo.in';

async function start(effects: (n: string) => readonly Effect[] = () => []): Promise<TestSystem> {
  system = await startSystem(redis, { handlers: [echoGate({ effects })] });
  return system;
}

test('an entry that does not parse is a dead letter at once, and the others of its batch are judged', async () => {
  await feed(redis.client, ['1', '2']);
  const bad = await redis.client.xadd(IN, '*', 'm', 'no n here');
  await feed(redis.client, ['3']);
  const running = await start();
  expect(await judgedAll(redis.client, 3)).toEqual(['1', '2', '3']);
  const [letter] = await until('a dead letter', async () => {
    const letters = await deadLettersOf(redis.client);
    return letters.length > 0 ? letters : undefined;
  });
  expect(letter?.fields).toMatchObject({ m: 'no n here', dlq_id: bad, dlq_group: 'echo', dlq_attempts: '1' });
  expect(letter?.fields.dlq_reason).toMatch(/^invalid_message: n: /);
  await until('nothing pending', async () => (await pendingOf(redis.client)) === 0);
  expect(await countedTo(running, 'portcullis_dead_letters_total{handler="echo"}', 1)).toBe(1);
});

test.each([
  ['200 fields', Array.from({ length: 199 }, (_, n) => [`f${n}`, 'v']).flat(), undefined],
  ['201 fields', Array.from({ length: 200 }, (_, n) => [`f${n}`, 'v']).flat(), 'over_limit: 201 fields, at most 200'],
  ['exactly 256 KiB', ['big', 'x'.repeat(256 * 1024 - 5)], undefined],
  ['a byte more', ['big', 'x'.repeat(256 * 1024 - 4)], 'over_limit: 262145 bytes, at most 262144'],
  ['300 KiB', ['big', 'x'.repeat(300 * 1024)], 'over_limit: 307205 bytes, at most 262144'],
])('an entry of %s', async (_what, fields, reason) => {
  await start();
  await redis.client.xadd(IN, '*', 'n', '1', ...fields);
  await feed(redis.client, ['after']);
  await judgedAll(redis.client, reason === undefined ? 2 : 1);
  await until('nothing pending', async () => (await pendingOf(redis.client)) === 0);
  const letters = await deadLettersOf(redis.client);
  expect(letters.map(({ fields: letter }) => letter.dlq_reason)).toEqual(reason === undefined ? [] : [reason]);
  expect((await judged(redis.client)).at(-1)?.n).toBe('after');
});

test('judging that fails is tried again, and succeeds without a trace', async () => {
  const failures = new Map<string, number>();
  const running = await start((n) => {
    const before = failures.get(n) ?? 0;
    failures.set(n, before + 1);
    if (n === 'bad' && before < 2) throw new Error('not yet');
    return [];
  });
  await feed(redis.client, ['1', 'bad', '2']);
  expect(await judgedAll(redis.client, 3)).toEqual(['1', 'bad', '2']);
  expect(await deadLettersOf(redis.client)).toEqual([]);
  expect(await countedTo(running, 'echo_judged_total', 3)).toBe(3);
});

test('judging that fails three times gets the fail policy and a dead letter, and the others go on', async () => {
  const running = await start((n) => {
    if (n === 'bad') throw new Error('cannot judge this');
    return [];
  });
  await feed(redis.client, ['1', 'bad', '2']);
  await judgedAll(redis.client, 3);
  expect((await judged(redis.client)).map(({ n, verdict }) => `${n} ${verdict}`)).toEqual([
    '1 judged',
    'bad failed',
    '2 judged',
  ]);
  const [letter] = await deadLettersOf(redis.client);
  expect(letter?.fields).toMatchObject({ n: 'bad', dlq_reason: 'cannot judge this', dlq_attempts: '3' });
  expect(await countedTo(running, 'echo_judged_total', 3)).toBe(3);
});

test.each<[string, Effect]>([
  ['a hash with no fields', { do: 'hset', key: 'own', fields: {} }],
  ['a lifetime of nothing', { do: 'set', key: 'own', value: 'x', ttlSec: 0 }],
  ['a lifetime of half a second', { do: 'set', key: 'own', value: 'x', ttlSec: 0.5 }],
  ['a score that is no number', { do: 'zadd', key: 'own', score: Number.NaN, member: 'm' }],
])('an outcome with %s is a failure of its message, before anything is written', async (_what, effect) => {
  await start((n) => (n === 'bad' ? [effect] : []));
  await feed(redis.client, ['1', 'bad', '2']);
  await judgedAll(redis.client, 3);
  expect((await judged(redis.client)).map(({ verdict }) => verdict)).toEqual(['judged', 'failed', 'judged']);
  expect((await deadLettersOf(redis.client)).map(({ fields }) => fields.n)).toEqual(['bad']);
  expect(await redis.client.exists('quantum:own')).toBe(0);
});

test("a message's own key of the wrong type fails that message alone", async () => {
  await redis.client.set('quantum:own:bad', 'text');
  await start((n) => [{ do: 'hset', key: `own:${n}`, fields: { n } }]);
  await feed(redis.client, ['1', 'bad', '2']);
  await judgedAll(redis.client, 3);
  const verdicts = (await judged(redis.client)).map(({ n, verdict }) => `${n} ${verdict}`);
  expect(verdicts.toSorted()).toEqual(['1 judged', '2 judged', 'bad failed']);
  const [letter] = await deadLettersOf(redis.client);
  expect(letter?.fields.dlq_reason).toBe('wrong_type: quantum:own:bad');
});

test('a shared stream of the wrong type holds the lane, loses nothing, and goes on when it is put right', async () => {
  await redis.client.set('quantum:stream:echo.out', 'text');
  const running = await start();
  await feed(redis.client, numbers(60));
  const held = await until('the lane to be held', () => running.runtime.lanes().find(({ state }) => state === 'held'));
  expect(held.problem).toBe('quantum:stream:echo.out is of another type than expected; rename or delete it');
  expect(await deadLettersOf(redis.client)).toEqual([]);
  await redis.client.del('quantum:stream:echo.out');
  expect(await judgedAll(redis.client, 60)).toEqual(numbers(60));
  await until('the lane to run', () => running.runtime.lanes().every(({ state }) => state === 'running'));
});

test('a policy of the wrong type holds the lane too', async () => {
  await redis.client.set('quantum:policy:echo', 'text');
  const running = await start();
  await feed(redis.client, ['1']);
  await until('the lane to be held', () => running.runtime.lanes().find(({ state }) => state === 'held'));
  await redis.client.del('quantum:policy:echo');
  expect(await judgedAll(redis.client, 1)).toEqual(['1']);
});
