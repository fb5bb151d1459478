import { setTimeout as pause } from 'node:timers/promises';
import { fill, finished } from './backlog.ts';
import type { Contestant } from './contestants/contestant.ts';
import { checkDelivery } from './delivery.ts';
import type { BenchServer } from './server.ts';
import { type Usage, WorkerProcess } from './worker-process.ts';
import type { Workload } from './workloads/workload.ts';

const POLL_MS = 5;
const TOO_LONG_MS = 120_000;

/** What a round measured. CPU is in microseconds a unit (a message, or a symbol of a budget tick). */
export interface Round {
  readonly perSecond: number;
  readonly nodeUs: number;
  readonly redisUs: number;
}

/** What is measured in a round. */
export interface RoundSpec {
  readonly contestant: Contestant;
  readonly workload: Workload;
  readonly positions: number;
  readonly warmUp: number;
  readonly counted: number;
  /** Worker processes at the same stream; 1 without it. */
  readonly workers?: number;
  /** Done before the messages are written, in the world that is seeded. */
  readonly before?: () => Promise<void>;
  readonly nodeArgs?: readonly string[];
}

interface Sample {
  readonly atMs: number;
  readonly done: number;
  readonly nodeUs: number;
  readonly redisUs: number;
}

/** Lets a contestant work off a backlog whose first part is not counted, and checks that everything was delivered once. */
export async function measureRound(server: BenchServer, spec: RoundSpec): Promise<Round> {
  const { contestant, workload, warmUp, counted } = spec;
  const workers = spawnWorkers(server, spec);
  try {
    await server.clear();
    await workload.seed(server.redis);
    await spec.before?.();
    const already = await finished(server.redis, contestant, workload).catch(() => 0);
    await fill(server, contestant, workload, { from: 0, to: warmUp + counted });
    await Promise.all(workers.map((worker) => worker.go()));
    const first = await sampleAt(server, spec, workers, already + warmUp);
    const last = await sampleAt(server, spec, workers, already + warmUp + counted);
    if (spec.before === undefined) await checkDelivery(server.redis, contestant, workload, warmUp + counted);
    return between(first, last, workload.units);
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

function spawnWorkers(server: BenchServer, spec: RoundSpec): WorkerProcess[] {
  const { contestant, workload, positions, nodeArgs } = spec;
  const names = Array.from({ length: spec.workers ?? 1 }, (_, at) => `bench-${at + 1}`);
  const about = { contestant, gate: workload.gate, url: server.url, positions };
  return names.map((name) => WorkerProcess.spawn({ ...about, name }, nodeArgs));
}

async function sampleAt(
  server: BenchServer,
  { contestant, workload }: RoundSpec,
  workers: readonly WorkerProcess[],
  target: number,
): Promise<Sample> {
  const deadlineMs = performance.now() + TOO_LONG_MS;
  for (;;) {
    const done = await finished(server.redis, contestant, workload);
    const atMs = performance.now();
    if (done >= target) return { atMs, done, ...(await cpuOf(server, workers)) };
    if (atMs > deadlineMs) throw new Error(`${contestant} ${workload.gate}: ${done} of ${target} in ${TOO_LONG_MS} ms`);
    await pause(POLL_MS);
  }
}

async function cpuOf(server: BenchServer, workers: readonly WorkerProcess[]) {
  const usages: Usage[] = await Promise.all(workers.map((worker) => worker.usage()));
  return { nodeUs: usages.reduce((sum, usage) => sum + usage.cpuUs, 0), redisUs: await server.cpuUs() };
}

function between(first: Sample, last: Sample, unitsPerMessage: number): Round {
  const units = (last.done - first.done) * unitsPerMessage;
  return {
    perSecond: (units * 1000) / (last.atMs - first.atMs),
    nodeUs: (last.nodeUs - first.nodeUs) / units,
    redisUs: (last.redisUs - first.redisUs) / units,
  };
}
