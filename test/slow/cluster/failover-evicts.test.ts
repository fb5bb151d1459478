import { afterAll, beforeAll, it } from 'vitest';
import { until } from '../../support/redis.ts';
import { RedisPair } from '../../support/redis-sentinel.ts';
import { startSystem, type TestSystem } from '../../support/system.ts';

let pair: RedisPair;
let system: TestSystem;

beforeAll(async () => {
  pair = await RedisPair.start();
  system = await startSystem(pair, { env: { GATES: 'governor' } });
});
afterAll(async () => {
  await system.stop();
  await pair.stop();
});

it('a failover to a server that may evict holds the lanes until that is mended', async () => {
  const lanes = () => system.runtime.lanes().filter(({ handler }) => handler !== 'governor-watch');
  await pair.replica.config('SET', 'maxmemory', '1gb', 'maxmemory-policy', 'allkeys-lru');
  await pair.failOver(async () => undefined);
  await until('the lanes to be held for it', () =>
    lanes().every(({ state, problem }) => state === 'held' && problem.includes('maxmemory-policy allkeys-lru')),
  );
  await pair.replica.config('SET', 'maxmemory-policy', 'noeviction');
  await until('a lane to run again', () => lanes().some(({ state }) => state === 'running'));
});
