import { type Job as BullJob, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Command, Workload } from '../workloads/workload.ts';
import { bullmq, type Start } from './contestant.ts';

const CONCURRENCY = 100;

/** A BullMQ worker at concurrency 100: for each job the reads of the gate, then one XADD (a budget tick: all its writes). */
export const startBullmq: Start = async ([workload], job) => {
  const redis = new Redis(job.url);
  const process = (bullJob: BullJob<string[]>) => judge(redis, workload, bullJob);
  const worker = new Worker(bullmq.queue, process, {
    connection: { url: job.url },
    prefix: bullmq.prefix,
    concurrency: CONCURRENCY,
    removeOnComplete: { count: 0 },
  });
  await worker.waitUntilReady();
  return {
    stop: async () => {
      await worker.close(true);
      redis.disconnect();
    },
  };
};

async function judge(redis: Redis, workload: Workload, job: BullJob<string[]>): Promise<void> {
  const fields = fieldsOf(job.data);
  const id = `${job.timestamp}-${job.id}`;
  await run(redis, workload.reads(fields));
  const writes = workload.writes(id, fields);
  const flat = ['job', String(job.id), ...job.data];
  const output: Command = ['XADD', bullmq.output, '*', ...flat];
  await run(redis, workload.jobWritesAll ? [...writes, output] : [oneEntry(writes[0], output)]);
}

/** The gate's own first entry under the bench's name, so that it is as large; the message itself where the gate writes no stream. */
function oneEntry(first: Command | undefined, otherwise: Command): Command {
  if (first?.[0] !== 'XADD') return otherwise;
  return ['XADD', bullmq.output, ...first.slice(2)];
}

async function run(redis: Redis, commands: readonly Command[]): Promise<void> {
  const pipeline = redis.pipeline();
  for (const [name, ...args] of commands) pipeline.call(name, args);
  const replies = (await pipeline.exec()) ?? [];
  const failed = replies.find(([error]) => error !== null)?.[0];
  if (failed) throw failed;
}
