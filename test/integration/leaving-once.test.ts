import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addressOf, workerConnection } from '../../runtime/redis/connection/address.ts';
import { numbers } from '../support/lane.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const BURST = 50;
const NO_PORT = 1;

let redis: TestRedis;
let connection: Redis;
beforeEach(async () => {
  redis = await startRedis();
  connection = workerConnection(addressOf(redis.url), 'quantum');
  connection.on('error', () => undefined);
});
afterEach(async () => {
  connection.disconnect();
  await redis.stop();
});

test('a burst of writes that a replica refuses closes the connection once, and each is done when it is a primary again', async () => {
  await connection.ping();
  await redis.client.replicaof('127.0.0.1', NO_PORT);
  let closed = 0;
  connection.on('close', () => {
    closed += 1;
    // The close at the end of the test finds that client closed too.
    if (closed === 1) void redis.client.replicaof('NO', 'ONE');
  });
  const written = numbers(BURST).map((n) => connection.set(`key:${n}`, n));
  expect(await Promise.all(written)).toEqual(numbers(BURST).map(() => 'OK'));
  expect(closed).toBeGreaterThan(0);
  expect(await redis.client.dbsize()).toBe(BURST);
});
