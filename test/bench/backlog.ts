import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { bullmq, type Contestant } from './contestants/contestant.ts';
import type { BenchServer } from './server.ts';
import type { Workload } from './workloads/workload.ts';

const CHUNK = 1000;

/** Puts messages number `from` up to `to` where a contestant finds them. */
export async function fill(
  server: BenchServer,
  contestant: Contestant,
  workload: Workload,
  { from, to }: { from: number; to: number },
): Promise<void> {
  if (contestant === 'bullmq') await fillQueue(server, workload, to - from);
  else await fillStream(server.redis, workload, from, to);
}

/** Appends messages number `from` up to `to` to the input stream of a gate. */
export async function fillStream(redis: Redis, workload: Workload, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += CHUNK) {
    const pipeline = redis.pipeline();
    for (let index = start; index < Math.min(to, start + CHUNK); index += 1) {
      pipeline.xadd(workload.stream, '*', ...workload.entry(index));
    }
    await pipeline.exec();
  }
}

async function fillQueue(server: BenchServer, workload: Workload, count: number): Promise<void> {
  const queue = new Queue(bullmq.queue, { connection: { url: server.url }, prefix: bullmq.prefix });
  for (let start = 0; start < count; start += CHUNK) {
    const length = Math.min(CHUNK, count - start);
    await queue.addBulk(Array.from({ length }, (_, at) => ({ name: 'message', data: workload.entry(start + at) })));
  }
  await queue.close();
}

/** How many messages a contestant has finished. */
export async function finished(redis: Redis, contestant: Contestant, workload: Workload): Promise<number> {
  if (contestant === 'bullmq') return await redis.xlen(bullmq.output);
  const groups = (await redis.xinfo('GROUPS', workload.stream)) as (string | number)[][];
  const group = groups.find((flat) => flat[flat.indexOf('name') + 1] === workload.group);
  if (group === undefined) return 0;
  const figure = (name: string) => Number(group[group.indexOf(name) + 1] ?? 0);
  return figure('entries-read') - figure('pending');
}
