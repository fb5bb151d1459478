import type { GateName, Workload } from '../workloads/workload.ts';

/** Ways to do the work of a gate: the product, a BullMQ worker, and a loop with no guarantee. */
export const contestants = ['portcullis', 'bullmq', 'bare_loop'] as const;

/** One way to do the work of a gate. */
export type Contestant = (typeof contestants)[number];

/** What a worker process is started with, as JSON in `BENCH_JOB`. */
export interface Job {
  readonly contestant: Contestant;
  readonly gate: GateName;
  readonly url: string;
  readonly positions: number;
  readonly name: string;
}

/** The stream that a BullMQ worker writes its one entry to, and the name of its queue. */
export const bullmq = { output: 'quantum:stream:bench.out', queue: 'bench', prefix: '{quantum}:bench' } as const;

/** Sets one contestant to work on a workload, until its process ends. */
export type Start = (workload: Workload, job: Job) => Promise<void>;
