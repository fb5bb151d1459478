import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Portfolio } from '../../settings/portfolio.ts';

/** A job only writes, and harms nobody: whatever it failed of, another attempt may succeed. */
const FOR_EVER = Number.MAX_SAFE_INTEGER;
/** Portfolios whose ticks one process puts on their streams at the same time. */
const AT_ONCE = 10;
/** The queue that a portfolio has for itself. */
const OWN = 'portcullis';
/** The queue of several, among the keys of the first of them by name: workers with the same portfolios share it. */
const SHARED = 'portcullis-shared';

/** Where jobs are that are due; those in hand too: whoever had them may have died. */
const WAITING = ['wait', 'paused', 'active'];

/** What a job says: the portfolio it is of (in the queue of one, nothing), and with an id what was asked for once. */
export interface TickJob {
  readonly portfolio?: string;
  readonly handler: string;
  readonly id?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** Where a queue is: the beginning of its keys, and its name. */
export interface QueuePlace {
  readonly prefix: string;
  readonly name: string;
}

/** The queue that a portfolio has where it is served alone. */
export function ownQueueOf(portfolio: Portfolio): QueuePlace {
  return { prefix: portfolio.key('bull'), name: OWN };
}

/** The queue of all these portfolios, which are on one server. */
function queueOf(portfolios: readonly Portfolio[]): QueuePlace {
  const [first, ...others] = portfolios.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1));
  if (first === undefined) throw new Error('expected at least one portfolio, got none');
  return others.length === 0 ? ownQueueOf(first) : { prefix: first.key('bull'), name: SHARED };
}

/** A queue, as a text that is the same for the same one. */
export function textOf({ prefix, name }: QueuePlace): string {
  return `${prefix} ${name}`;
}

/** One queue of BullMQ with one worker, for the portfolios of a server that this process serves. */
export class TickQueue {
  /** For the dashboard. */
  readonly queue: Queue;
  readonly place: QueuePlace;
  readonly #worker: Worker;
  readonly #isShared: boolean;
  readonly #onError: (error: Error) => void;

  constructor(
    portfolios: readonly Portfolio[],
    { connection, stalledMs }: { readonly connection: Redis; readonly stalledMs: number },
    { run, onError }: { readonly run: (job: Job<TickJob>) => Promise<void>; readonly onError: (error: Error) => void },
  ) {
    this.place = queueOf(portfolios);
    this.#isShared = portfolios.length > 1;
    this.#onError = onError;
    const { prefix, name } = this.place;
    const kept = { removeOnComplete: { count: 200 }, removeOnFail: { count: 200 } };
    this.queue = new Queue(name, {
      ...{ connection, prefix },
      defaultJobOptions: { ...kept, attempts: 5, backoff: 1000 },
    });
    this.#worker = new Worker(name, run, {
      ...{ connection, prefix, autorun: false },
      concurrency: Math.min(AT_ONCE, portfolios.length),
      lockDuration: stalledMs,
      stalledInterval: stalledMs,
      maxStalledCount: FOR_EVER,
    });
    this.queue.on('error', onError);
    this.#worker.on('error', onError);
  }

  /** Takes up what is due, from now on. */
  run(): void {
    this.#worker.run().catch(this.#onError);
  }

  /** Ticks a handler every so many ms, `offset` ms into each interval; where that schedule is there already, it goes on as it is. */
  async schedule({ prefix }: Portfolio, handler: string, every: number, offset: number): Promise<void> {
    const data: TickJob = this.#isShared ? { portfolio: prefix, handler } : { handler };
    const id = this.#schedulerOf(prefix, handler);
    await this.queue.upsertJobScheduler(id, { every, offset }, { name: handler, data });
  }

  /** Takes the schedule of a handler away. */
  async unschedule({ prefix }: Portfolio, handler: string): Promise<void> {
    await this.queue.removeJobScheduler(this.#schedulerOf(prefix, handler));
  }

  /** Adds what was asked for once, to be done at a time (Unix ms). The same is there once, however often it is added. */
  async later({ prefix }: Portfolio, job: TickJob & { readonly id: string }, dueMs: number): Promise<void> {
    const { handler, id } = job;
    const jobId = `${handler}-${this.#isShared ? `${encodeURIComponent(prefix)}-` : ''}${id.replaceAll(':', '_')}`;
    const data: TickJob = this.#isShared ? { ...job, portfolio: prefix } : job;
    await this.queue.add(handler, data, { jobId, delay: Math.max(0, dueMs - Date.now()), attempts: FOR_EVER });
  }

  /** Closes within `deadlineMs` whatever BullMQ is waiting for. */
  async close(deadlineMs: number): Promise<void> {
    const closed = Promise.all([this.#worker.close(true), this.queue.close()]).catch(() => undefined);
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, deadlineMs).unref())]);
  }

  #schedulerOf(prefix: string, handler: string): string {
    return this.#isShared ? `every-${handler}-${encodeURIComponent(prefix)}` : `every-${handler}`;
  }
}

/**
 * Hands on what was asked for once and waits in another queue, and takes it out there: a queue of a release before, or of other
 * lists of portfolios, may have no worker any more. What is in both for a moment is done once all the same.
 */
export async function takeLater(
  redis: Redis,
  from: QueuePlace,
  { prefix }: Portfolio,
  hand: (job: TickJob & { readonly id: string }, dueMs: number) => Promise<void>,
): Promise<void> {
  const key = (state: string) => `${from.prefix}:${from.name}:${state}`;
  const lists = await Promise.all(WAITING.map((state) => redis.lrange(key(state), 0, -1)));
  const ids = [...(await redis.zrange(key('delayed'), 0, -1)), ...lists.flat()];
  const asked = ids.filter((id) => !id.startsWith('repeat:'));
  if (asked.length === 0) return;
  const queue = new Queue<TickJob>(from.name, { connection: redis, prefix: from.prefix });
  queue.on('error', () => undefined);
  try {
    for (const jobId of asked) {
      const job = await queue.getJob(jobId);
      if (job === undefined || job.data.id === undefined || (job.data.portfolio ?? prefix) !== prefix) continue;
      await hand({ ...job.data, id: job.data.id }, job.timestamp + (job.opts.delay ?? 0));
      await job.remove().catch(() => undefined);
    }
  } finally {
    await queue.close();
  }
}
