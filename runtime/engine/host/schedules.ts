import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { DAY_MS } from '../../../schemas/duration.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { tickStream } from '../lane/identity.ts';
import { messageOf } from '../lane/judging.ts';
import type { Metrics } from '../status/metrics.ts';
import type { EngineTimings } from '../status/timings.ts';

const TICK = luaScript('portcullisTick', new URL('./tick.lua', import.meta.url));

const OUTBOX_BATCH = 100;
/** A job only writes, and harms nobody: whatever it failed of, another attempt may succeed. */
const FOR_EVER = Number.MAX_SAFE_INTEGER;

interface TickJob {
  readonly handler: string;
  readonly id?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

interface OutboxEntry {
  readonly handler: string;
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** BullMQ triggers, and only that: every tick becomes an entry of its handler's stream, committed like any other. */
export class Schedules {
  /** For the dashboard. */
  readonly queue: Queue;
  readonly #worker: Worker;
  readonly #redis: Redis;
  readonly #portfolio: Portfolio;
  readonly #intervals: ReadonlyMap<string, number>;
  readonly #metrics: Metrics;
  readonly #log: Logger;
  readonly #stalledMs: number;
  #relaying: Promise<void> | undefined;

  constructor(deps: {
    redis: Redis;
    portfolio: Portfolio;
    handlers: readonly AnyHandler[];
    settingsOf: (handler: string) => unknown;
    metrics: Metrics;
    log: Logger;
    timings: EngineTimings;
  }) {
    this.#redis = deps.redis;
    this.#portfolio = deps.portfolio;
    this.#metrics = deps.metrics;
    this.#log = deps.log;
    this.#stalledMs = deps.timings.stalledMs;
    this.#intervals = intervalsOf(deps.handlers, deps.settingsOf);
    const connection = deps.redis;
    const prefix = deps.portfolio.key('bull');
    const defaultJobOptions = {
      removeOnComplete: { count: 200 },
      removeOnFail: { count: 200 },
      attempts: 5,
      backoff: 1000,
    };
    this.queue = new Queue('portcullis', { connection, prefix, defaultJobOptions });
    this.#worker = new Worker('portcullis', (job: Job<TickJob>) => this.#trigger(job), {
      connection,
      prefix,
      lockDuration: this.#stalledMs,
      stalledInterval: this.#stalledMs,
      maxStalledCount: FOR_EVER,
    });
    const onError = (error: Error) => this.#log.debug({ err: error }, 'schedules');
    this.queue.on('error', onError);
    this.#worker.on('error', onError);
  }

  /** Sets up the schedule of every handler that has one; harmless when it is there already. */
  async start(): Promise<void> {
    await Promise.all([...this.#intervals.keys()].map((handler) => this.#schedule(handler)));
  }

  /**
   * Sets up anew a schedule whose last tick is more than three intervals away by Redis's clock: FLUSHALL took it, or a
   * worker whose clock was an hour ahead ran it, and its next tick would be an hour away.
   */
  async revive(nowMs: number): Promise<void> {
    const last = await this.#redis.hgetall(this.#portfolio.key(runtimeKeys.lastTick));
    for (const [handler, intervalMs] of this.#intervals) {
      const sinceMs = nowMs - Number(last[handler] ?? 0);
      if (Math.abs(sinceMs) <= 3 * intervalMs) continue;
      await this.queue.removeJobScheduler(schedulerOf(handler));
      await this.#schedule(handler);
    }
  }

  /** Hands what commits put into the outbox to BullMQ; an entry leaves the outbox only once it has it. */
  relay(): Promise<void> {
    this.#relaying ??= this.#relayAll()
      .catch((error: unknown) => this.#log.warn({ err: error }, `outbox: ${messageOf(error)}`))
      .finally(() => {
        this.#relaying = undefined;
      });
    return this.#relaying;
  }

  /** Closes within `deadlineMs` whatever BullMQ is waiting for. */
  async stop(deadlineMs: number): Promise<void> {
    await this.#relaying;
    const closed = Promise.all([this.#worker.close(true), this.queue.close()]).catch(() => undefined);
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, deadlineMs).unref())]);
  }

  async #schedule(handler: string): Promise<void> {
    const every = this.#intervals.get(handler) as number;
    await this.queue.upsertJobScheduler(schedulerOf(handler), { every }, { name: handler, data: { handler } });
  }

  async #relayAll(): Promise<void> {
    const outbox = this.#portfolio.key(runtimeKeys.outbox);
    for (;;) {
      const flat = await this.#redis.zrange(outbox, 0, OUTBOX_BATCH - 1, 'WITHSCORES');
      if (flat.length === 0) return;
      for (let i = 0; i + 1 < flat.length; i += 2) {
        const member = flat[i] as string;
        const { handler, id, fields } = JSON.parse(member) as OutboxEntry;
        const delay = Math.max(0, Number(flat[i + 1]) - Date.now());
        await this.queue.add(
          handler,
          { handler, id, fields },
          { jobId: jobIdOf(handler, id), delay, attempts: FOR_EVER },
        );
        await this.#redis.zrem(outbox, member);
      }
    }
  }

  async #trigger(job: Job<TickJob>): Promise<void> {
    const { handler, id, fields } = job.data;
    const intervalMs = this.#intervals.get(handler);
    const scheduledMs = scheduledTime(job);
    const tickId = id ?? String(scheduledMs);
    const keys = [
      this.#portfolio.key(runtimeKeys.made(handler)),
      this.#portfolio.streamKey(tickStream(handler)),
      this.#portfolio.key(runtimeKeys.lastTick),
    ];
    const keptMs = id === undefined && intervalMs !== undefined ? 10 * Math.max(this.#stalledMs, intervalMs) : DAY_MS;
    const entry = ['tick_id', tickId, 'scheduled_ms', String(scheduledMs), ...Object.entries(fields ?? {}).flat()];
    const args = [keptMs, handler, id === undefined ? String(scheduledMs) : '', ...entry];
    const sinceLastMs = Number(await runScript(this.#redis, TICK, keys, args));
    if (intervalMs !== undefined) this.#countMissed(handler, Math.round(sinceLastMs / intervalMs) - 1);
  }

  #countMissed(handler: string, missed: number): void {
    if (missed <= 0) return;
    const count = { metric: 'portcullis_ticks_missed_total', labels: { handler }, by: missed };
    this.#metrics.apply([count], this.#portfolio.prefix);
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

function schedulerOf(handler: string): string {
  return `every-${handler}`;
}

function jobIdOf(handler: string, id: string): string {
  return `${handler}-${id.replaceAll(':', '_')}`;
}
