import { Redis } from 'ioredis';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Workload } from '../workloads/workload.ts';
import type { Start } from './contestant.ts';

const BATCH = 50;
const BLOCK_MS = 1000;

type Entries = [id: string, flat: string[]][];

/** A loop that reads 50 entries, makes the gate's writes in one pipeline and acknowledges: no schema, no judgment, no metrics, no guarantee. */
export const startBareLoop: Start = async (workload, job) => {
  const [reader, writer] = [new Redis(job.url), new Redis(job.url)];
  await writer.xgroup('CREATE', workload.stream, workload.group, '0', 'MKSTREAM').catch(() => undefined);
  void loop(workload, job.name, reader, writer);
};

async function loop(workload: Workload, consumer: string, reader: Redis, writer: Redis): Promise<never> {
  const { stream, group } = workload;
  for (;;) {
    const reply = await reader.xreadgroup(
      ...(['GROUP', group, consumer, 'COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS', stream, '>'] as const),
    );
    const entries = ((reply as [string, Entries][] | null)?.[0]?.[1] ?? []) as Entries;
    if (entries.length > 0) await write(workload, writer, entries);
  }
}

async function write(workload: Workload, redis: Redis, entries: Entries): Promise<void> {
  const pipeline = redis.pipeline();
  for (const [id, flat] of entries) {
    for (const [name, ...args] of workload.writes(id, fieldsOf(flat))) pipeline.call(name, args);
  }
  pipeline.xack(workload.stream, workload.group, ...entries.map(([id]) => id));
  const replies = (await pipeline.exec()) ?? [];
  const failed = replies.find(([error]) => error !== null)?.[0];
  if (failed) throw failed;
}
