import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { fieldsOf } from '../../schemas/wire.ts';
import type { BenchServer } from './server.ts';
import { percentile } from './statistics.ts';
import { WorkerProcess } from './worker-process.ts';
import { workloadOf } from './workloads/index.ts';
import type { Workload } from './workloads/workload.ts';

const TICK_MS = 1;
const WARM_UP = 500;
const READ_COUNT = 1000;
const BLOCK_MS = 500;
const GIVE_UP_MS = 10_000;

/** Milliseconds from XADD to the output being read, at one rate. */
export interface Latency {
  readonly per_second: number;
  readonly messages: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Latency of the heat gate at a rate, open loop: the sender keeps its pace whatever comes back. */
export async function measureLatency(
  server: BenchServer,
  { perSecond, seconds, positions }: { perSecond: number; seconds: number; positions: number },
): Promise<Latency> {
  const workload = workloadOf('heat-gate', positions);
  await server.clear();
  await workload.seed(server.redis);
  const about = { contestant: 'portcullis', gate: 'heat-gate', url: server.url, positions, name: 'bench-1' } as const;
  const worker = WorkerProcess.spawn(about);
  const [sender, tail] = [new Redis(server.url), new Redis(server.url)];
  try {
    await worker.go();
    const count = WARM_UP + Math.ceil(perSecond * seconds);
    const sentMs = new Float64Array(count);
    const seen = follow(tail, workload, sentMs);
    await send(sender, workload, sentMs, perSecond);
    const latencies = (await seen).subarray(WARM_UP).sort();
    return { per_second: perSecond, messages: latencies.length, ...percentiles([...latencies]) };
  } finally {
    sender.disconnect();
    tail.disconnect();
    await worker.stop();
  }
}

function percentiles(sorted: readonly number[]): Pick<Latency, 'p50' | 'p99' | 'p999' | 'max'> {
  const at = (percent: number) => percentile(sorted, percent);
  return { p50: at(50), p99: at(99), p999: at(99.9), max: at(100) };
}

/** Sends each message when it is due, to the millisecond, without waiting for an answer. */
async function send(redis: Redis, workload: Workload, sentMs: Float64Array, perSecond: number): Promise<void> {
  const startMs = performance.now();
  for (let index = 0; index < sentMs.length; ) {
    const due = Math.min(sentMs.length, Math.floor(((performance.now() - startMs) * perSecond) / 1000) + 1);
    for (; index < due; index += 1) {
      sentMs[index] = performance.now();
      redis.xadd(workload.stream, '*', ...workload.entry(index)).catch(() => undefined);
    }
    await pause(TICK_MS);
  }
}

/** Milliseconds from the sending of each message to the reading of its output, by number of the message. */
async function follow(redis: Redis, workload: Workload, sentMs: Float64Array): Promise<Float64Array> {
  const latencies = new Float64Array(sentMs.length);
  const [output = ''] = workload.outputs;
  let last = '0-0';
  let lastMs = performance.now();
  for (let seen = 0; seen < sentMs.length; ) {
    const reply = await redis.xread('COUNT', READ_COUNT, 'BLOCK', BLOCK_MS, 'STREAMS', output, last);
    const atMs = performance.now();
    const entries = reply?.[0]?.[1] ?? [];
    if (entries.length > 0) lastMs = atMs;
    if (atMs - lastMs > GIVE_UP_MS) throw new Error(`latency: ${seen} of ${sentMs.length} outputs, then no more`);
    for (const [id, flat] of entries) {
      const index = Number.parseInt(fieldsOf(flat).plan_id ?? '', 16);
      latencies[index] = atMs - (sentMs[index] ?? Number.NaN);
      last = id;
      seen += 1;
    }
  }
  return latencies;
}
