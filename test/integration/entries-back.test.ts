import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { listDeadLetters } from '../../runtime/desk/dead-letters/dead-letters.ts';
import { decisionsBack } from '../../runtime/desk/decisions/decisions.ts';
import { ledgerEntries } from '../../runtime/desk/ledger/entries.ts';
import { StreamWalk } from '../../runtime/desk/overview/stream-walk.ts';
import { sealHead } from '../../runtime/desk/seals/ledger-seals.ts';
import { entriesBack } from '../../runtime/redis/entries-back.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const portfolio = portfolioOf('quantum');
const LOG = 'quantum:stream:decisions';
const LEDGER = 'quantum:stream:ops.ledger';
const DEAD = 'quantum:stream:apply.plan.dlq';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(() => redis.client.flushall());

async function fill(stream: string, count: number): Promise<void> {
  for (let at = 1; at <= count; at += 1) await redis.client.xadd(stream, `${1_000 + at}-5`, 'at', at);
  await redis.client.config('RESETSTAT');
}

/** How often Redis was asked for entries back: in each of these cases once more would go through the whole stream. */
async function asked(): Promise<number> {
  const found = /cmdstat_xrevrange:calls=(\d+)/.exec(await redis.client.info('commandstats'));
  return Number(found?.[1] ?? 0);
}

it.each([
  ['+', 2, 1],
  ['1002-5', 2, 1],
  ['(1002-5', 1, 1],
  ['1001', 1, 1],
  ['1001-5', 1, 1],
  ['(1001-6', 1, 1],
  ['(1001-5', 0, 0],
  ['1001-4', 0, 0],
  ['1000', 0, 0],
])('from %s back there are %i entries', async (newest, count, calls) => {
  await fill(LOG, 2);
  expect(await entriesBack(redis.client, LOG, { newest, count: 10 })).toHaveLength(count);
  expect(await asked()).toBe(calls);
});

it('a stream that is not there has none', async () => {
  expect(await entriesBack(redis.client, LOG, { newest: '(5-0', count: 10 })).toEqual([]);
  expect(await entriesBack(redis.client, LOG, { newest: '+', count: 10 })).toEqual([]);
});

it('nobody who goes back page by page asks for what lies before the first entry', async () => {
  await fill(LOG, 4);
  const pages = [];
  for await (const page of decisionsBack(redis.client, portfolio, { from: '+', size: 2 })) pages.push(page.length);
  expect([pages, await asked()]).toEqual([[2, 2], 2]);

  await fill(LEDGER, 1);
  expect((await ledgerEntries(redis.client, portfolio, { atMost: 5, before: '1001-5' })).entries).toEqual([]);
  expect(await asked()).toBe(0);

  await fill(DEAD, 1);
  const stream = { name: 'apply.plan', key: 'quantum:stream:apply.plan', deadLetters: DEAD };
  expect(await listDeadLetters(redis.client, stream, 5, '1001-5')).toEqual([]);
  expect(await asked()).toBe(0);
});

it('a walk ends at the first entry', async () => {
  await fill('s', 500);
  const taken: string[] = [];
  const walk = new StreamWalk('s', ({ id }) => taken.push(id));
  await walk.walk(redis.client, 0, Infinity);
  expect([taken.length, walk.isShortOf(0), await asked()]).toEqual([500, false, 1]);
});

it('looking for a seal ends at the first entry', async () => {
  await fill(LEDGER, 10);
  expect((await sealHead(redis.client, portfolio)).seal).toBe(undefined);
  expect(await asked()).toBe(1);
});
