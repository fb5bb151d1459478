import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addressOf, workerConnection } from '../../../runtime/redis/connection/address.ts';
import { compareStreamIds } from '../../../schemas/time.ts';
import { DECISIONS, inputs, outputs, SETTINGS } from '../../chaos/names.ts';
import { Observed } from '../../support/oracle.ts';
import { RedisPair } from '../../support/redis-sentinel.ts';
import { startWorker } from '../../support/worker-process.ts';

const STREAMS = [...Object.values(inputs), ...Object.values(outputs), DECISIONS];
/** What was written in this time before the primary died never reached the replica. */
const CUT_OFF_MS = 300;
let pair: RedisPair;
let connection: Redis;

beforeAll(async () => {
  pair = await RedisPair.start();
  connection = workerConnection(addressOf(pair.url), 'quantum');
  connection.on('error', () => undefined);
});
afterAll(async () => {
  connection.disconnect();
  await pair.stop();
});

async function idsIn(redis: Redis, stream: string): Promise<string[]> {
  return (await redis.xrange(stream, '-', '+')).map(([id]) => id);
}

/** Ids that the old primary had and the new one has not, and whether they are its newest. */
async function lostFrom(old: Redis, now: Redis, stream: string): Promise<{ lost: number; areNewest: boolean }> {
  const kept = new Set(await idsIn(now, stream));
  const had = await idsIn(old, stream);
  const lost = had.filter((id) => !kept.has(id));
  const newestKept = had.filter((id) => kept.has(id)).at(-1) ?? '0-0';
  return { lost: lost.length, areNewest: lost.every((id) => compareStreamIds(id, newestKept) > 0) };
}

it('when the primary dies the workers follow its replica, and of what that has every promise holds', {
  timeout: 300_000,
}, async () => {
  const observed = new Observed(connection, 1);
  const workers = [0, 1].map(() => startWorker(pair, { portfolios: ['quantum'], settings: SETTINGS }));
  await Promise.all(workers.map(({ started }) => started));
  await observed.load.start();
  await pause(1_000);
  await pair.failOver(() => pause(CUT_OFF_MS));
  await pause(1_500);
  await observed.drained();
  for (const { process } of workers) process.kill('SIGTERM');
  expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual([0, 0]);

  const now = pair.replica;
  expect(await observed.findings()).toEqual([]);
  const old = await pair.oldData();
  const losses = await Promise.all(STREAMS.map((stream) => lostFrom(old, now, stream)));
  expect(losses.filter(({ areNewest }) => !areNewest)).toEqual([]);
  expect(losses.reduce((sum, { lost }) => sum + lost, 0)).toBeGreaterThan(0);
});
