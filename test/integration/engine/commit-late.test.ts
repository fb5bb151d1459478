import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { commitAll, emit, one, pendingCount } from '../../support/commit.ts';
import { echoGate } from '../../support/gates.ts';
import { feed, judged, judgedAll } from '../../support/lane.ts';
import { startProxy } from '../../support/proxy.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { metricOf, startSystem } from '../../support/system.ts';

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

test.each([
  ['is over', -1, 'conflict', 1, 0],
  ['is not over', 60_000, 'done', 0, 1],
])('a judgment whose time %s', async (_what, leftMs, status, pending, written) => {
  const id = await one(redis.client);
  const message = { id, effects: [emit('p:out', 'n', '1')] };
  const validUntil = String((await nowMs()) + leftMs);
  expect(await commitAll(redis.client, [message], { validUntil })).toEqual([status]);
  expect([await pendingCount(redis.client), await redis.client.xlen('p:out')]).toEqual([pending, written]);
});

test('what was done in time is answered the same when it is asked again later', async () => {
  const id = await one(redis.client);
  const message = { id, effects: [emit('p:out', 'n', '1')] };
  const nonce = 'n1';
  expect(await commitAll(redis.client, [message], { nonce, validUntil: String((await nowMs()) + 60_000) })).toEqual([
    'done',
  ]);
  expect(await commitAll(redis.client, [message], { nonce, validUntil: '0' })).toEqual(['done']);
});

test('a commit that is held up for longer than its judgment holds is judged again, and counts once', async () => {
  const link = await startProxy(redis.port);
  const system = await startSystem(link, { handlers: [echoGate()] });
  try {
    const held = link.holdRequest('echo.out', 6_000);
    await feed(redis.client, ['1']);
    await held;
    expect(await judgedAll(redis.client, 1)).toEqual(['1']);
    await until('it is counted', async () => (await metricOf(system, 'echo_judged_total')) === 1);
    const conflicts = 'portcullis_messages_total{handler="echo",result="conflict"}';
    expect(await metricOf(system, conflicts)).toBeGreaterThan(0);
    expect(await judged(redis.client)).toHaveLength(1);
  } finally {
    await system.stop();
    await link.stop();
  }
});
