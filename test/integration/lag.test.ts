import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { measureLag } from '../../runtime/engine/status/lag.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const TARGET = { stream: 'quantum:stream:harvest.proposal', group: 'p26_heat_gate' };

let redis: TestRedis;
let beganMs: number;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client.flushall();
  beganMs = performance.now();
});

/** Adds an entry that was written so many seconds ago; answers its id. */
async function addAged(secondsAgo: number): Promise<string> {
  const [seconds] = await redis.client.time();
  const id = `${(Number(seconds) - secondsAgo) * 1000}-0`;
  await redis.client.xadd(TARGET.stream, id, 'plan_id', 'p');
  return id;
}

const createGroup = () => redis.client.xgroup('CREATE', TARGET.stream, TARGET.group, '0', 'MKSTREAM');
const deliver = (count: number) =>
  redis.client.xreadgroup('GROUP', TARGET.group, 'w', 'COUNT', count, 'STREAMS', TARGET.stream, '>');
const lag = () => measureLag(redis.client, TARGET);

/** Seconds, the time that the test takes not counted. */
function expectSeconds(ms: number, seconds: number): void {
  expect(ms).toBeGreaterThanOrEqual(seconds * 1000);
  expect(ms).toBeLessThan((seconds + 3) * 1000 + performance.now() - beganMs);
}

describe('the lag of a group', () => {
  it('is nothing where there is no stream', async () => {
    expect(await lag()).toEqual({
      ageMs: 0,
      pending: 0,
      undelivered: 0,
      oldestPendingMs: 0,
      deadLetters: 0,
      lastDeliveredId: '0-0',
      source: 'none',
    });
  });

  it('is all of the stream where there is no group yet', async () => {
    await addAged(60);
    await addAged(50);
    const measured = await lag();
    expect(measured).toMatchObject({ undelivered: 2, pending: 0, source: 'ids' });
    expectSeconds(measured.ageMs, 60);
  });

  it('is the wait of the oldest undelivered entry, not of the last delivered one', async () => {
    await createGroup();
    await addAged(86_400);
    await deliver(1);
    await addAged(20);
    await addAged(10);
    const measured = await lag();
    expect(measured).toMatchObject({ undelivered: 2, pending: 1, source: 'lag' });
    expectSeconds(measured.ageMs, 20);
    expectSeconds(measured.oldestPendingMs, 86_400);
  });

  it('is gone when everything is delivered and acknowledged', async () => {
    await createGroup();
    const id = await addAged(60);
    await deliver(1);
    await redis.client.xack(TARGET.stream, TARGET.group, id);
    expect(await lag()).toMatchObject({
      ageMs: 0,
      undelivered: 0,
      pending: 0,
      oldestPendingMs: 0,
      lastDeliveredId: id,
    });
  });

  it('is counted where Redis lost track after a deletion', async () => {
    await createGroup();
    await addAged(60);
    await addAged(50);
    const deleted = await addAged(40);
    await addAged(30);
    await deliver(1);
    await redis.client.xdel(TARGET.stream, deleted);
    const measured = await lag();
    expect(measured).toMatchObject({ undelivered: 2, source: 'counted' });
    expectSeconds(measured.ageMs, 50);
  });

  it('is nothing when what was undelivered has been deleted', async () => {
    await createGroup();
    await addAged(60);
    const deleted = await addAged(50);
    await deliver(1);
    await redis.client.xdel(TARGET.stream, deleted);
    expect(await lag()).toMatchObject({ ageMs: 0, undelivered: 0, pending: 1 });
  });

  it('counts at most 1,000 entries', async () => {
    await createGroup();
    const adding = redis.client.pipeline();
    for (let seq = 1; seq <= 1_200; seq += 1) adding.xadd(TARGET.stream, `1000-${seq}`, 'plan_id', 'p');
    await adding.exec();
    await deliver(10);
    await redis.client.xdel(TARGET.stream, '1000-600');
    expect(await lag()).toMatchObject({ undelivered: 1_000, source: 'counted' });
  });

  it('counts dead letters', async () => {
    await redis.client.xadd(`${TARGET.stream}.dlq`, '*', 'dlq_reason', 'unparsable');
    expect(await lag()).toMatchObject({ deadLetters: 1 });
  });

  it('takes a stream of another type for none', async () => {
    await redis.client.set(TARGET.stream, 'x');
    expect(await lag()).toMatchObject({ undelivered: 0, source: 'none' });
  });
});
