import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { repairStream } from '../../runtime/desk/streams/repair.ts';
import { trimFacts } from '../../runtime/engine/streams/trim-facts.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { compareStreamIds } from '../../schemas/time.ts';
import { decisionOf, FACTS, FactsRig, LOG, NEWEST } from '../support/facts-rig.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { entriesOf } from '../support/system.ts';

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

const bookOf = (n: number) => ({
  book_id: `${n}-0`,
  largest: Array.from({ length: 20 }, (_, at) => ({ symbol: `S${at}`, risk_usd: at === 3 ? n : at })),
});
const books = async () =>
  (await rig.joined()).map(({ fields }) => fields.facts_problem ?? JSON.parse(fields.facts ?? '').book.book_id);
const names = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `${from + at}-0`);

async function decideAll(from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 1) await rig.decide('heat-gate', decisionOf(bookOf(n)));
}

/** Puts the next ids of a stream an hour ahead of the clock. */
async function setAhead(key: string): Promise<void> {
  await redis.client.xsetid(key, `${Date.now() + HOUR_MS}-0`);
}

async function repair(name: string, key: string): Promise<void> {
  const change = { actor: 'olga', reason: 'a test' };
  await repairStream(redis.client, portfolioOf('p'), { name, key }, [], change);
}

test('decisions of before a repair of the facts stay joined, whole entries and patches', async () => {
  await decideAll(1, 3);
  await setAhead(FACTS);
  await decideAll(4, 6);
  await redis.client.hdel(NEWEST, 'heat-gate.book');
  await decideAll(7, 9);
  await repair('decision.facts', FACTS);
  expect(await books()).toEqual(names(1, 9));
  expect(await redis.client.exists(NEWEST)).toBe(0);
  await decideAll(10, 11);
  const entries = await entriesOf(redis.client, FACTS);
  expect(entries.filter(({ fields }) => fields.repaired_from !== undefined)).toHaveLength(6);
  for (const { id, fields } of entries) {
    for (const other of [fields.base, fields.whole, fields.floor]) {
      if (other !== undefined && other !== '') expect(compareStreamIds(other, id)).toBeLessThan(0);
    }
  }
  expect(await books()).toEqual(names(1, 11));
});

test('they stay so with the log repaired too, and where a later entry has an id of before', async () => {
  await decideAll(1, 2);
  for (const key of [FACTS, LOG]) await setAhead(key);
  await decideAll(3, 5);
  const [first] = (await rig.log()).slice(-1);
  await repair('decision.facts', FACTS);
  await repair('decisions', LOG);
  expect(await books()).toEqual(names(1, 5));
  const id = first?.fields.facts_entry?.split(' ')[1] ?? '';
  await redis.client.xadd(FACTS, id, 'kind', 'other-gate.book', 'floor', '', 'facts', '{}');
  expect(await books()).toEqual(names(1, 5));
});

test('nothing is trimmed that a decision of before the repair needs, and it is when none is left', async () => {
  await decideAll(1, 2);
  await setAhead(FACTS);
  await decideAll(3, 5);
  await repair('decision.facts', FACTS);
  await decideAll(6, 8);
  const entries = await redis.client.xlen(FACTS);
  await redis.client.xtrim(LOG, 'MAXLEN', 5);
  await trimFacts(redis.client, LOG, FACTS);
  expect(await books()).toEqual(names(4, 8));
  expect(await redis.client.xlen(FACTS)).toBe(entries);
  // Redis trims what lies beside entries that were moved away block by block, of 100 entries or 4 KB.
  await decideAll(9, 60);
  await redis.client.hdel(NEWEST, 'heat-gate.book');
  await decideAll(61, 63);
  await redis.client.xtrim(LOG, 'MAXLEN', 3);
  await trimFacts(redis.client, LOG, FACTS);
  expect(await books()).toEqual(names(61, 63));
  const left = await entriesOf(redis.client, FACTS);
  expect(left.filter(({ fields }) => fields.repaired_from !== undefined)).toEqual([]);
});

test('an id that no stream can have hides no entry that was moved', async () => {
  await decideAll(0, 0);
  await setAhead(FACTS);
  await decideAll(1, 1);
  await redis.client.xtrim(LOG, 'MAXLEN', 1);
  const [moved] = await rig.log();
  const sha256 = moved?.fields.facts_entry?.split(' ')[2];
  await redis.client.xadd(LOG, '*', 'facts', '{}', 'facts_entry', `book ${'9'.repeat(25)}-0 ${sha256}`);
  await repair('decision.facts', FACTS);
  expect(await books()).toEqual(['1-0', expect.stringContaining('has no entry 9999')]);
});
