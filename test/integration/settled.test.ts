import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settled } from '../../runtime/market/player/settled.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe('waiting for the gates', () => {
  it('ends when every group has finished the entry, not before', async () => {
    const key = 'settled:stream';
    let done = false;
    const id = String(await redis.client.xadd(key, '*', 'a', '1'));
    const waiting = settled(redis.client, [{ key, id }], () => []).then(() => {
      done = true;
    });
    await redis.client.xgroup('CREATE', key, 'one', '0');
    await redis.client.xgroup('CREATE', key, 'two', '0');
    for (const group of ['one', 'two']) {
      await redis.client.xreadgroup('GROUP', group, 'c', 'COUNT', 1, 'STREAMS', key, '>');
      expect(done).toBe(false);
      await redis.client.xack(key, group, id);
    }
    await until('the wait to end', () => done);
    await waiting;
  });
});
