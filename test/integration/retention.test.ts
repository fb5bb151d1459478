import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { type Trimmed, Trimmer, trimStream } from '../../runtime/engine/streams/trim.ts';
import { DAY_MS } from '../../schemas/duration.ts';
import { CALIBRATED, HEAT_DECISIONS, HeatRig, PROPOSALS, SNAPSHOTS } from '../support/heat-rig.ts';
import { until } from '../support/redis.ts';

const STREAM = 'quantum:stream:some.output';
const NOW_MS = 1_800_000_000_000;
const NEVER = { maxAgeMs: NOW_MS, maxLen: Number.MAX_SAFE_INTEGER };

let rig: HeatRig;
let client: Redis;
beforeAll(async () => {
  rig = await HeatRig.start();
  client = rig.client;
});
beforeEach(async () => {
  await rig.stopWorker();
  await client.flushall();
});
afterAll(() => rig.stop());

/** Entries one second apart, the last of them `lastMs`. */
async function entries(count: number, lastMs = NOW_MS, stream = STREAM): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `${lastMs - (count - 1 - n) * 1000}-0`);
  const pipeline = client.pipeline();
  for (const id of ids) pipeline.xadd(stream, id, 'plan_id', id, 'symbol', 'ETHUSDT', 'action', 'HOLD');
  await pipeline.exec();
  return ids;
}

async function idsLeft(stream = STREAM): Promise<string[]> {
  return (await client.xrange(stream, '-', '+')).map(([id]) => id);
}

async function deliver(group: string, count: number): Promise<void> {
  await client.xgroup('CREATE', STREAM, group, '0');
  await client.xreadgroup('GROUP', group, 'c', 'COUNT', count, 'STREAMS', STREAM, '>');
}

describe('a stream is trimmed', () => {
  it('to its newest entries by size', async () => {
    const ids = await entries(50);
    expect(await trimStream(client, STREAM, { ...NEVER, maxLen: 10 }, NOW_MS)).toBe(40);
    expect(await idsLeft()).toEqual(ids.slice(40));
  });

  it('in one go, however long it has become', async () => {
    await entries(4500);
    expect(await trimStream(client, STREAM, { ...NEVER, maxLen: 7 }, NOW_MS)).toBe(4493);
  });

  it('by age, an entry exactly as old as allowed staying', async () => {
    const ids = await entries(10);
    expect(await trimStream(client, STREAM, { ...NEVER, maxAgeMs: 4000 }, NOW_MS)).toBe(5);
    expect(await idsLeft()).toEqual(ids.slice(5));
  });

  it.each([
    { ...NEVER, maxLen: 1 },
    { ...NEVER, maxAgeMs: 0 },
  ])('never past what a group was given and has not finished (%o)', async (retention) => {
    const ids = await entries(50);
    await deliver('slow', 30);
    const finished = ids.slice(0, 30).filter((_id, at) => at !== 5);
    await client.xack(STREAM, 'slow', ...finished);
    await trimStream(client, STREAM, retention, NOW_MS);
    const left = await idsLeft();
    expect(left).toEqual(expect.arrayContaining(ids.slice(5)));
    expect(left.length).toBeLessThanOrEqual(46);
  });

  it.each([
    { ...NEVER, maxLen: 1 },
    { ...NEVER, maxAgeMs: 0 },
  ])('never past what a group was not given yet (%o)', async (retention) => {
    const ids = await entries(50);
    await deliver('slow', 20);
    await client.xack(STREAM, 'slow', ...ids.slice(0, 20));
    await trimStream(client, STREAM, retention, NOW_MS);
    const left = await idsLeft();
    expect(left).toEqual(expect.arrayContaining(ids.slice(20)));
    expect(left.length).toBeLessThanOrEqual(31);
  });

  it('by the slowest of its groups; one that was given nothing keeps it all', async () => {
    const ids = await entries(50);
    await deliver('fast', 50);
    await client.xack(STREAM, 'fast', ...ids);
    await deliver('slow', 10);
    await client.xack(STREAM, 'slow', ...ids.slice(0, 10));
    await trimStream(client, STREAM, { ...NEVER, maxLen: 1 }, NOW_MS);
    expect(await idsLeft()).toEqual(ids.slice(9));
    await client.xgroup('CREATE', STREAM, 'new', '0');
    expect(await trimStream(client, STREAM, { ...NEVER, maxLen: 1 }, NOW_MS)).toBe(0);
  });

  it('not at all where it is missing or a key of another type', async () => {
    expect(await trimStream(client, STREAM, { ...NEVER, maxLen: 1 }, NOW_MS)).toBe(0);
    await client.set(STREAM, 'x');
    expect(await trimStream(client, STREAM, { ...NEVER, maxLen: 1 }, NOW_MS)).toBe(0);
  });
});

