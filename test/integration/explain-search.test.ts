import { afterAll, beforeAll, expect, test } from 'vitest';
import { entriesOfPlan } from '../../runtime/desk/explain/search.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const PROPOSALS = 'quantum:stream:harvest.proposal';
const LOG = 'quantum:stream:decisions';
const ENTRIES = 2_000;
const FACTS = 'x'.repeat(4_000);

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
  const pipeline = redis.client.pipeline();
  for (let at = 0; at < ENTRIES; at++) {
    pipeline.xadd(PROPOSALS, `${at + 1}-0`, 'plan_id', `p${at}`, 'symbol', 'ETHUSDT', 'action', 'FULL_CLOSE');
    pipeline.xadd(LOG, `${at + 1}-0`, 'plan_id', `p${at}`, 'facts', FACTS);
  }
  await pipeline.exec();
});
afterAll(async () => redis.stop());

test.each([
  { stream: PROPOSALS, atMost: 6 },
  { stream: LOG, atMost: 41 },
])('looks at all of $stream, in fewer calls the shorter its entries are', async ({ stream, atMost }) => {
  await redis.client.config('RESETSTAT');
  const range = { newest: '+', oldest: '-', deadlineMs: performance.now() + 60_000 };
  const { entries, searched } = await entriesOfPlan(redis.client, stream, 'p3', range);
  expect(entries.map(({ id }) => id)).toEqual(['4-0']);
  expect(searched).toMatchObject({ entries: ENTRIES, finished: true });
  const calls = /cmdstat_evalsha:calls=(\d+)/.exec(await redis.client.info('commandstats'))?.[1];
  expect(Number(calls)).toBeLessThanOrEqual(atMost);
});
