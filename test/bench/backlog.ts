import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { bullmq, type Contestant } from './contestants/contestant.ts';
import type { BenchServer } from './server.ts';
import type { Workload } from './workloads/workload.ts';

const CHUNK = 1000;

/** Puts messages number `from` up to `to` of every portfolio where a contestant finds them, the portfolios in turn. */
export async function fill(
  server: BenchServer,
  contestant: Contestant,
  workloads: readonly [Workload, ...Workload[]],
  { from, to }: { from: number; to: number },
): Promise<void> {
  if (contestant === 'bullmq') await fillQueue(server, workloads[0], from, to);
  else await fillStreams(server.redis, workloads, from, to);
}

async function fillStreams(redis: Redis, workloads: readonly Workload[], from: number, to: number): Promise<void> {
  const chunk = Math.ceil(CHUNK / workloads.length);
  for (let start = from; start < to; start += chunk) {
    const pipeline = redis.pipeline();
    for (let index = start; index < Math.min(to, start + chunk); index += 1) {
      for (const workload of workloads) pipeline.xadd(workload.stream, '*', ...workload.entry(index));
    }
    await pipeline.exec();
  }
}

async function fillQueue(server: BenchServer, workload: Workload, from: number, to: number): Promise<void> {
  const queue = new Queue(bullmq.queue, { connection: { url: server.url }, prefix: bullmq.prefix });
  for (let start = from; start < to; start += CHUNK) {
    const length = Math.min(CHUNK, to - start);
    await queue.addBulk(Array.from({ length }, (_, at) => ({ name: 'message', data: workload.entry(start + at) })));
  }
  await queue.close();
}

/** How many messages a contestant has finished, in all portfolios together. */
export async function finished(redis: Redis, contestant: Contestant, workloads: readonly Workload[]): Promise<number> {
  if (contestant === 'bullmq') return await redis.xlen(bullmq.output);
  const each = await Promise.all(workloads.map((workload) => finishedBy(redis, workload.next ?? workload)));
  return each.reduce((sum, count) => sum + count, 0);
}

async function finishedBy(redis: Redis, { stream, group: wanted }: Workload): Promise<number> {
  const groups = (await redis.xinfo('GROUPS', stream).catch(() => [])) as (string | number)[][];
  const group = groups.find((flat) => flat[flat.indexOf('name') + 1] === wanted);
  if (group === undefined) return 0;
  const figure = (name: string) => Number(group[group.indexOf(name) + 1] ?? 0);
  return figure('entries-read') - figure('pending');
}
