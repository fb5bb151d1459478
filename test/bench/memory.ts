import { fill } from './backlog.ts';
import { Crew } from './crew.ts';
import { checkDelivery } from './delivery.ts';
import type { Say } from './progress.ts';
import { sampleAt } from './round.ts';
import type { BenchServer } from './server.ts';

const STEPS = 20;
const BYTES_A_MB = 1e6;

/** What one worker holds after so many messages, in megabytes; the heap after a collection. */
export interface MemoryRow {
  readonly messages: number;
  readonly per_second: number;
  readonly rss_mb: number;
  readonly heap_mb: number;
}

/** Sends many messages through one heat gate worker that never stops, in twenty steps, and looks at its memory after each. Every step is checked, and what it wrote taken away. */
export async function measureMemory(
  server: BenchServer,
  { positions, messages }: { positions: number; messages: number },
  say: Say,
): Promise<MemoryRow[]> {
  const base = { contestant: 'portcullis', gate: 'heat-gate', positions, url: server.url } as const;
  const crew = await Crew.start({ ...base, nodeArgs: ['--expose-gc'] });
  const step = Math.ceil(messages / STEPS);
  const rows: MemoryRow[] = [];
  try {
    await server.clear();
    await crew.workloads[0].seed(server.redis);
    await crew.go();
    for (let done = step; done <= step * STEPS; done += step) {
      const row = await stepTo(server, crew, done, step);
      rows.push(row);
      say(`${done} messages, RSS ${row.rss_mb.toFixed(0)} MB, heap ${row.heap_mb.toFixed(1)} MB`, done / step, STEPS);
    }
    await crew.rest();
    return rows;
  } finally {
    await crew.stop();
  }
}

async function stepTo(server: BenchServer, crew: Crew, done: number, step: number): Promise<MemoryRow> {
  const [workload] = crew.workloads;
  const startMs = performance.now();
  await workload.seed(server.redis);
  await fill(server, 'portcullis', crew.workloads, { from: done - step, to: done });
  const { atMs } = await sampleAt(server, crew, done);
  const { rssBytes, heapBytes } = await crew.usage();
  await checkDelivery(server.redis, 'portcullis', workload, step);
  for (const stream of [workload.stream, ...workload.outputs]) await server.redis.xtrim(stream, 'MAXLEN', 0);
  return {
    messages: done,
    per_second: (step * 1000) / (atMs - startMs),
    rss_mb: rssBytes / BYTES_A_MB,
    heap_mb: heapBytes / BYTES_A_MB,
  };
}
