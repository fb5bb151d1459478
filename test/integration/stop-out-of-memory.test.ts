import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { startSystem } from '../support/system.ts';

let redis: TestRedis;

beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => redis.stop());

test('a worker on a server that is out of memory ends in order', async () => {
  const system = await startSystem(redis);
  const lease = 'quantum:portcullis:lease:maintenance';
  await until('the lease', async () => (await redis.client.get(lease)) !== null);
  await redis.client.xadd(
    'quantum:stream:position.snapshot',
    '*',
    'symbol',
    'ETHUSDT',
    'position_qty',
    '1',
    'mark_price',
    '9',
  );
  await redis.client.xadd(
    'quantum:stream:harvest.proposal',
    '*',
    'plan_id',
    'p1',
    'symbol',
    'ETHUSDT',
    'action',
    'HOLD',
  );
  await until('a decision', async () => (await redis.client.xlen('quantum:stream:decisions')) > 0);
  await redis.client.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '1');
  await system.stop();
  expect(system.lines.join('')).toContain('drained: nothing was left half done');
});