describe('the streams of a portfolio are trimmed', () => {
  const OTHER = 'quantum:stream:other.output';
  const targets = [STREAM, OTHER].map((stream) => ({ stream, retention: { ...NEVER, maxLen: 10 } }));

  const trim = async (trimmer: Trimmer, some: readonly Trimmed[], nowMs: number) => {
    const lengths = some.map(async ({ stream }) => [stream, await client.xlen(stream).catch(() => 0)] as const);
    return await trimmer.turn(some, new Map(await Promise.all(lengths)), nowMs);
  };

  it('each that has grown too long, and looked at no more while it has not, or has no entries', async () => {
    const trimmer = new Trimmer(client);
    await entries(12);
    expect(await trim(trimmer, targets, NOW_MS)).toEqual(new Set([STREAM]));
    expect(await client.xlen(STREAM)).toBe(10);
    expect(await trim(trimmer, targets, NOW_MS + 5_000)).toEqual(new Set());
    await client.xadd(OTHER, '*', 'any', 'thing');
    expect(await trim(trimmer, targets, NOW_MS + 10_000)).toEqual(new Set());
    await entries(11, NOW_MS + 1, OTHER);
    expect(await trim(trimmer, targets, NOW_MS + 15_000)).toEqual(new Set([OTHER]));
    expect(await client.xlen(OTHER)).toBe(10);
  });

  it('on every turn while one has more than is trimmed at once', async () => {
    const trimmer = new Trimmer(client);
    await entries(50_020);
    await trim(trimmer, targets, NOW_MS);
    expect(await client.xlen(STREAM)).toBe(20);
    await trim(trimmer, targets, NOW_MS + 1);
    expect(await client.xlen(STREAM)).toBe(10);
  });

  it('by age once a minute, though nothing was written', async () => {
    const trimmer = new Trimmer(client);
    const ageing = [{ stream: STREAM, retention: { ...NEVER, maxAgeMs: 4_000 } }];
    await entries(5);
    await trim(trimmer, ageing, NOW_MS);
    await trim(trimmer, ageing, NOW_MS + 59_999);
    expect(await client.xlen(STREAM)).toBe(5);
    await trim(trimmer, ageing, NOW_MS + 60_000);
    expect(await client.xlen(STREAM)).toBe(0);
  });

  it('though one is of another type', async () => {
    const trimmer = new Trimmer(client);
    await client.set(STREAM, 'x');
    await entries(12, NOW_MS, OTHER);
    await trim(trimmer, targets, NOW_MS);
    expect(await client.xlen(OTHER)).toBe(10);
  });
});

async function pastProposals(): Promise<void> {
  const nowMs = Date.now();
  for (const stream of [PROPOSALS, CALIBRATED, `${PROPOSALS}.dlq`]) await entries(30, nowMs - 8 * DAY_MS, stream);
  const old = nowMs - 8 * DAY_MS;
  await client.xadd(SNAPSHOTS, `${old}-0`, 'symbol', 'ETHUSDT', 'position_notional_usd', '1800', 'sigma', '0.15');
  await client.xadd(SNAPSHOTS, `${old}-1`, 'symbol', 'SOLUSDT', 'position_notional_usd', '0');
  await client.hset('quantum:state:portfolio', 'equity_usd', '10000');
}

test('a worker trims what it writes and its dead letters after seven days, and leaves the inputs', async () => {
  await pastProposals();
  await rig.worker();
  await until('the old outputs to go', async () => (await client.xrange(CALIBRATED, '-', '9')).length === 0);
  await until('the dead letters to go', async () => (await client.xlen(`${PROPOSALS}.dlq`)) === 0);
  await until('all to be judged', async () => (await client.xlen(CALIBRATED)) === 30);
  expect([await client.xlen(PROPOSALS), await client.xlen(SNAPSHOTS)]).toEqual([30, 2]);
});

test('a worker trims the inputs too when it is told to, once they are finished, and the book keeps what it knew', async () => {
  await pastProposals();
  const env = { TRIM_INPUTS: '1', P26_SNAPSHOT_MAX_AGE_SEC: '0' };
  await rig.worker(env);
  await until(
    'all to be judged',
    async () => (await client.xrange(CALIBRATED, String(Date.now() - DAY_MS), '+')).length === 30,
  );
  await rig.stopWorker();
  await rig.worker(env);
  await until('the proposals to go', async () => (await client.xlen(PROPOSALS)) <= 1);
  await until('the older snapshot to go', async () => (await client.xlen(SNAPSHOTS)) === 1);
  expect(await rig.judged()).toMatchObject({ heat_value: '0.027' });
});

test('what HeatBridge has not read yet stays, however old it is', async () => {
  await entries(30, Date.now() - 8 * DAY_MS, HEAT_DECISIONS);
  await client.xgroup('CREATE', HEAT_DECISIONS, 'heat_bridge', '0');
  await entries(3, Date.now() - 8 * DAY_MS, CALIBRATED);
  await rig.worker({ GATES: 'heat-gate' });
  await until('the old outputs to go', async () => (await client.xlen(CALIBRATED)) === 0);
  expect(await client.xlen(HEAT_DECISIONS)).toBe(30);
});
