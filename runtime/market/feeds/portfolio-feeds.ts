import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Count } from '../../../handlers/contract/effects.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import type { FeedName } from '../../../schemas/feed.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { Continuity } from '../../engine/lane/continuity.ts';
import { type Lease, Leases } from '../../engine/lane/lease.ts';
import { LeaseRounds } from '../../engine/lane/lease-rounds.ts';
import type { Metrics } from '../../engine/status/metrics.ts';
import { redisNowMs } from '../../redis/clock.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { ExchangePort } from '../exchange/port.ts';
import { AccountCollector } from './account-collector.ts';
import { takeAsks } from './asked.ts';
import { MarketCollector, type MarketOptions } from './market-collector.ts';
import { deafProblem, type FeedStatus, feedProblem, hearsEvents, readDoubt, readFeedStatus } from './status.ts';
import type { CollectorDeps } from './turns.ts';

const LOOK_MS = 250;
/** How often it is looked whether an operator asks. */
const ASKED_EVERY_MS = 500;
const STATUS_EVERY_MS = 2_000;
const STOP_WITHIN_MS = 2_000;

/** What the feeds of one portfolio work with. */
export interface PortfolioFeedsOptions {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly feeds: readonly FeedName[];
  /** Makes the connection to the exchange; called each time this worker begins to collect. */
  readonly exchange: () => ExchangePort;
  readonly market: MarketOptions;
  readonly pollMs: number;
  readonly fillResults: boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly workerName: string;
}

/** A feed that is not fresh, and why. */
export interface FeedProblem {
  readonly portfolio: string;
  readonly feed: FeedName;
  readonly problem: string;
}

/** Collects for one portfolio while this worker has the lease, and watches how fresh the feeds are while it has not. */
export class PortfolioFeeds {
  readonly #options: PortfolioFeedsOptions;
  readonly #lease: Lease;
  #exchange: ExchangePort | undefined;
  #collectors: readonly (AccountCollector | MarketCollector)[] = [];
  #timers: readonly NodeJS.Timeout[] = [];
  #changing: Promise<void> = Promise.resolve();
  #problems: readonly FeedProblem[];
  #stopping = false;

