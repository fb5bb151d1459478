import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { DAY_MS, MINUTE_MS } from '../../../schemas/duration.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { type Portfolio, portfolioOf } from '../../settings/portfolio.ts';
import { messageOf } from '../lane/judging.ts';
import type { Metrics } from '../status/metrics.ts';
import type { EngineTimings } from '../status/timings.ts';
import { KnownTicks } from './known-ticks.ts';
import { type Hand, type LeftQueue, LeftQueues } from './left-queues.ts';
import { type Later, Outboxes } from './outboxes.ts';
import { ownQueueOf, placeFrom, type TickJob, TickQueue, type TickSchedule, textOf } from './tick-queue.ts';
import { dueWith, offsetOf } from './tick-slots.ts';
import { makeTicks, type Tick, type Ticked } from './ticking.ts';

const BULLMQ_CLOSE_MS = 3_000;
/** How often is looked for what other queues have left, and asked what the ticks of schedules are. */
const LOOK_ROUND_EVERY_MS = MINUTE_MS;

/** A portfolio whose schedules run. */
interface Member {
  readonly portfolio: Portfolio;
  readonly redis: Redis;
  /** Its lanes have ended; its ticks are made until those of all portfolios have. */
  stopped: boolean;
}

/** What `Schedules` works with; `portfolios` are all that this process serves on one server. */
export interface SchedulesDeps {
  readonly redis: Redis;
  readonly portfolios: readonly Portfolio[];
  readonly handlers: readonly AnyHandler[];
  readonly settingsOf: (handler: string) => unknown;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly timings: EngineTimings;
}

/** BullMQ triggers, and only that: every tick becomes an entry of its handler's stream, committed like any other. */
export class Schedules {
  readonly #deps: SchedulesDeps;
  readonly #intervals: ReadonlyMap<string, number>;
  readonly #members = new Map<string, Member>();
  readonly #known: KnownTicks;
  readonly #left: LeftQueues;
  readonly #outboxes: Outboxes;
  #ticks: TickQueue | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> | undefined;
  #lookedRoundMs = Number.NEGATIVE_INFINITY;

