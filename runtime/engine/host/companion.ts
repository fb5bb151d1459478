import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler, MetricSpec } from '../../../handlers/contract/handler.ts';
import type { Looks } from '../../redis/looks.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Leases } from '../lane/lease.ts';
import type { Metrics } from '../status/metrics.ts';
import type { LaneStatus } from '../status/types.ts';
import type { LaneRef } from '../streams/lanes.ts';

/** What a companion works with on one portfolio. */
export interface CompanionHost {
  readonly redis: Redis;
  /** What looks at keys of it again and again, together with others. */
  readonly looks: Looks;
  readonly portfolio: Portfolio;
  /** Every handler there is. */
  readonly handlers: readonly AnyHandler[];
  /** The lanes that run here, as an operator sees them, and what each is doing. */
  readonly lanes: readonly LaneRef[];
  readonly statuses: () => readonly LaneStatus[];
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly leases: Leases;
}

/** Something that runs beside the lanes and is no part of the engine: whoever starts the runtime names it. */
export interface Companion {
  /** Its metric families, declared with those of the runtime. */
  readonly metrics: readonly MetricSpec[];
  /** Starts it on a portfolio; what it gives ends it. A companion without it only has metrics. */
  readonly start?: (host: CompanionHost) => { stop(): Promise<void> };
  /** Whether it leaves the scratch portfolio of a proof alone: nobody is to hear of that, and nothing of it is to be kept. */
  readonly leavesProofs?: boolean;
}
