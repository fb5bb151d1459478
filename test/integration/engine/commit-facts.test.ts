import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FactsJoin } from '../../../runtime/desk/decisions/facts-join.ts';
import { trimFacts } from '../../../runtime/engine/streams/trim-facts.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { decisionOf, FACTS, FactsRig, LOG, NEWEST, SCHEMA } from '../../support/facts-rig.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { entriesOf } from '../../support/system.ts';

let redis: TestRedis;
let rig: FactsRig;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client.flushall();
  rig = new FactsRig(redis);
});

const idsNamed = async () => (await rig.log()).map(({ fields }) => fields.facts_entry?.split(' ')[1]);
const positions = (count: number, change = 0) =>
  Array.from({ length: count }, (_, at) => ({ symbol: `S${at}`, risk_usd: at === 3 ? change : at }));
const bookOf = (change: number) => ({ book_id: `${change}-0`, largest: positions(20, change), remainder_usd: 0 });

test('a book that stands still is written once, and named by every decision', async () => {
  await rig.decide('heat-gate', decisionOf(bookOf(1)), decisionOf(bookOf(1), '{}'));
  await rig.decide('heat-gate', decisionOf(bookOf(1)));
  expect(await rig.forms()).toEqual(['whole']);
  expect(new Set(await idsNamed()).size).toBe(1);
  const [first, second] = await rig.joined();
  expect(first?.fields.facts).toBe(`{"heat":0.5,"book":${JSON.stringify(bookOf(1))}}`);
  expect(second?.fields.facts).toBe(`{"book":${JSON.stringify(bookOf(1))}}`);
  expect(await redis.client.get(SCHEMA)).toBe('2');
});

test('what changed is written, in one commit too; every hundredth entry is whole', async () => {
  await rig.decide('heat-gate', ...[0, 1, 2].map((n) => decisionOf(bookOf(n))));
  expect(await rig.forms()).toEqual(['whole', 'patch', 'patch']);
  for (let n = 3; n < 101; n += 1) await rig.decide('heat-gate', decisionOf(bookOf(n)));
  const found = await rig.forms();
  expect(found.flatMap((form, at) => (form === 'whole' ? [at] : []))).toEqual([0, 100]);
  const books = (await rig.joined()).map(({ fields }) => JSON.parse(fields.facts ?? '').book);
  expect(books).toEqual(Array.from({ length: 101 }, (_, n) => bookOf(n)));
});

test('a whole one is written after five minutes, and where the clock went back', async () => {
  await rig.decide('heat-gate', decisionOf(bookOf(1)));
  for (const shift of [-300_000, 60_000]) {
    const parts = ((await redis.client.hget(NEWEST, 'heat-gate.book')) ?? '').split(' ');
    parts[4] = String(Number(parts[4]) + shift);
    await redis.client.hset(NEWEST, 'heat-gate.book', parts.join(' '));
    await rig.decide('heat-gate', decisionOf(bookOf(1)));
  }
  expect(await rig.forms()).toEqual(['whole', 'whole', 'whole']);
  expect(new Set(await idsNamed()).size).toBe(3);
});

test('two processes write one line of entries: a patch of what is not the newest is never written', async () => {
  const other = new FactsRig(redis);
  await rig.decide('heat-gate', decisionOf(bookOf(1)));
  await other.decide('heat-gate', decisionOf(bookOf(1)), decisionOf(bookOf(2)));
  await rig.decide('heat-gate', decisionOf(bookOf(3)));
  await other.decide('heat-gate', decisionOf(bookOf(4)));
  expect(await rig.forms()).toEqual(['whole', 'patch', 'whole', 'whole']);
  const books = (await rig.joined()).map(({ fields }) => JSON.parse(fields.facts ?? '').book.book_id);
  expect(books).toEqual(['1-0', '1-0', '2-0', '3-0', '4-0']);
});

test('kinds have lines of their own', async () => {
  for (const n of [1, 2]) {
    await rig.decide('heat-gate', decisionOf(bookOf(n)));
    await rig.decide('other-gate', decisionOf(bookOf(n)));
  }
  expect(await rig.forms()).toEqual(['whole', 'whole', 'patch', 'patch']);
  const kinds = (await entriesOf(redis.client, FACTS)).map(({ fields }) => fields.kind);
  expect(kinds).toEqual(['heat-gate.book', 'other-gate.book', 'heat-gate.book', 'other-gate.book']);
  for (const { fields } of await rig.joined()) expect(fields.facts_problem).toBeUndefined();
});

