import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import { fill, finished } from '../../bench/backlog.ts';
import { bullmq, workloadsOf } from '../../bench/contestants/contestant.ts';
import { checkDelivery } from '../../bench/delivery.ts';
import { type BenchServer, startServer } from '../../bench/server.ts';
import { gateNames } from '../../bench/workloads/index.ts';
import { type GateName, planId, type Workload } from '../../bench/workloads/workload.ts';

const COUNT = 40;

let server: BenchServer;
beforeAll(async () => {
  server = await startServer('off');
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  await server.clear();
});

function workloadOf(gate: GateName): Workload {
  return workloadsOf({ gate, portfolios: 1, positions: 10 })[0];
}

/** Works the whole backlog off by hand, with the gate's own writes. */
async function workOff(redis: Redis, workload: Workload): Promise<void> {
  const { stream, group } = workload;
  await fill(server, 'bare_loop', [workload], { from: 0, to: COUNT });
  await redis.xgroup('CREATE', stream, group, '0');
  const reply = await redis.xreadgroup('GROUP', group, 'me', 'COUNT', COUNT, 'STREAMS', stream, '>');
  const [[, entries]] = reply as [[string, [id: string, flat: string[]][]]];
  for (const [id, flat] of entries) {
    for (const [name, ...args] of workload.writes(id, fieldsOf(flat))) await redis.call(name, ...args);
    await redis.xack(stream, group, id);
  }
}

async function firstOf(redis: Redis, stream: string): Promise<[id: string, flat: string[]]> {
  const [first] = await redis.xrange(stream, '-', '+', 'COUNT', 1);
  if (first === undefined) throw new Error(`expected an entry in ${stream}`);
  return first;
}

describe.each(gateNames)('delivery of %s', (gate) => {
  const workload = workloadOf(gate);
  const check = () => checkDelivery(server.redis, 'bare_loop', workload, COUNT);

  beforeEach(async () => {
    await workOff(server.redis, workload);
  });

  it('passes when every message has its outcome once', async () => {
    await expect(check()).resolves.toBeUndefined();
    expect(await finished(server.redis, 'bare_loop', [workload])).toBe(COUNT);
  });

  it('sees an entry that is still pending', async () => {
    await fill(server, 'bare_loop', [workload], { from: COUNT, to: COUNT + 1 });
    await server.redis.xreadgroup('GROUP', workload.group, 'me', 'STREAMS', workload.stream, '>');
    await expect(check()).rejects.toThrow(`expected ${COUNT} entries finished, got ${COUNT - 1}`);
    expect(await finished(server.redis, 'bare_loop', [workload])).toBe(COUNT);
  });

  it('sees a dead letter', async () => {
    await server.redis.xadd(`${workload.stream}.dlq`, '*', 'dlq_id', '1-1');
    await expect(check()).rejects.toThrow(`expected ${COUNT} entries without a dead letter, got ${COUNT - 1}`);
  });

  it.each(workload.outputs)('sees an entry of %s that is missing, doubled, or both at once', async (output) => {
    const [id, flat] = await firstOf(server.redis, output);
    await server.redis.xdel(output, id);
    await expect(check()).rejects.toThrow(`expected ${COUNT} entries of ${output}, got ${COUNT - 1}`);
    const [, other] = await firstOf(server.redis, output);
    await server.redis.xadd(output, '*', ...other);
    await expect(check()).rejects.toThrow(
      `expected ${COUNT} entries of ${output} of another ${workload.idField} each, got ${COUNT - 1}`,
    );
    await server.redis.xadd(output, '*', ...flat);
    await expect(check()).rejects.toThrow(`expected ${COUNT} entries of ${output}, got ${COUNT + 1}`);
  });
});

it('a plan that cannot be looked up is seen', async () => {
  const workload = workloadOf('heat-bridge');
  await workOff(server.redis, workload);
  await server.redis.del(workload.portfolio.key(keys.heatByPlan(planId(COUNT - 1))));
  await expect(checkDelivery(server.redis, 'bare_loop', workload, COUNT)).rejects.toThrow(
    `expected ${COUNT} plans that can be looked up, got ${COUNT - 1}`,
  );
});

it('what a second gate makes of the first is checked too, and says when a message is done', async () => {
  const [workload] = workloadsOf({ gate: 'heat-gate', next: 'heat-bridge', portfolios: 1, positions: 10 });
  await workOff(server.redis, workload);
  const { next } = workload;
  if (next === undefined) throw new Error('expected a second workload');
  const check = () => checkDelivery(server.redis, 'portcullis', workload, COUNT);
  expect(await finished(server.redis, 'portcullis', [workload])).toBe(0);
  await server.redis.xgroup('CREATE', next.stream, next.group, '0');
  await server.redis.xreadgroup('GROUP', next.group, 'me', 'STREAMS', next.stream, '>');
  expect(await finished(server.redis, 'portcullis', [workload])).toBe(0);
  const entries = await server.redis.xrange(next.stream, '-', '+');
  for (const [id, flat] of entries) {
    for (const [name, ...args] of next.writes(id, fieldsOf(flat))) await server.redis.call(name, ...args);
    await server.redis.xack(next.stream, next.group, id);
  }
  expect(await finished(server.redis, 'portcullis', [workload])).toBe(COUNT);
  await expect(check()).resolves.toBeUndefined();
  await server.redis.del(workload.portfolio.key(keys.heatByPlan(planId(7))));
  await expect(check()).rejects.toThrow(`expected ${COUNT} plans that can be looked up, got ${COUNT - 1}`);
});

it('a job done twice in place of another is seen', async () => {
  const workload = workloadOf('heat-gate');
  const write = (index: number) => server.redis.xadd(bullmq.output, '*', ...workload.entry(index));
  for (let index = 0; index < COUNT - 1; index += 1) await write(index);
  await write(0);
  await expect(checkDelivery(server.redis, 'bullmq', workload, COUNT)).rejects.toThrow(`got ${COUNT - 1}`);
  await expect(checkDelivery(server.redis, 'bullmq', workload, COUNT - 1)).rejects.toThrow(`got ${COUNT}`);
});

it('the append-only file is as asked, and as the run has it again', async () => {
  const kept = async () => (await server.redis.config('GET', 'append*')) as string[];
  await server.keep('always');
  expect(await kept()).toEqual(expect.arrayContaining(['appendonly', 'yes', 'appendfsync', 'always']));
  await server.keep();
  expect(await kept()).toEqual(expect.arrayContaining(['appendonly', 'no']));
});
