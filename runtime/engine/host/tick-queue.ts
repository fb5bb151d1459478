import { createHash } from 'node:crypto';
import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Portfolio } from '../../settings/portfolio.ts';
import { phaseOf, slotOf } from './tick-slots.ts';

/** A job only writes, and harms nobody: whatever it failed of, another attempt may succeed. */
const FOR_EVER = Number.MAX_SAFE_INTEGER;
/** Jobs that one process works on at the same time. */
const AT_ONCE = 10;
/** The queue that a portfolio has for itself. */
const OWN = 'portcullis';
/** The queue of several, among the keys of the first of them by name; what follows names all of them, and their schedules. */
const SHARED = 'portcullis-shared-';
const DIGITS = 12;

/**
 * What a job says. In the queue of one portfolio the handler that ticks; in that of several the interval as well (`every`,
 * ms), and all are ticked that are due in that part of it. With an id: what was asked for once, of one portfolio.
 */
export interface TickJob {
  readonly portfolio?: string;
  readonly handler: string;
  readonly every?: number;
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

/**
 * The queue of all these portfolios, which are on one server: each worker on it has the same portfolios and the same
 * schedules (handler → interval in ms), so that whoever takes a job ticks all that it is for, and none that nobody serves.
 */
function queueOf(portfolios: readonly Portfolio[], intervals: ReadonlyMap<string, number>): QueuePlace {
  const [first, ...others] = portfolios.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1));
  if (first === undefined) throw new Error('expected at least one portfolio, got none');
  if (others.length === 0) return ownQueueOf(first);
  const served = [[first, ...others].map(({ prefix }) => prefix), [...intervals].toSorted()];
  const digest = createHash('sha256').update(JSON.stringify(served)).digest('hex');
  return { prefix: first.key('bull'), name: `${SHARED}${digest.slice(0, DIGITS)}` };
}

/** A queue, as a text that is the same for the same one. */
export function textOf({ prefix, name }: QueuePlace): string {
  return `${prefix} ${name}`;
}

/** The queue that such a text names. */
export function placeFrom(text: string): QueuePlace {
  const at = text.lastIndexOf(' ');
  return { prefix: text.slice(0, at), name: text.slice(at + 1) };
}

/** One queue of BullMQ with one worker, for the portfolios of a server that this process serves. */
export class TickQueue {
  /** For the dashboard. */
  readonly queue: Queue;
  readonly place: QueuePlace;
  readonly #redis: Redis;
  readonly #worker: Worker;
  readonly #isShared: boolean;
  readonly #onError: (error: Error) => void;

  constructor(
    { portfolios, intervals }: { portfolios: readonly Portfolio[]; intervals: ReadonlyMap<string, number> },
    { connection, stalledMs }: { readonly connection: Redis; readonly stalledMs: number },
    { run, onError }: { readonly run: (job: Job<TickJob>) => Promise<void>; readonly onError: (error: Error) => void },
  ) {
    this.place = queueOf(portfolios, intervals);
    this.#redis = connection;
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

  /** The schedule that makes the ticks of a handler which are due at that offset (ms) into each interval (ms). */
  scheduleOf(handler: string, every: number, offset: number): TickSchedule {
    if (!this.#isShared) return { id: `every-${handler}`, every, offset, data: { handler } };
    const slot = slotOf(offset, every);
    return { id: `every-${handler}-${slot}`, every, offset: phaseOf(slot, every), data: { handler, every } };
  }

  /** Sets a schedule up; where it is there already, it goes on as it is, unless `anew`. */
  async schedule({ id, every, offset, data }: TickSchedule, { anew }: { readonly anew: boolean }): Promise<void> {
    if (anew) await this.queue.removeJobScheduler(id);
    await this.queue.upsertJobScheduler(id, { every, offset }, { name: data.handler, data });
  }

  /**
   * Those of which the next job is not there, or more than three intervals away by Redis's clock (Unix ms): FLUSHALL took
   * it, a worker whose clock was an hour ahead ran it, or it is of a time in which other queues made these ticks.
   */
  async lost(schedules: readonly TickSchedule[], nowMs: number): Promise<readonly TickSchedule[]> {
    const { prefix, name } = this.place;
    const next = nextJobsFrom(await this.#redis.zrange(`${prefix}:${name}:repeat`, 0, -1, 'WITHSCORES'));
    return schedules.filter(({ id, every }) => !(Math.abs(nowMs - (next.get(id) ?? 0)) <= 3 * every));
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
}

/** A schedule in a queue: a job every so many ms, `offset` ms into each interval. */
export interface TickSchedule {
  readonly id: string;
  readonly every: number;
  readonly offset: number;
  readonly data: TickJob;
}

/** Schedules and when their next jobs are due, from members and scores of BullMQ's `repeat`. */
export function nextJobsFrom(flat: readonly string[]): ReadonlyMap<string, number> {
  const next = new Map<string, number>();
  for (let at = 0; at + 1 < flat.length; at += 2) next.set(flat[at] as string, Number(flat[at + 1]));
  return next;
}