describe('what somebody did to the keys', () => {
  test.each([
    ['the entries are gone', () => redis.client.del(FACTS)],
    ['the note of the newest is gone', () => redis.client.del(NEWEST)],
    ['the note is no note', () => redis.client.hset(NEWEST, 'heat-gate.book', 'x')],
    ['the note names no id', () => redis.client.hset(NEWEST, 'heat-gate.book', `${'9'.repeat(30)}-0 1-0 ab 0 1`)],
    ['everything is gone', () => redis.client.flushall()],
  ])('a whole entry is written anew where %s', async (_, harm) => {
    await rig.decide('heat-gate', decisionOf(bookOf(1)));
    await harm();
    await rig.decide('heat-gate', decisionOf(bookOf(1)), decisionOf(bookOf(2)));
    for (const { fields } of (await rig.joined()).slice(-2)) {
      expect(fields.facts_problem).toBeUndefined();
      expect(fields.facts).toContain('"book":');
    }
    expect(await redis.client.get(SCHEMA)).toBe('2');
  });

  test.each([
    ['a text', FACTS],
    ['a text', NEWEST],
  ])('nothing is acknowledged or written while %s is at %s', async (_, key) => {
    await redis.client.set(key, 'x');
    expect(await rig.decide('heat-gate', decisionOf(bookOf(1)))).toEqual(['refused']);
    expect(await redis.client.exists(LOG)).toBe(0);
  });

  test('a decision whose facts are missing or others says so, and has no book', async () => {
    await rig.decide('heat-gate', decisionOf(bookOf(1)), decisionOf(bookOf(2)));
    const [whole, patch] = await entriesOf(redis.client, FACTS);
    await redis.client.xdel(FACTS, patch?.id ?? '');
    expect((await rig.joined()).map(({ fields }) => [fields.facts === '{"heat":0.5}', fields.facts_problem])).toEqual([
      [false, undefined],
      [true, `decision.facts has no entry ${patch?.id}`],
    ]);
    await redis.client.del(FACTS);
    await redis.client.xadd(
      FACTS,
      whole?.id ?? '',
      'kind',
      'heat-gate.book',
      'floor',
      '',
      'facts',
      '{"book_id":"lie"}',
    );
    const [first] = await rig.joined();
    expect(first?.fields.facts).toBe('{"heat":0.5}');
    expect(first?.fields.facts_problem).toContain(`entry ${whole?.id} of decision.facts: expected the SHA-256`);
    await redis.client.set(FACTS, 'x');
    expect((await rig.joined())[0]?.fields.facts_problem).toContain('has no entry');
  });

  test('a newer release is not read', async () => {
    await redis.client.set(SCHEMA, '3');
    await expect(rig.joined()).rejects.toThrow('newer format');
  });
});

test('a kind is kept from its whole entry on, whatever other kinds have written since', async () => {
  await rig.decide('heat-gate', decisionOf(bookOf(1)));
  await rig.decide('other-gate', decisionOf(bookOf(1)));
  await rig.decide('heat-gate', decisionOf(bookOf(2)));
  await redis.client.xtrim(LOG, 'MAXLEN', 1);
  await trimFacts(redis.client, LOG, FACTS);
  expect(await rig.forms()).toEqual(['whole', 'whole', 'patch']);
  expect((await rig.joined())[0]?.fields.facts_problem).toBeUndefined();
});

test('facts that no decision needs any more are trimmed, those of another kind too', async () => {
  await rig.decide('other-gate', decisionOf(bookOf(0)));
  for (let n = 0; n < 210; n += 1) await rig.decide('heat-gate', decisionOf(bookOf(n)));
  const before = (await rig.forms()).length;
  await trimFacts(redis.client, LOG, FACTS);
  expect((await rig.forms()).length).toBe(before);
  await redis.client.hdel(NEWEST, 'other-gate.book');
  for (let n = 0; n < 210; n += 1) await rig.decide('heat-gate', decisionOf(bookOf(n)));
  await redis.client.xtrim(LOG, 'MAXLEN', 5);
  await trimFacts(redis.client, LOG, FACTS);
  expect((await rig.forms()).length).toBeLessThan(105);
  for (const { fields } of await rig.joined()) expect(fields.facts_problem).toBeUndefined();
});

test('what the page before read is not forgotten while the next one names it', async () => {
  await rig.decide('heat-gate', decisionOf(bookOf(1)));
  const [first] = await rig.log();
  if (first === undefined) throw new Error('expected a decision');
  for (let n = 2; n <= 2_000; n += 100) {
    await rig.decide('heat-gate', ...Array.from({ length: 100 }, (_, at) => decisionOf(bookOf(n + at))));
  }
  const all = await rig.log();
  const join = new FactsJoin(redis.client, portfolioOf('p'));
  for (const page of [all.slice(0, 1_900), [...all.slice(1_800), first]]) {
    for (const { fields } of await join.join(page)) expect(fields.facts_problem).toBeUndefined();
  }
});
