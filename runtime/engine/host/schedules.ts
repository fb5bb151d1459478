import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { DAY_MS, MINUTE_MS } from '../../../schemas/duration.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import { type Portfolio, portfolioOf } from '../../settings/portfolio.ts';
import { tickStream } from '../lane/identity.ts';
import { messageOf } from '../lane/judging.ts';
import type { Metrics } from '../status/metrics.ts';
import type { EngineTimings } from '../status/timings.ts';
import { ownQueueOf, type QueuePlace, type TickJob, TickQueue, takeLater, textOf } from './tick-queue.ts';

const TICK = luaScript('portcullisTick', new URL('./tick.lua', import.meta.url));

const OUTBOX_BATCH = 100;
const BULLMQ_CLOSE_MS = 3_000;
/** The first tick of all comes so soon after its schedule is set up. */
const FIRST_TICK_MS = 100;
/** With the name of a handler: when its first tick of all was to be. */
const FIRST_TICK = 'first:';
/** How often is looked for what a worker of the release before left in a queue of one portfolio. */
const OWN_QUEUE_EVERY_MS = MINUTE_MS;

interface OutboxEntry {
  readonly handler: string;
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A portfolio whose schedules run. */
interface Member {
  readonly portfolio: Portfolio;
  readonly redis: Redis;
  readonly log: Logger;
  relaying?: Promise<void> | undefined;
  lookedMs: number;
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
  /** How many portfolios are set up. */
  #started = 0;
  #ticks: TickQueue | undefined;

  constructor(deps: SchedulesDeps) {
    this.#deps = deps;
    this.#intervals = intervalsOf(deps.handlers, deps.settingsOf);
  }

  /** For the dashboard; there while schedules of a portfolio run. */
  get queue(): Queue | undefined {
    return this.#ticks?.queue;
  }

  /**
   * Sets up the schedules of a portfolio; harmless where they are there already. `redis` is its connection for commands.
   * This process runs ticks once all of its portfolios are set up: those of a thousand would keep the rest from starting.
   */
  async start(portfolio: Portfolio, redis: Redis, log: Logger): Promise<void> {
    const member: Member = { portfolio, redis, log, lookedMs: performance.now() };
    this.#members.set(portfolio.prefix, member);
    const ticks = this.#open();
    await Promise.all([...this.#intervals.keys()].map((handler) => this.#schedule(member, handler)));
    const queues = portfolio.key(runtimeKeys.queues);
    const others = (await redis.smembers(queues)).map(placeFrom);
    if (this.#deps.portfolios.length > 1) await redis.sadd(queues, textOf(ticks.place));
    for (const place of [ownQueueOf(portfolio), ...others]) await this.#takeLater(member, place);
    this.#started += 1;
    if (this.#isUp()) ticks.run();
  }

  /**
   * Sets up anew a schedule whose last tick is more than three intervals away by Redis's clock: FLUSHALL took it, or a
   * worker whose clock was an hour ahead ran it, and its next tick would be an hour away.
   */
  async revive(portfolio: Portfolio, nowMs: number): Promise<void> {
    const member = this.#members.get(portfolio.prefix);
    if (member === undefined || !this.#isUp()) return;
    const last = await member.redis.hgetall(portfolio.key(runtimeKeys.lastTick));
    for (const [handler, intervalMs] of this.#intervals) {
      const sinceMs = nowMs - Number(last[handler] ?? 0);
      if (Math.abs(sinceMs) <= 3 * intervalMs) continue;
      await this.#ticks?.unschedule(portfolio, handler);
      await this.#schedule(member, handler);
    }
    if (performance.now() - member.lookedMs < OWN_QUEUE_EVERY_MS) return;
    member.lookedMs = performance.now();
    await this.#takeLater(member, ownQueueOf(portfolio));
  }

  /** Hands what commits of a portfolio put into its outbox to BullMQ; an entry leaves the outbox only once it has it. */
  async relay(portfolio: Portfolio): Promise<void> {
    const member = this.#members.get(portfolio.prefix);
    if (member === undefined) return;
    member.relaying ??= this.#relayAll(member)
      .catch((error: unknown) => member.log.warn({ err: error }, `outbox: ${messageOf(error)}`))
      .finally(() => {
        member.relaying = undefined;
      });
    await member.relaying;
  }

  /** Runs the schedules of a portfolio here no more; with the last one the queue is closed. */
  async stop(portfolio: Portfolio): Promise<void> {
    const member = this.#members.get(portfolio.prefix);
    await member?.relaying;
    this.#members.delete(portfolio.prefix);
    if (this.#members.size > 0) return;
    const ticks = this.#ticks;
    this.#ticks = undefined;
    await ticks?.close(BULLMQ_CLOSE_MS);
  }

  #isUp(): boolean {
    return this.#started >= this.#deps.portfolios.length;
  }

  #open(): TickQueue {
    const { portfolios, redis, timings, log } = this.#deps;
    this.#ticks ??= new TickQueue(
      portfolios,
      { connection: redis, stalledMs: timings.stalledMs },
      {
        run: (job) => this.#trigger(job),
        onError: (error) => log.debug({ err: error }, 'schedules'),
      },
    );
    return this.#ticks;
  }

  /** Whichever queues have a schedule of it, each goes on from the last tick: so they name the same ticks, and each is made once. */
  async #schedule({ portfolio, redis }: Member, handler: string): Promise<void> {
    const every = this.#intervals.get(handler) as number;
    const lastTick = portfolio.key(runtimeKeys.lastTick);
    const first = `${FIRST_TICK}${handler}`;
    await redis.hsetnx(lastTick, first, Date.now() + FIRST_TICK_MS);
    const [last, from] = await redis.hmget(lastTick, handler, first);
    await this.#ticks?.schedule(portfolio, handler, every, offsetOf(Number(last ?? from), every));
  }

  async #relayAll({ portfolio, redis }: Member): Promise<void> {
    const outbox = portfolio.key(runtimeKeys.outbox);
    for (let ticks = this.#ticks; ticks !== undefined; ticks = this.#ticks) {
      const flat = await redis.zrange(outbox, 0, OUTBOX_BATCH - 1, 'WITHSCORES');
      if (flat.length === 0) return;
      for (let i = 0; i + 1 < flat.length; i += 2) {
        const member = flat[i] as string;
        await ticks.later(portfolio, JSON.parse(member) as OutboxEntry, Number(flat[i + 1]));
        await redis.zrem(outbox, member);
      }
    }
  }

  async #takeLater({ portfolio, redis, log }: Member, from: QueuePlace): Promise<void> {
    const ticks = this.#ticks;
    if (ticks === undefined || textOf(from) === textOf(ticks.place)) return;
    try {
      await takeLater(redis, from, portfolio, (job, dueMs) => ticks.later(portfolio, job, dueMs));
    } catch (error) {
      log.warn(`queue ${from.prefix}:${from.name}: ${messageOf(error)}`);
    }
  }

