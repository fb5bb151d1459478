import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler } from '../handlers/common/handler.ts';
import type { Metrics } from './metrics.ts';
import type { Portfolio } from './portfolio.ts';

/** What a lane (one handler on one portfolio) is doing. */
export type LaneState = 'starting' | 'running' | 'standby' | 'held' | 'draining' | 'stopped';

/** A lane as the operator sees it. */
export interface LaneStatus {
  readonly portfolio: string;
  readonly handler: string;
  readonly stream: string;
  readonly group: string;
  readonly state: LaneState;
  /** Why it is held, in words; empty otherwise. */
  readonly problem: string;
  /** Unix ms (this machine's clock) of its last loop turn. */
  readonly lastTurnMs: number;
  /** Milliseconds the last loop turn took, waiting for messages included. */
  readonly lastLoopMs: number;
  /** Whether the last loop turn failed. */
  readonly failed: boolean;
}

/** The running system, as HTTP and the CLI's `start` see it. */
export interface Runtime {
  readonly portfolios: readonly Portfolio[];
  readonly handlers: readonly AnyHandler[];
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly workerName: string;
  lanes(): readonly LaneStatus[];
  /** The connection for commands about a portfolio that this process serves. */
  redisOf(portfolio: Portfolio): Redis;
  /** Whether the connection of a portfolio is up; without one, whether those of all are. */
  redisUp(portfolio?: Portfolio): boolean;
  /** The mode a gate of a portfolio is in, as last read. */
  mode(portfolio: Portfolio, gate: string): string;
  /** Parsed settings of a handler. */
  settingsOf(handler: string): unknown;
  /** Stops reading, finishes what is in flight, releases the rest. Resolves when all is closed. */
  stop(): Promise<void>;
}
