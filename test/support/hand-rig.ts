import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { ChaosServer } from '../chaos/server.ts';
import { type Kept, type RedisLink, startProxy } from './proxy.ts';
import { until } from './redis.ts';
import { urlAt } from './redis-server.ts';
import { type SystemOptions, startSystem, type TestSystem } from './system.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

type WorkerTimings = NonNullable<SystemOptions['timings']>;

/** What Redis was asked is done by then, if it is what a moment waits for: workers ask the same without a job to take, too. */
const ANSWER_MS = 1_000;
/** What a worker that died had in hand is looked for soon. */
const SOON: WorkerTimings = { stalledMs: 2_000 };
const QUEUE = 'quantum:bull:portcullis';

/** A moment at which a worker that has a job of BullMQ in hand stands still. */
export interface Moment {
  readonly name: string;
  /** What the request contains at which it stands still. */
  readonly mark: string;
  /** Whether Redis does what is asked, and the worker only never hears of it. */
  readonly isDone?: boolean;
}

/** What happens, beside the end of a worker, while one has a job in hand. */
const faults: Readonly<Record<string, (rig: HandRig) => Promise<void> | void>> = {
  'Redis is killed and started again': async ({ server }) => {
    await server.kill();
    await server.startAgain();
  },
  'the connections of a worker are cut': ({ link }) => link.cutAll(),
};

/** Every such fault with every one of these moments, for a table of tests. */
export function faultsAt<M extends Moment>(moments: readonly M[]) {
  return Object.entries(faults).flatMap(([fault, happen]) =>
    moments.map((moment) => [fault, moment.name, { happen, moment }] as const),
  );
}

/** A Redis that keeps what it acknowledged, and workers, one of them behind a link that can stand still with a job in hand. */
export class HandRig {
  readonly server: ChaosServer;
  readonly link: RedisLink;
  readonly #url: string;
  readonly #folder: string;
  readonly #systems: TestSystem[] = [];
  readonly #workers: WorkerProcess[] = [];
  readonly #timings: WorkerTimings;

  private constructor(server: ChaosServer, link: RedisLink, folder: string, timings: WorkerTimings) {
    this.#timings = timings;
    this.server = server;
    this.link = link;
    this.#url = urlAt(server.port);
    this.#folder = folder;
  }

  /** Starts the Redis and the link; all that is left is ended with the test. `timings` are the waits of its workers. */
  static async start({ onTestFinished }: TestContext, timings: WorkerTimings = SOON): Promise<HandRig> {
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-hand-'));
    const server = await ChaosServer.start(folder);
    const rig = new HandRig(server, await startProxy(server.port), folder, timings);
    onTestFinished(() => rig.#stop());
    return rig;
  }

  /** A worker process behind the link, with a gate of test/support/worker.ts. */
  async behindLink(testGate: string): Promise<WorkerProcess> {
    const worker = startWorker(this.link, { testGate, name: 'behind', timings: this.#timings });
    this.#workers.push(worker);
    await worker.started;
    return worker;
  }

  /** A worker in this process, whose metrics a test can read; behind the link or beside it. */
  async system(handlers: readonly AnyHandler[], where: 'behind' | 'beside'): Promise<TestSystem> {
    return await this.#start(handlers, where === 'behind' ? this.link.url : this.#url, where, true);
  }

  /** A worker in this process, beside the link, that sees entries of streams through and takes no jobs. */
  async committer(handlers: readonly AnyHandler[]): Promise<TestSystem> {
    return await this.#start(handlers, this.#url, 'committer', false);
  }

  async #start(handlers: readonly AnyHandler[], url: string, workerName: string, schedules: boolean) {
    const system = await startSystem({ url }, { handlers, workerName, schedules, timings: this.#timings });
    this.#systems.push(system);
    return system;
  }

  /** Lets the worker behind the link come to that moment, and resolves with the id of the job that it then has in hand. */
  async inHand(moment: Moment, holds: (job: string) => Promise<boolean> = async () => true): Promise<string> {
    for (;;) {
      const kept = await this.#sprung(moment);
      const job = await until('the job', () => this.#lockedJob(holds), ANSWER_MS).catch(() => undefined);
      if (job !== undefined) return job;
      kept.release();
    }
  }

  /** Whether a job is in some worker's hand, dead or alive. */
  async isActive(job: string): Promise<boolean> {
    return (await this.server.client.lpos(`${QUEUE}:active`, job)) !== null;
  }

  /** Ends a worker at once; the next that starts looks for what it had in hand at once, and not when the pause after the last look is over. */
  async kill(worker: WorkerProcess): Promise<void> {
    worker.process.kill('SIGKILL');
    await worker.ended;
    await this.server.client.del(`${QUEUE}:stalled-check`);
  }

  /** When the next tick of a schedule is due, Unix ms. */
  async nextDueMs(handler: string): Promise<number> {
    return Number(await this.server.client.zscore(`${QUEUE}:repeat`, `every-${handler}`));
  }

  /** How many jobs wait for their time. */
  async delayedCount(): Promise<number> {
    return await this.server.client.zcard(`${QUEUE}:delayed`);
  }

  /** Waits until no job is left that is due, and nothing that was asked for is on its way to become one. */
  async noJobLeft(): Promise<void> {
    const { client } = this.server;
    await until('no job to be left', async () => {
      const left = await Promise.all([
        client.zcard('quantum:portcullis:outbox'),
        client.llen(`${QUEUE}:active`),
        client.llen(`${QUEUE}:wait`),
        client.zcard(`${QUEUE}:delayed`),
      ]);
      return left.every((count) => count === 0);
    });
  }

  /** The one job that is active, where it is as expected. */
  async #lockedJob(holds: (job: string) => Promise<boolean>): Promise<string | undefined> {
    const { client } = this.server;
    const [job, ...others] = await client.lrange(`${QUEUE}:active`, 0, -1);
    if (job === undefined || others.length > 0 || (await client.exists(`${QUEUE}:${job}:lock`)) === 0) return undefined;
    return (await holds(job)) ? job : undefined;
  }

  async #stop(): Promise<void> {
    for (const worker of this.#workers) worker.process.kill('SIGKILL');
    await Promise.all(this.#systems.map((system) => system.stop()));
    await this.link.stop();
    await this.server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #sprung({ mark, isDone }: Moment): Promise<Kept> {
    if (isDone !== true) return await this.link.keepRequest(mark);
    await this.link.keepReplyTo(mark);
    return { release: () => this.link.cutAll() };
  }
}
