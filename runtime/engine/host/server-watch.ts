import type { Redis } from 'ioredis';
import type { Count } from '../../../handlers/contract/effects.ts';
import type { MetricSpec } from '../../../handlers/contract/handler.ts';
import type { Beat } from '../../redis/beat.ts';
import { evictionProblem, memoryPolicyOf } from '../../redis/eviction.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Metrics } from '../status/metrics.ts';
import type { EngineTimings } from '../status/timings.ts';
import type { LaneStatus } from '../status/types.ts';

const EVERY_MS = 1_000;

/** What this process knows of itself and of its server. */
export const PROCESS_METRICS: readonly MetricSpec[] = [
  {
    name: 'portcullis_redis_up',
    type: 'gauge',
    acrossPortfolios: 'min',
    kept: true,
    help: '1 while Redis answers this process, 0 while what the gauges of state say is not known',
  },
  {
    name: 'portcullis_redis_contact_age_seconds',
    type: 'gauge',
    acrossPortfolios: 'max',
    kept: true,
    help: 'Time since Redis last answered this process',
  },
  {
    name: 'portcullis_redis_evicts',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: '1 while the settings of Redis let it drop keys, and every lane is held for it',
  },
  {
    name: 'portcullis_loop_age_seconds',
    type: 'gauge',
    acrossPortfolios: 'max',
    kept: true,
    help: 'Time since the last loop turn of a lane; one without Redis does not count',
    labels: ['handler'],
  },
  {
    name: 'portcullis_lane_held',
    type: 'gauge',
    acrossPortfolios: 'max',
    kept: true,
    help: '1 while a lane is held by a problem',
    labels: ['handler'],
  },
];

/** What a `ServerWatch` works with. */
export interface ServerWatchDeps {
  readonly redis: Redis;
  /** What that connection's server says of itself (`INFO`, of a section); those that ask at once ask once. */
  readonly info: (section: 'memory') => Promise<string>;
  readonly beat: Beat;
  readonly portfolio: Portfolio;
  readonly metrics: Metrics;
  readonly lanes: () => readonly LaneStatus[];
  readonly timings: EngineTimings;
}

/** Looks once a second whether the server of a portfolio answers, and evicts nothing; the metrics say so at each exposition. */
export class ServerWatch {
  readonly #deps: ServerWatchDeps;
  readonly #awayAfterMs: number;
  #end: () => void = () => undefined;
  #answeredMs = performance.now();
  #askedMs: number | undefined;
  #problem = '';

  constructor(deps: ServerWatchDeps) {
    this.#deps = deps;
    this.#awayAfterMs = deps.timings.awayAfterMs;
  }

  /** Looks at once, which rejects where the server cannot be asked, and then once a second. */
  async start(): Promise<void> {
    await this.#look();
    const { metrics, portfolio, redis } = this.#deps;
    redis.on('ready', this.#again);
    metrics.tell({ portfolio: portfolio.prefix, counts: () => this.#counts(), known: () => this.answers() });
    this.#end = this.#deps.beat.every(EVERY_MS, () => this.#begin());
  }

  /** Looks no more. */
  stop(): void {
    this.#end();
    this.#deps.redis.off('ready', this.#again);
  }

  /** Why no lane may go on with this server, as of its last answer; empty where all may. */
  problem(): string {
    return this.#problem;
  }

  /** Whether the server is connected and answered lately. */
  answers(): boolean {
    return this.#deps.redis.status === 'ready' && this.#contactAgeMs() < this.#awayAfterMs;
  }

  #begin(): void {
    const { metrics, portfolio } = this.#deps;
    if (!this.answers()) void metrics.forget(portfolio.prefix);
    if (this.#askedMs !== undefined && performance.now() - this.#askedMs < this.#awayAfterMs) return;
    this.#again();
  }

  /** After a failover it may be another server, with settings of its own. */
  readonly #again = (): void => {
    void this.#look().catch(() => undefined);
  };

  async #look(): Promise<void> {
    const askedMs = performance.now();
    this.#askedMs = askedMs;
    try {
      this.#problem = evictionProblem(memoryPolicyOf(await this.#deps.info('memory')));
      this.#answeredMs = performance.now();
    } finally {
      if (this.#askedMs === askedMs) this.#askedMs = undefined;
    }
  }

  #contactAgeMs(): number {
    return performance.now() - this.#answeredMs;
  }

  #counts(): readonly Count[] {
    const nowMs = Date.now();
    const awayMs = this.answers() ? 0 : this.#contactAgeMs();
    return [
      { metric: 'portcullis_redis_up', set: this.answers() ? 1 : 0 },
      { metric: 'portcullis_redis_contact_age_seconds', set: this.#contactAgeMs() / 1000 },
      { metric: 'portcullis_redis_evicts', set: this.#problem === '' ? 0 : 1 },
      ...this.#deps.lanes().flatMap(({ handler, lastTurnMs, state }) => [
        {
          metric: 'portcullis_loop_age_seconds',
          labels: { handler },
          set: Math.max(awayMs, nowMs - lastTurnMs, 0) / 1000,
        },
        { metric: 'portcullis_lane_held', labels: { handler }, set: state === 'held' ? 1 : 0 },
      ]),
    ];
  }
}