  /** A queue is shared with workers that serve other portfolios too: what theirs need is in the job. */
  async #trigger(job: Job<TickJob>): Promise<void> {
    const { handler, id, fields, portfolio: prefix = this.#deps.portfolios[0]?.prefix ?? '' } = job.data;
    const member = this.#members.get(prefix);
    const portfolio = member?.portfolio ?? portfolioOf(prefix);
    const intervalMs = this.#intervals.get(handler);
    const scheduledMs = scheduledTime(job);
    const tickId = id ?? String(scheduledMs);
    const keys = [
      portfolio.key(runtimeKeys.made(handler)),
      portfolio.streamKey(tickStream(handler)),
      portfolio.key(runtimeKeys.lastTick),
    ];
    const { stalledMs } = this.#deps.timings;
    const keptMs = id === undefined && intervalMs !== undefined ? 10 * Math.max(stalledMs, intervalMs) : DAY_MS;
    const entry = ['tick_id', tickId, 'scheduled_ms', String(scheduledMs), ...Object.entries(fields ?? {}).flat()];
    const args = [keptMs, handler, id === undefined ? String(scheduledMs) : '', ...entry];
    const sinceLastMs = Number(await runScript(member?.redis ?? this.#deps.redis, TICK, keys, args));
    if (intervalMs === undefined || member === undefined) return;
    this.#countMissed(portfolio, handler, Math.round(sinceLastMs / intervalMs) - 1);
  }

  #countMissed({ prefix }: Portfolio, handler: string, missed: number): void {
    if (missed <= 0) return;
    const count = { metric: 'portcullis_ticks_missed_total', labels: { handler }, by: missed };
    this.#deps.metrics.apply([count], prefix);
  }
}

/** How long after the beginning of each interval, counted from 1970, a tick is due that was due at `lastMs`: from 1 to the whole of it, ms. */
export function offsetOf(lastMs: number, every: number): number {
  return Number.isFinite(lastMs) ? ((((lastMs - 1) % every) + every) % every) + 1 : every;
}

function placeFrom(text: string): QueuePlace {
  const at = text.lastIndexOf(' ');
  return { prefix: text.slice(0, at), name: text.slice(at + 1) };
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
