import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { startSystem } from '../support/system.ts';

const SCHEMA = 'quantum:portcullis:schema';
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

test.each([
  ['a new Redis begins with the new form', [], undefined, '2'],
  ['unless it is told otherwise', [], 'inline', '1'],
  ['data without a number stay as they are', ['quantum:stream:decisions'], undefined, '1'],
  ['those of a worker that decided nothing yet too', ['quantum:portcullis:workers'], undefined, '1'],
  ['until it is asked for', ['quantum:stream:decisions'], 'shared', '2'],
] as const)('%s', async (_, streams, form, schema) => {
  for (const stream of streams) {
    if (stream.endsWith('workers')) await redis.client.sadd(stream, 'w1');
    else await redis.client.xadd(stream, '*', 'verdict', 'PASS');
  }
  const env = { GATES: 'heat-bridge', ...(form !== undefined && { DECISION_FACTS: form }) };
  const system = await startSystem(redis, { env, schedules: false });
  await system.stop();
  expect(await redis.client.get(SCHEMA)).toBe(schema);
});
