import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { findDeadLetters, listDeadLetters, replayDeadLetters } from '../../runtime/desk/dead-letters/dead-letters.ts';
import type { StreamRef } from '../../runtime/engine/streams/lanes.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const portfolio = portfolioOf('quantum');
const plans = streamOf('apply.plan');
const proposals = streamOf('harvest.proposal');
const change = { actor: 'ada', reason: 'producer fixed' };
const MARKS = [
  'dlq_id',
  '5-0',
  'dlq_group',
  'governor',
  'dlq_reason',
  'symbol: missing',
  'dlq_attempts',
  '1',
  'dlq_ts',
  '1700000000',
];
const BYTES = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

async function setAside(...own: (string | Buffer)[]): Promise<string> {
  return (await redis.client.xadd(`${plans.key}.dlq`, '*', ...own, ...MARKS)) ?? '';
}

/** As the commit script packs an entry of more than 1,000 fields. */
async function setAsidePacked(fieldCount: number): Promise<string> {
  const script = `
    local flat = {}
    for i = 1, tonumber(ARGV[1]) do flat[#flat + 1] = 'f' .. i; flat[#flat + 1] = string.char(255, 0, i % 256) end
    local marks = {}
    for i = 2, #ARGV do marks[#marks + 1] = ARGV[i] end
    return redis.call('XADD', KEYS[1], '*', 'dlq_packed', cmsgpack.pack(flat), unpack(marks))`;
  return String(await redis.client.eval(script, 1, `${plans.key}.dlq`, fieldCount, ...MARKS));
}

test('a dead letter says where it came from and why, with the fields of the entry alone', async () => {
  const id = await setAside('plan_id', 'p1', 'qty', '1');
  expect(await listDeadLetters(redis.client, plans, 10)).toEqual([
    {
      stream: 'apply.plan',
      id,
      sourceId: '5-0',
      group: 'governor',
      reason: 'symbol: missing',
      attempts: 1,
      at: '1700000000',
      fields: [
        ['plan_id', 'p1'],
        ['qty', '1'],
      ],
    },
  ]);
});

test('dead letters are listed newest first, and found by id in any stream', async () => {
  const first = await setAside('plan_id', 'p1');
  const second = await setAside('plan_id', 'p2');
  expect((await listDeadLetters(redis.client, plans, 1)).map(({ id }) => id)).toEqual([second]);
  expect((await findDeadLetters(redis.client, [proposals, plans], first)).map(({ stream }) => stream)).toEqual([
    'apply.plan',
  ]);
  expect(await findDeadLetters(redis.client, [proposals], first)).toEqual([]);
});

test('a replayed entry is back with its own fields, exact to the byte and in order, and is in the ledger', async () => {
  const id = await setAside('plan_id', 'p1', 'raw', BYTES, BYTES, 'x', 'plan_id', 'again');
  const { replayed } = await replayDeadLetters(redis.client, portfolio, plans, [id], change);
  const [[newId, flat] = ['', []]] = await redis.client.xrangeBuffer(plans.key, '-', '+');
  expect(replayed).toEqual([{ id, newId: String(newId) }]);
  expect(flat).toEqual(
    ['plan_id', 'p1', 'raw', BYTES, BYTES, 'x', 'plan_id', 'again'].map((part) => Buffer.from(part)),
  );
  expect(await redis.client.xlen(`${plans.key}.dlq`)).toBe(0);
  const [[, ledger] = ['', []]] = await redis.client.xrange('quantum:stream:ops.ledger', '-', '+');
  expect(ledger).toEqual(
    expect.arrayContaining(['dlq_replay', 'ada', 'producer fixed', 'apply.plan', id, String(newId)]),
  );
});

test('a field of the entry that has the name of a mark is the entry’s own', async () => {
  const id = await setAside('dlq_reason', 'mine', 'plan_id', 'p1');
  expect((await findDeadLetters(redis.client, [plans], id))[0]?.fields).toEqual([
    ['dlq_reason', 'mine'],
    ['plan_id', 'p1'],
  ]);
  await replayDeadLetters(redis.client, portfolio, plans, [id], change);
  expect((await redis.client.xrange(plans.key, '-', '+'))[0]?.[1]).toEqual(['dlq_reason', 'mine', 'plan_id', 'p1']);
});

test('asked twice, also at once, an entry is put back once', async () => {
  const id = await setAside('plan_id', 'p1');
  const ask = () => replayDeadLetters(redis.client, portfolio, plans, [id], change);
  const results = await Promise.all([ask(), ask(), ask()]);
  expect(results.flatMap(({ replayed }) => replayed)).toHaveLength(1);
  expect(results.flatMap(({ missing }) => missing)).toEqual([id, id]);
  expect(await redis.client.xlen(plans.key)).toBe(1);
});

test('a packed entry is unpacked, exact to the byte', async () => {
  const id = await setAsidePacked(1_200);
  expect((await findDeadLetters(redis.client, [plans], id))[0]?.fields).toHaveLength(1_200);
  await replayDeadLetters(redis.client, portfolio, plans, [id], change);
  const [[, flat] = ['', [] as Buffer[]]] = await redis.client.xrangeBuffer(plans.key, '-', '+');
  expect(flat).toHaveLength(2_400);
  expect(flat.slice(0, 2)).toEqual([Buffer.from('f1'), Buffer.from([0xff, 0, 1])]);
});

test.each([
  { fields: 3_950, stays: false },
  { fields: 3_951, stays: true },
  { fields: 20_000, stays: true },
])('a packed entry of $fields fields stays: $stays', async ({ fields, stays }) => {
  const id = await setAsidePacked(fields);
  const result = await replayDeadLetters(redis.client, portfolio, plans, [id], change);
  expect(result.tooLarge).toEqual(stays ? [id] : []);
  expect(await redis.client.xlen(`${plans.key}.dlq`)).toBe(stays ? 1 : 0);
});

test('many are put back in the order asked', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 60; i += 1) ids.push(await setAside('n', String(i)));
  expect((await replayDeadLetters(redis.client, portfolio, plans, ids, change)).replayed).toHaveLength(60);
  const back = await redis.client.xrange(plans.key, '-', '+');
  expect(back.map(([, [, n]]) => n)).toEqual(ids.map((_, i) => String(i)));
});

test.each(['', '5', '5-', 'abc', '-', '+', '5-0 '])('%j is not the id of a dead letter', async (id) => {
  await expect(findDeadLetters(redis.client, [plans], id)).rejects.toThrow('expected the id of a dead letter');
});

test('a source stream of another type is refused, and the dead letter stays', async () => {
  const id = await setAside('plan_id', 'p1');
  await redis.client.set(plans.key, 'x');
  await expect(replayDeadLetters(redis.client, portfolio, plans, [id], change)).rejects.toThrow('expected a stream at');
  expect(await redis.client.xlen(`${plans.key}.dlq`)).toBe(1);
});

function streamOf(name: string): StreamRef {
  const key = `quantum:stream:${name}`;
  return { name, key, deadLetters: `${key}.dlq` };
}
