import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Effect } from '../../../handlers/contract/effects.ts';
import { EffectPacker } from '../../../runtime/engine/commit/request.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { commitAll, one } from '../../support/commit.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const SPOOF = String.raw`\"at\":1`;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterAll(() => redis.stop());

async function nowMs(): Promise<number> {
  const [seconds, micros] = await redis.client.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

/** Commits effects that were judged at `judgedMs`, and reads the times that were written, Unix ms. */
async function written(judgedMs: number, stamped: boolean, simulated = false) {
  const effects: Effect[] = [
    { do: 'set', key: 'text', value: String(judgedMs / 1000), ...(stamped && { fromCommit: true }) },
    { do: 'zadd', key: 'zset', score: judgedMs, member: 'm', ...(stamped && { fromCommit: true }) },
    {
      do: 'hset',
      key: 'hash',
      fields: { f: `{"name":"${SPOOF}","at":${judgedMs},"until":${judgedMs + 1000},"n":7}` },
      ...(stamped && { fromCommit: ['at', 'until'] }),
    },
    { do: 'later', handler: 'h', id: 'i', delayMs: 1000, fields: {} },
  ];
  const packed = new EffectPacker(portfolioOf('p'), judgedMs).pack(effects);
  const message = { id: await one(redis.client), effects: packed };
  expect(await commitAll(redis.client, [message], { judgedMs: simulated ? false : String(judgedMs) })).toEqual([
    'done',
  ]);
  const hash = (await redis.client.hget('p:hash', 'f')) ?? '';
  const { name, n, at, until } = JSON.parse(hash) as Record<string, number>;
  expect([name, n]).toEqual(['"at":1', 7]);
  return {
    text: await redis.client.get('p:text'),
    score: Number(await redis.client.zscore('p:zset', 'm')),
    at,
    until,
    due: Number((await redis.client.zrange('p:portcullis:outbox', 0, 0, 'WITHSCORES'))[1]),
  };
}

test('times that count from the commit are moved on by how late it comes, to the millisecond and all by the same', async () => {
  const judgedMs = (await nowMs()) - 4_600;
  const { text, score, at, until, due } = await written(judgedMs, true);
  expect(score).toBeGreaterThanOrEqual(judgedMs + 4_600);
  expect(score).toBeLessThanOrEqual(await nowMs());
  expect(Math.round(Number(text) * 1000)).toBe(score);
  expect(text).toMatch(/^\d{10}(?:\.\d{0,2}[1-9])?$/);
  expect({ at, until, due }).toEqual({ at: score, until: score + 1000, due: score + 1000 });
});

test('times that do not are written as they were judged', async () => {
  const judgedMs = (await nowMs()) - 4_600;
  const { text, score, at, until } = await written(judgedMs, false);
  expect({ text, score, at, until }).toEqual({
    text: String(judgedMs / 1000),
    score: judgedMs,
    at: judgedMs,
    until: judgedMs + 1000,
  });
});

test.each([
  ['under a simulated clock', -4_600, true],
  ['where the clock of Redis was set back since', 60_000, false],
])('%s they are as they were judged', async (_what, fromNowMs, simulated) => {
  const judgedMs = (await nowMs()) + fromNowMs;
  expect(await written(judgedMs, true, simulated)).toEqual({
    text: String(judgedMs / 1000),
    score: judgedMs,
    at: judgedMs,
    until: judgedMs + 1000,
    due: judgedMs + 1000,
  });
});
