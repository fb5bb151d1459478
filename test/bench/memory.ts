import { fill } from './backlog.ts';
import { Crew } from './crew.ts';
import { checkDelivery } from './delivery.ts';
import type { Say } from './progress.ts';
import { sampleAt } from './round.ts';
import type { BenchServer } from './server.ts';

const STEPS = 20;
const PORTFOLIOS = 10;
const BYTES_A_MB = 1e6;

/** Whether messages come a twentieth at a time, or are all there before the worker starts. */
type Come = 'in steps' | 'at once';

/** What one worker holds after so many messages, in megabytes; the heap after a collection. */
export interface MemoryRow {
  readonly come: Come;
  readonly messages: number;
  readonly per_second: number;
  readonly rss_mb: number;
  readonly heap_mb: number;
}

/**
 * Sends many messages through the heat gates of ten portfolios in one worker, and looks at its memory twenty times. First
 * they come in steps, each checked and what it wrote taken away; then another worker finds all of them when it starts.
 */
export async function measureMemory(
  server: BenchServer,
  { positions, messages }: { positions: number; messages: number },
  say: Say,
): Promise<MemoryRow[]> {
  const base = { contestant: 'portcullis', gate: 'heat-gate', positions, url: server.url } as const;
  const rows: MemoryRow[] = [];
  for (const come of ['in steps', 'at once'] as const) {
    const crew = await Crew.start({ ...base, portfolios: PORTFOLIOS, nodeArgs: ['--expose-gc'] });
    const each = Math.ceil(messages / STEPS / PORTFOLIOS);
    try {
      await server.clear();
      await seed(server, crew);
      if (come === 'at once') await fill(server, 'portcullis', crew.workloads, { from: 0, to: each * STEPS });
      await crew.go();
      for (let step = 1; step <= STEPS; step += 1) {
        const row = await stepTo(server, crew, come, { step, each });
        rows.push(row);
        const held = `RSS ${row.rss_mb.toFixed(0)} MB, heap ${row.heap_mb.toFixed(1)} MB`;
        say(`${row.messages} messages ${come}, ${held}`, step, STEPS);
      }
      if (come === 'at once') await checkAndTrim(server, crew, each * STEPS);
      await crew.rest();
    } finally {
      await crew.stop();
    }
  }
  return rows;
}

async function stepTo(
  server: BenchServer,
  crew: Crew,
  come: Come,
  { step, each }: { step: number; each: number },
): Promise<MemoryRow> {
  const [before, done] = [each * (step - 1), each * step];
  const startMs = performance.now();
  await seed(server, crew);
  if (come === 'in steps') await fill(server, 'portcullis', crew.workloads, { from: before, to: done });
  const { atMs } = await sampleAt(server, crew, done * PORTFOLIOS);
  const { rssBytes, heapBytes } = await crew.usage();
  if (come === 'in steps') await checkAndTrim(server, crew, each);
  return {
    come,
    messages: done * PORTFOLIOS,
    per_second: (each * PORTFOLIOS * 1000) / (atMs - startMs),
    rss_mb: rssBytes / BYTES_A_MB,
    heap_mb: heapBytes / BYTES_A_MB,
  };
}

/** Figures that the gates judge on are as old as a message may find them for a while: they are written anew. */
async function seed({ redis }: BenchServer, { workloads }: Crew): Promise<void> {
  for (const workload of workloads) await workload.seed(redis);
}

async function checkAndTrim({ redis }: BenchServer, { workloads }: Crew, count: number): Promise<void> {
  for (const workload of workloads) {
    await checkDelivery(redis, 'portcullis', workload, count);
    for (const stream of [workload.stream, ...workload.outputs]) await redis.xtrim(stream, 'MAXLEN', 0);
  }
}
