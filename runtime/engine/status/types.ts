import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { FactsOf, Read } from '../../../handlers/contract/reads.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Metrics } from './metrics.ts';

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

/** A stream that is not as it must be, and the command that mends it. */
export interface StreamProblem {
  readonly portfolio: string;
  readonly stream: string;
  readonly problem: string;
}

/** What a handler would judge by at this moment. */
export interface Looked<F> {
  readonly facts: F;
  /** Its settings in force, policy included. */
  readonly settings: unknown;
  /** The mode of its gate in force. */
  readonly mode: string;
  /** Unix ms by the clock of the portfolio. */
  readonly nowMs: number;
}

/** The running system, as HTTP and the CLI's `start` see it. */
export interface Runtime {
  readonly portfolios: readonly Portfolio[];
  readonly handlers: readonly AnyHandler[];
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly workerName: string;
  lanes(): readonly LaneStatus[];
  /** Streams that are ahead of Redis's clock, as last looked at. */
  streamProblems(): readonly StreamProblem[];
  /** The connection for commands about a portfolio that this process serves. */
  redisOf(portfolio: Portfolio): Redis;
  /** Whether the connection of a portfolio is up; without one, whether those of all are. */
  redisUp(portfolio?: Portfolio): boolean;
  /** The mode a gate of a portfolio is in, as last read. */
  mode(portfolio: Portfolio, gate: string): string;
  /** Parsed settings of a handler. */
  settingsOf(handler: string): unknown;
  /** Reads facts of a portfolio as a handler reads them, from the views this process keeps anyway; the handler itself need not run here. */
  look<R extends Readonly<Record<string, Read<unknown>>>>(
    portfolio: Portfolio,
    handler: AnyHandler,
    reads: R,
  ): Promise<Looked<FactsOf<R>>>;
  /** Stops reading, finishes what is in flight, releases the rest. Resolves when all is closed. */
  stop(): Promise<void>;
}
