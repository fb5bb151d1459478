import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { HOUR_MS } from '../../../schemas/duration.ts';
import type { FeedName } from '../../../schemas/feed.ts';
import type { Metrics } from '../../engine/status/metrics.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { backoffMs } from '../../settings/backoff.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { ExchangeError } from '../exchange/errors.ts';
import type { ExchangePort } from '../exchange/port.ts';
import { type FeedStatus, healthPart, writeFeedStatus } from './status.ts';

const FIRST_RETRY_MS = 500;
const RETRY = { leastMs: FIRST_RETRY_MS / 2, firstMs: FIRST_RETRY_MS, mostMs: 10_000 };
/** Nobody waits longer in one go: a clock that was set back must not stop a feed for days. */
const LONGEST_PAUSE_MS = 300_000;
/** Raw entries older than this are of no use to anybody. */
const RAW_KEPT_MS = HOUR_MS;

/** What a collector works with. */
export interface CollectorDeps {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly exchange: ExchangePort;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly workerName: string;
  /** Whether this worker is the one that collects. */
  readonly isHolder: () => boolean;
  readonly pollMs: number;
  /** Whether a fill of an order that may open counts as the result of its plan. */
  readonly fillResults: boolean;
}

/** What one turn of a collector does: collects and writes, and rejects when it could not. */
export type Collect = (takenMs: number) => Promise<void>;

/** Turns of a collector, one after the other: a failed one is told and tried again, and stops nothing else. */
export class Turns {
  readonly #deps: CollectorDeps;
  readonly #feed: FeedName;
  readonly #collect: Collect;
  readonly #shortestMs: number;
  #stopping = false;
  #wanted = false;
  #asked = false;
  #failures = 0;
  #status: Pick<FeedStatus, 'state' | 'sinceMs' | 'lastSuccessMs' | 'error'> | undefined;
  #userStream: Pick<FeedStatus, 'userStream' | 'userStreamSinceMs'> | undefined;
  #wake: () => void = () => undefined;
  #done: Promise<void> = Promise.resolve();

  /** `shortestMs` is the least time from the start of one turn to that of the next, however often it is asked for. */
  constructor(deps: CollectorDeps, feed: FeedName, collect: Collect, shortestMs: number) {
    this.#deps = deps;
    this.#feed = feed;
    this.#collect = collect;
    this.#shortestMs = shortestMs;
  }

  /** Starts the turns; returns at once. */
  start(): void {
    this.#done = this.#run();
  }

  /** Asks for a turn soon, where the last one did not fail. */
  soon(): void {
    this.#wanted = true;
    if (this.#failures === 0) this.#wake();
  }

  /** Begins a turn at once, however the last one ended: an operator asks for it. */
  again(): void {
    this.#asked = true;
    this.#wake();
  }

  /** Resolves once the turn under way is finished. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const startedMs = performance.now();
      this.#wanted = false;
      this.#asked = false;
      const waitMs = await this.#turn();
      await this.#pause(waitMs);
      const tooEarlyMs = this.#shortestMs - (performance.now() - startedMs);
      if (!this.#stopping && tooEarlyMs > 0) await new Promise((resolve) => setTimeout(resolve, tooEarlyMs));
    }
  }

  /** Milliseconds until the next turn. */
  async #turn(): Promise<number> {
    const { redis, isHolder, pollMs } = this.#deps;
    if (redis.status !== 'ready' || !isHolder()) return Math.min(pollMs, FIRST_RETRY_MS);
    try {
      const takenMs = await redisNowMs(redis);
      await this.#collect(takenMs);
      this.#failures = 0;
      await this.#say('ok', '', takenMs);
      return pollMs;
    } catch (error) {
      if (this.#stopping) return 0;
      return await this.#failed(error);
    }
  }

  async #failed(error: unknown): Promise<number> {
    const { metrics, portfolio } = this.#deps;
    const kind = error instanceof ExchangeError ? error.kind : 'other';
    const text = error instanceof Error ? error.message : String(error);
    metrics.apply([{ metric: 'portcullis_feed_failures_total', labels: { feed: this.#feed, kind } }], portfolio.prefix);
    this.#failures += 1;
    await this.#say('failing', text, undefined).catch(() => undefined);
    const retryAtMs = error instanceof ExchangeError ? (error.retryAtMs ?? 0) : 0;
    return Math.min(LONGEST_PAUSE_MS, Math.max(backoffMs(RETRY, this.#failures), retryAtMs - Date.now()));
  }

  async #say(state: FeedStatus['state'], error: string, successMs: number | undefined): Promise<void> {
    const { redis, portfolio, exchange, workerName, log } = this.#deps;
    if (redis.status !== 'ready') return;
    const nowMs = await redisNowMs(redis);
    const before = this.#status;
    const changed = before?.state !== state;
    const sinceMs = changed ? nowMs : before.sinceMs;
    this.#status = { state, error, sinceMs, lastSuccessMs: successMs ?? before?.lastSuccessMs };
    if (state === 'failing' && (changed || before.error !== error)) log.error(`${this.#feed} feed: ${error}`);
    if (state === 'ok' && changed && before !== undefined) log.info(`${this.#feed} feed: collecting again`);
    const about = healthPart(exchange.health(), nowMs - Date.now());
    const { userStream } = about;
    if (this.#userStream?.userStream !== userStream) this.#userStream = { userStream, userStreamSinceMs: nowMs };
    const { userStreamSinceMs } = this.#userStream;
    const told = { ...this.#status, ...about, userStreamSinceMs };
    await writeFeedStatus(redis, portfolio, { feed: this.#feed, worker: workerName, ...told });
  }

  #pause(waitMs: number): Promise<void> {
    if (this.#stopping || this.#asked || (this.#wanted && this.#failures === 0)) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Appends a raw reading to its stream, which forgets what is over an hour old. */
export async function addRaw(
  { redis, portfolio }: Pick<CollectorDeps, 'redis' | 'portfolio'>,
  stream: string,
  takenMs: number,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  const id = portfolio.simulatedClock ? `${takenMs}-*` : '*';
  const entry = Object.entries({ ...fields, taken_ms: String(takenMs) }).flat();
  await redis.xadd(portfolio.streamKey(stream), 'MINID', '~', Math.max(0, takenMs - RAW_KEPT_MS), id, ...entry);
}
