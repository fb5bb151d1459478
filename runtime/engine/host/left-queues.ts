import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { messageOf } from '../lane/judging.ts';
import { nextJobsFrom, type QueuePlace, type TickJob, textOf } from './tick-queue.ts';

/** Where jobs are that are due; those in hand too: whoever had them may have died. */
const WAITING = ['wait', 'paused', 'active'];
/** A schedule whose next job is overdue by so long, and has not moved between two looks, has no worker. */
const OVERDUE_MS = MINUTE_MS;

/** What was asked for once, of the portfolio with this prefix, to be done at a time (Unix ms). */
export type Hand = (prefix: string, job: TickJob & { readonly id: string }, dueMs: number) => Promise<void>;

/** A queue that this process has no worker on; of one that a portfolio has for itself, `owner` is the portfolio's prefix. */
export interface LeftQueue extends QueuePlace {
  readonly owner?: string;
}

/**
 * Queues of a release before, of one portfolio served alone, or of other lists of portfolios. They may have no worker any
 * more: what was asked for once is taken over, at the first look from all of them, and a schedule that nobody runs is
 * removed. Where it is wanted again, its worker sets it up anew.
 */
export class LeftQueues {
  readonly #redis: Redis;
  readonly #hand: Hand;
  readonly #warn: (problem: string) => void;
  /** When the next job of each schedule was due at the last look, Unix ms, by queue and schedule; undefined before the first. */
  #seen: ReadonlyMap<string, number> | undefined;

  /** `hand` is given what was asked for once of the portfolios that are served here; what is in two queues for a moment is done once all the same. */
  constructor(redis: Redis, hand: Hand, warn: (problem: string) => void) {
    this.#redis = redis;
    this.#hand = hand;
    this.#warn = warn;
  }

  /** Looks at queues once. `nowMs` is by Redis's clock. One that cannot be read is told of, and the others are looked at. */
  async turn(queues: readonly LeftQueue[], prefixes: ReadonlySet<string>, nowMs: number): Promise<void> {
    const seen = new Map<string, number>();
    await Promise.all(
      queues.map(async (place) => {
        try {
          await this.#look(place, prefixes, { nowMs, seen });
        } catch (error) {
          this.#warn(`queue ${place.prefix}:${place.name}: ${messageOf(error)}`);
        }
      }),
    );
    this.#seen = seen;
  }

  async #look(
    place: LeftQueue,
    prefixes: ReadonlySet<string>,
    { nowMs, seen }: { nowMs: number; seen: Map<string, number> },
  ): Promise<void> {
    const key = (state: string) => `${place.prefix}:${place.name}:${state}`;
    const [repeat, delayed, ...lists] = await Promise.all([
      this.#redis.zrange(key('repeat'), 0, -1, 'WITHSCORES'),
      this.#redis.zrange(key('delayed'), 0, -1),
      ...WAITING.map((state) => this.#redis.lrange(key(state), 0, -1)),
    ]);
    const dead: string[] = [];
    let live = 0;
    for (const [schedule, nextMs] of nextJobsFrom(repeat)) {
      const name = `${textOf(place)} ${schedule}`;
      if (nowMs - nextMs > OVERDUE_MS && this.#seen?.get(name) === nextMs) dead.push(schedule);
      else live += 1;
      seen.set(name, nextMs);
    }
    const takes = this.#seen === undefined || place.owner !== undefined || live === 0;
    const asked = takes ? [...delayed, ...lists.flat()].filter((id) => !id.startsWith('repeat:')) : [];
    if (asked.length === 0 && dead.length === 0) return;
    const queue = new Queue<TickJob>(place.name, { connection: this.#redis, prefix: place.prefix });
    queue.on('error', () => undefined);
    try {
      for (const schedule of dead) await queue.removeJobScheduler(schedule);
      for (const jobId of asked) await this.#take(queue, jobId, place.owner ?? '', prefixes);
    } finally {
      await queue.close();
    }
  }

  async #take(queue: Queue<TickJob>, jobId: string, owner: string, prefixes: ReadonlySet<string>): Promise<void> {
    const job = await queue.getJob(jobId);
    const prefix = job?.data.portfolio ?? owner;
    if (job?.data.id === undefined || !prefixes.has(prefix)) return;
    await this.#hand(prefix, { ...job.data, id: job.data.id }, job.timestamp + (job.opts.delay ?? 0));
    await job.remove().catch(() => undefined);
  }
}
