import { type Contestant, type Job, workloadsOf } from './contestants/contestant.ts';
import type { TracedMessage } from './tracer.ts';
import { type Exposition, type Usage, WorkerProcess } from './worker-process.ts';
import type { GateName, Workload } from './workloads/workload.ts';

/** Who works: one contestant in one process or several, on one portfolio or several. */
export interface CrewSpec {
  readonly contestant: Contestant;
  readonly gate: GateName;
  readonly positions: number;
  readonly url: string;
  /** Portfolios that each process serves; 1 without it. */
  readonly portfolios?: number;
  /** Processes; 1 without it. */
  readonly workers?: number;
  /** Arguments of their Node. */
  readonly nodeArgs?: readonly string[];
  /** Whether they note what happens to each message. */
  readonly trace?: boolean;
  /** Whether all gates run, with their schedules, and nothing is sent. */
  readonly idle?: boolean;
  /** The gate that works on what this one writes, in the same process. */
  readonly next?: GateName;
  /** Settings beside those of the workload. */
  readonly env?: Readonly<Record<string, string>>;
  /** The worker's script of another checkout. */
  readonly script?: string;
}

/** The worker processes of one contestant; they rest between rounds, so that their code stays warm. */
export class Crew {
  readonly spec: CrewSpec;
  readonly workloads: readonly [Workload, ...Workload[]];
  readonly #workers: readonly WorkerProcess[];

  private constructor(spec: CrewSpec, workers: readonly WorkerProcess[]) {
    this.spec = spec;
    this.workloads = workloadsOf({ portfolios: 1, ...spec });
    this.#workers = workers;
  }

  /** Starts the processes; resolves once all have loaded their code. */
  static async start(spec: CrewSpec): Promise<Crew> {
    const { portfolios = 1, workers = 1, nodeArgs, script, ...job } = spec;
    const jobs = Array.from({ length: workers }, (_, at): Job => ({ ...job, portfolios, name: `bench-${at + 1}` }));
    return new Crew(spec, await Promise.all(jobs.map((job) => WorkerProcess.spawn(job, nodeArgs, script))));
  }

  /** A crew of each process alone. */
  each(): readonly Crew[] {
    return this.#workers.map((worker) => new Crew({ ...this.spec, workers: 1 }, [worker]));
  }

  /** Sets all to work. */
  async go(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.go()));
  }

  /** Ends the work of all; their processes stay. */
  async rest(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.rest()));
  }

  /** What all of them have used, and hold, together. */
  async usage(): Promise<Usage> {
    const usages = await Promise.all(this.#workers.map((worker) => worker.usage()));
    const sum = (name: keyof Usage) => usages.reduce((total, usage) => total + usage[name], 0);
    return { cpuUs: sum('cpuUs'), rssBytes: sum('rssBytes'), heapBytes: sum('heapBytes') };
  }

  /** What the first process says of itself in its metrics. */
  async exposition(): Promise<Exposition> {
    return await (this.#workers[0] as WorkerProcess).exposition();
  }

  /** The messages that all of them traced since they were asked last. */
  async traced(): Promise<readonly TracedMessage[]> {
    return (await Promise.all(this.#workers.map((worker) => worker.traced()))).flat();
  }

  /** Ends the processes. */
  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }
}
