import { Redis } from 'ioredis';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Workload } from '../workloads/workload.ts';
import type { Start } from './contestant.ts';

const BLOCK_MS = 1000;

type Entries = [id: string, flat: string[]][];

/** A loop that reads as many entries as the gate commits at once, makes the gate's writes in one pipeline and acknowledges: no schema, no judgment, no metrics, no guarantee. */
export const startBareLoop: Start = async ([workload], job) => {
  const [reader, writer] = [new Redis(job.url), new Redis(job.url)];
  const state = { on: true };
  await writer.xgroup('CREATE', workload.stream, workload.group, '0', 'MKSTREAM').catch(() => undefined);
  const ended = loop(workload, job.name, { reader, writer, state });
  return {
    stop: async () => {
      state.on = false;
      reader.disconnect();
      await ended;
      writer.disconnect();
    },
  };
};

async function loop(
  workload: Workload,
  consumer: string,
  { reader, writer, state }: { reader: Redis; writer: Redis; state: { on: boolean } },
): Promise<void> {
  const { stream, group, batch } = workload;
  while (state.on) {
    const reply = await reader
      .xreadgroup(...(['GROUP', group, consumer, 'COUNT', batch, 'BLOCK', BLOCK_MS, 'STREAMS', stream, '>'] as const))
      .catch((error: unknown) => {
        if (state.on) throw error;
        return null;
      });
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