  constructor(options: PortfolioFeedsOptions) {
    this.#options = options;
    const { redis, portfolio, workerName, feeds, log } = options;
    const continuity = new Continuity(redis, portfolio, log);
    this.#lease = new Leases(new LeaseRounds(redis), workerName, continuity).of(
      portfolio.key(runtimeKeys.lease('feeds')),
    );
    this.#problems = feeds.map((feed) => this.#problem(feed, 'nothing was collected yet'));
  }

  /** Starts to try for the lease, and to collect once it is there; returns at once. */
  start(): void {
    void this.#lease.start();
    this.#look();
    this.#timers = [
      setInterval(() => this.#look(), LOOK_MS),
      setInterval(() => void this.#takeAsks().catch(() => undefined), ASKED_EVERY_MS),
      setInterval(() => void this.#watch().catch(() => undefined), STATUS_EVERY_MS),
    ];
  }

  /** The feeds that are not fresh, as of two seconds ago at the most. */
  problems(): readonly FeedProblem[] {
    return this.#problems;
  }

  /** Ends collecting and lets another worker in; within two seconds, also without Redis or exchange. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    const stopped = this.#changing.then(() => this.#end()).then(() => this.#lease.release());
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_WITHIN_MS);
    });
    await Promise.race([stopped.catch(() => undefined), deadline]);
    clearTimeout(timer);
  }

  #look(): void {
    const collecting = this.#exchange !== undefined;
    if (this.#stopping || this.#lease.held === collecting) return;
    this.#changing = this.#changing.then(() => (this.#lease.held ? this.#begin() : this.#end()));
  }

  #begin(): void {
    if (this.#exchange !== undefined || this.#stopping) return;
    const { feeds, market, log, portfolio } = this.#options;
    const exchange = this.#options.exchange();
    this.#exchange = exchange;
    const deps: CollectorDeps = { ...this.#options, exchange, isHolder: () => this.#lease.held };
    const { clusterMs, ...rest } = market;
    const withClusters = { ...rest, clusterMs: feeds.includes('cluster') ? clusterMs : undefined };
    const markets = feeds.includes('market') ? new MarketCollector(deps, withClusters) : undefined;
    const account = feeds.includes('account') ? new AccountCollector(deps, markets) : undefined;
    this.#collectors = [account, markets].filter((collector) => collector !== undefined);
    log.info(`feeds of ${portfolio.prefix}: this worker collects ${feeds.join(', ')} from ${exchange.name}`);
    for (const collector of this.#collectors) collector.start();
  }

  /** The exchange first: what waits for it would keep a collector from its end. */
  async #end(): Promise<void> {
    const exchange = this.#exchange;
    const collectors = this.#collectors;
    this.#exchange = undefined;
    this.#collectors = [];
    const stopped = collectors.map((collector) => collector.stop());
    await exchange?.close();
    await Promise.all(stopped);
  }

  async #takeAsks(): Promise<void> {
    const { redis, portfolio, feeds, workerName, log } = this.#options;
    if (redis.status !== 'ready' || this.#collectors.length === 0) return;
    for (const feed of await takeAsks(redis, portfolio, feeds, workerName)) {
      log.info(`${feed} feed: an operator asks: collecting at once`);
      for (const collector of this.#collectors) collector.ask(feed);
    }
  }

  async #watch(): Promise<void> {
    const { redis, portfolio, feeds, metrics } = this.#options;
    if (redis.status !== 'ready') return;
    const nowMs = await redisNowMs(redis);
    const problems: FeedProblem[] = [];
    for (const feed of feeds) {
      const status = await readFeedStatus(redis, portfolio, feed);
      const problem = feedProblem(status, nowMs, staleAfterMs(feed, this.#options));
      if (problem !== undefined) problems.push(this.#problem(feed, problem));
      else if (feed === 'account') problems.push(...this.#deaf(status, nowMs), ...(await this.#doubt()));
      metrics.apply(gaugesOf(feed, status, problem === undefined, nowMs), portfolio.prefix);
    }
    this.#problems = problems;
  }

  #deaf(status: FeedStatus | undefined, nowMs: number): readonly FeedProblem[] {
    const problem = deafProblem(status, nowMs);
    return problem === undefined ? [] : [this.#problem('account', problem)];
  }

  async #doubt(): Promise<readonly FeedProblem[]> {
    const doubt = await readDoubt(this.#options.redis, this.#options.portfolio);
    return doubt === undefined ? [] : [this.#problem('account', doubt)];
  }

  #problem(feed: FeedName, problem: string): FeedProblem {
    return { portfolio: this.#options.portfolio.prefix, feed, problem };
  }
}

/** How old the last success of a feed may be, ms, before it is called stale. */
export function staleAfterMs(
  feed: FeedName,
  every: { readonly pollMs: number; readonly market: { readonly clusterMs: number | undefined } },
): number {
  switch (feed) {
    case 'account':
      return Math.max(15_000, 3 * every.pollMs);
    case 'market':
      return MINUTE_MS;
    case 'cluster':
      return Math.max(MINUTE_MS, 3 * (every.market.clusterMs ?? 0));
  }
}

function gaugesOf(feed: FeedName, status: FeedStatus | undefined, isUp: boolean, nowMs: number): Count[] {
  const labels = { feed };
  const gauge = (metric: string, set: number | undefined): Count[] =>
    set === undefined ? [] : [{ metric, labels, set }];
  const successMs = status?.lastSuccessMs;
  const heard = hearsEvents(status) ? 1 : 0;
  return [
    { metric: 'portcullis_feed_up', labels, set: isUp ? 1 : 0 },
    ...(feed === 'account'
      ? [{ metric: 'portcullis_feed_events_up', labels, set: isUp ? heard : 'unknown' } as const]
      : []),
    ...gauge(
      'portcullis_feed_age_seconds',
      successMs === undefined ? undefined : Math.max(0, nowMs - successMs) / 1000,
    ),
    ...gauge('portcullis_exchange_used_weight', status?.usedWeight),
    ...gauge('portcullis_exchange_weight_limit', status?.weightLimit),
    ...gauge('portcullis_exchange_paused_seconds', Math.max(0, (status?.pausedUntilMs ?? 0) - nowMs) / 1000),
    ...gauge('portcullis_exchange_clock_offset_ms', status?.clockOffsetMs),
  ];
}