  constructor(deps: SchedulesDeps) {
    this.#deps = deps;
    this.#intervals = intervalsOf(deps.handlers, deps.settingsOf);
    this.#known = new KnownTicks(this.#intervals);
    const later: Later = async (portfolio, job, dueMs) => {
      if (this.#ticks === undefined) throw new Error('expected schedules that run, got none');
      await this.#ticks.later(portfolio, job, dueMs);
    };
    const hand: Hand = (prefix, job, dueMs) => later(portfolioOf(prefix), job, dueMs);
    this.#left = new LeftQueues(deps.redis, hand, (problem) => deps.log.warn(problem));
    this.#outboxes = new Outboxes(later);
  }

  /** For the dashboard; there while schedules of a portfolio run. */
  get queue(): Queue | undefined {
    return this.#ticks?.queue;
  }

  /** Asks when the schedules of a portfolio tick, and notes the queue; harmless where that is there already. `redis` is its connection for commands. */
  async prepare(portfolio: Portfolio, redis: Redis, log: Logger): Promise<void> {
    const ticks = this.#open();
    await this.#known.ask(portfolio, redis, 0);
    if (this.#deps.portfolios.length > 1) await redis.sadd(portfolio.key(runtimeKeys.queues), textOf(ticks.place));
    this.#outboxes.join(portfolio, redis, log);
    this.#members.set(portfolio.prefix, { portfolio, redis, stopped: false });
  }

  /** Makes ticks from now on, of all portfolios that are prepared. */
  async run(): Promise<void> {
    const ticks = this.#ticks;
    if (ticks === undefined) return;
    const wanted = this.#wanted(ticks);
    const lost = await ticks.lost(wanted, await redisNowMs(this.#deps.redis));
    await Promise.all(wanted.map((schedule) => ticks.schedule(schedule, { anew: lost.includes(schedule) })));
    ticks.run();
    this.#timer = setInterval(() => void this.turn(), this.#deps.timings.maintenanceMs);
    void this.turn();
  }

  /** Looks for schedules that are lost, for what commits asked for later, and for what other queues have left; those that ask meanwhile share a look. */
  turn(): Promise<void> {
    this.#turn ??= this.#everything().finally(() => {
      this.#turn = undefined;
    });
    return this.#turn;
  }

  /** Hands what commits of a portfolio put into its outbox to BullMQ; an entry leaves the outbox only once it has it. */
  async relay(portfolio: Portfolio): Promise<void> {
    await this.#outboxes.relay(portfolio);
  }

  /** Runs the schedules of a portfolio here no more; with the last one the queue is closed. */
  async stop(portfolio: Portfolio): Promise<void> {
    const member = this.#members.get(portfolio.prefix);
    if (member !== undefined) member.stopped = true;
    await this.#outboxes.leave(portfolio);
    if ([...this.#members.values()].some(({ stopped }) => !stopped)) return;
    clearInterval(this.#timer);
    await this.#turn;
    const ticks = this.#ticks;
    this.#ticks = undefined;
    this.#members.clear();
    await ticks?.close(BULLMQ_CLOSE_MS);
  }

  #open(): TickQueue {
    const { portfolios, redis, timings, log } = this.#deps;
    this.#ticks ??= new TickQueue(
      { portfolios, intervals: this.#intervals },
      { connection: redis, stalledMs: timings.stalledMs },
      {
        run: (job) => this.#trigger(job),
        onError: (error) => log.debug({ err: error }, 'schedules'),
      },
    );
    return this.#ticks;
  }

  /** Whichever queues have a schedule of a portfolio, each goes on from its last tick: so they name the same ticks, and each is made once. */
  #wanted(ticks: TickQueue): readonly TickSchedule[] {
    const wanted = new Map<string, TickSchedule>();
    for (const [handler, every] of this.#intervals) {
      for (const { portfolio } of this.#members.values()) {
        const schedule = ticks.scheduleOf(handler, every, offsetOf(this.#known.of(portfolio, handler), every));
        wanted.set(schedule.id, schedule);
      }
    }
    return [...wanted.values()];
  }

  async #everything(): Promise<void> {
    const { redis, log } = this.#deps;
    const ticks = this.#ticks;
    if (ticks === undefined) return;
    const duties: [string, () => Promise<unknown>][] = [
      ['schedules', async () => await this.#revive(ticks, await redisNowMs(redis))],
      ['outbox', () => this.#outboxes.turn()],
      ['other queues', () => this.#lookRound(ticks)],
    ];
    for (const [name, duty] of duties) {
      await duty().catch((error: unknown) => log.warn(`${name}: ${messageOf(error)}`));
    }
  }

  /** Sets up anew what is lost; ticks of portfolios of which Redis knows none any more begin spread over their interval. */
  async #revive(ticks: TickQueue, nowMs: number): Promise<void> {
    if ((await ticks.lost(this.#wanted(ticks), nowMs)).length === 0) return;
    await this.#askAll();
    for (const schedule of await ticks.lost(this.#wanted(ticks), nowMs)) await ticks.schedule(schedule, { anew: true });
  }

  /** One that cannot be asked keeps what was known of it. */
  async #askAll(): Promise<void> {
    const members = [...this.#members.values()];
    await Promise.allSettled(
      members.map(({ portfolio, redis }, at) => this.#known.ask(portfolio, redis, at / members.length)),
    );
  }

  async #lookRound({ place }: TickQueue): Promise<void> {
    if (performance.now() - this.#lookedRoundMs < LOOK_ROUND_EVERY_MS) return;
    this.#lookedRoundMs = performance.now();
    await this.#askAll();
    const members = [...this.#members.values()];
    const noted = await Promise.allSettled(
      members.map(({ portfolio, redis }) => redis.smembers(portfolio.key(runtimeKeys.queues))),
    );
    const queues = new Map<string, LeftQueue>();
    for (const one of noted) {
      if (one.status === 'fulfilled') for (const text of one.value) queues.set(text, placeFrom(text));
    }
    for (const { portfolio } of members) {
      const own = ownQueueOf(portfolio);
      queues.set(textOf(own), { ...own, owner: portfolio.prefix });
    }
    queues.delete(textOf(place));
    await this.#left.turn([...queues.values()], new Set(this.#members.keys()), await redisNowMs(this.#deps.redis));
  }

  async #trigger(job: Job<TickJob>): Promise<void> {
    const { handler, every, id } = job.data;
    const { stalledMs } = this.#deps.timings;
    const isScheduled = id === undefined;
    const intervalMs = every ?? this.#intervals.get(handler);
    const keptMs = isScheduled && intervalMs !== undefined ? 10 * Math.max(stalledMs, intervalMs) : DAY_MS;
    const ticked = await makeTicks({ handler, keptMs, isScheduled }, this.#ticksOf(job));
    for (const one of ticked) this.#countMissed(handler, one);
    const refused = ticked.find(({ problem }) => problem !== '');
    if (refused !== undefined) throw new Error(`a tick of ${refused.tick.portfolio.prefix}: ${refused.problem}`);
  }

  #ticksOf(job: Job<TickJob>): readonly Tick[] {
    const { handler, every, id, fields, portfolio: prefix = this.#deps.portfolios[0]?.prefix ?? '' } = job.data;
    const jobMs = scheduledTime(job);
    if (every === undefined || id !== undefined) {
      const { portfolio, redis } = this.#members.get(prefix) ?? {
        portfolio: portfolioOf(prefix),
        redis: this.#deps.redis,
      };
      return [{ portfolio, redis, id: id ?? String(jobMs), dueMs: jobMs, ...(fields === undefined ? {} : { fields }) }];
    }
    return [...this.#members.values()].flatMap(({ portfolio, redis }) => {
      const dueMs = dueWith(jobMs, this.#known.of(portfolio, handler), every);
      return dueMs === undefined ? [] : [{ portfolio, redis, id: String(dueMs), dueMs }];
    });
  }

  #countMissed(handler: string, { tick, sinceLastMs }: Ticked): void {
    const intervalMs = this.#intervals.get(handler);
    const missed = intervalMs === undefined ? 0 : Math.round(sinceLastMs / intervalMs) - 1;
    if (missed <= 0 || !this.#members.has(tick.portfolio.prefix)) return;
    const count = { metric: 'portcullis_ticks_missed_total', labels: { handler }, by: missed };
    this.#deps.metrics.apply([count], tick.portfolio.prefix);
  }
}

function intervalsOf(handlers: readonly AnyHandler[], settingsOf: (handler: string) => unknown): Map<string, number> {
  const intervals = new Map<string, number>();
  for (const { name, on } of handlers) {
    if (on.kind === 'every') intervals.set(name, on.intervalMs(settingsOf(name)));
  }
  return intervals;
}

function scheduledTime(job: Job): number {
  const last = Number(job.id?.split(':').at(-1));
  return job.id?.startsWith('repeat:') === true && Number.isFinite(last) ? last : job.timestamp + (job.opts.delay ?? 0);
}
