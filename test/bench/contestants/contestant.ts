import type { Portfolio } from '../../../runtime/settings/portfolio.ts';
import { workloadOf } from '../workloads/index.ts';
import type { GateName, Workload } from '../workloads/workload.ts';
import { portfoliosOf } from '../workloads/world.ts';

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
  /** Portfolios that one process serves; only the product serves more than one. */
  readonly portfolios: number;
  readonly name: string;
  /** Whether it notes what happens to each message. */
  readonly trace?: boolean;
  /** Whether all gates run, with their schedules. */
  readonly idle?: boolean;
  /** The gate that works on what this one writes, in the same process. */
  readonly next?: GateName;
  /** Settings beside those of the workload. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The stream that a BullMQ worker writes its one entry to, and the name of its queue. */
export const bullmq = { output: 'quantum:stream:bench.out', queue: 'bench', prefix: '{quantum}:bench' } as const;

/** A contestant at work. */
export interface Running {
  /** Ends its work and its connections; resolves once both are over. */
  stop(): Promise<void>;
  /** What it exposes, where it does. */
  readonly metrics?: { exposition(): Promise<string> };
}

/** Sets one contestant to work on its workloads, one a portfolio, until it is stopped. */
export type Start = (workloads: readonly [Workload, ...Workload[]], job: Job) => Promise<Running>;

/** The workloads of a job, one a portfolio; the first is that of the default portfolio. */
export function workloadsOf({
  gate,
  portfolios,
  positions,
  next,
}: Pick<Job, 'gate' | 'portfolios' | 'positions' | 'next'>): readonly [Workload, ...Workload[]] {
  const [first, ...others] = portfoliosOf(portfolios);
  const of = (portfolio: Portfolio): Workload => ({
    ...workloadOf(gate, portfolio, positions),
    ...(next !== undefined && { next: workloadOf(next, portfolio, positions) }),
  });
  return [of(first), ...others.map(of)];
}
