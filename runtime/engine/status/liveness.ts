import type { LaneStatus, Runtime, StreamProblem } from './types.ts';

/** A running lane that has not turned for this long is taken for dead. */
const STUCK_AFTER_MS = 30_000;

/** A lane, and what keeps it from its work. */
export interface LaneProblem {
  readonly lane: string;
  readonly state: string;
  readonly problem: string;
}

/** Whether this process should go on living: the answer of `/healthz`, and what a supervisor's watchdog is told. */
export interface Liveness {
  readonly status: 'alive' | 'stuck';
  readonly redis: 'connected' | 'disconnected';
  readonly problems: readonly LaneProblem[];
}

/** What liveness is judged on. Times are Unix ms by this machine's clock. */
export interface LivenessFacts {
  readonly redisUp: boolean;
  /** Since when this process is watched and Redis is up: no lane can turn before. */
  readonly redisUpSinceMs: number;
  readonly lanes: readonly LaneStatus[];
  readonly nowMs: number;
}

/** Judges liveness by the age of each running lane's last turn; Redis being down is not death. */
export function liveness({ redisUp, redisUpSinceMs, lanes, nowMs }: LivenessFacts): Liveness {
  if (!redisUp) return { status: 'alive', redis: 'disconnected', problems: [] };
  const stuck = lanes.filter(
    ({ state, lastTurnMs }) => state === 'running' && nowMs - Math.max(lastTurnMs, redisUpSinceMs) > STUCK_AFTER_MS,
  );
  const problems = stuck.map((lane) =>
    problemOf(lane, `no turn for ${Math.floor((nowMs - lane.lastTurnMs) / 1000)} s`),
  );
  return { status: problems.length === 0 ? 'alive' : 'stuck', redis: 'connected', problems };
}

/** A problem with the name of its lane. */
export function problemOf(lane: LaneStatus, problem: string): LaneProblem {
  return { lane: `${lane.portfolio}/${lane.handler}`, state: lane.state, problem };
}

/** The problem of a stream as one of the lanes that need it. */
export function problemOfStream({ portfolio, stream, problem }: StreamProblem): LaneProblem {
  return { lane: `${portfolio}/${stream}`, state: 'ahead', problem };
}

/** Liveness, to be asked at any time until `stop`. */
export interface LivenessWatch {
  now(): Liveness;
  stop(): void;
}

/** Follows since when Redis is up, for as long as liveness may be asked. */
export function watchLiveness(runtime: Runtime): LivenessWatch {
  let redisUpSinceMs = Date.now();
  const noteReady = () => {
    redisUpSinceMs = Date.now();
  };
  const connections = runtime.portfolios.map((portfolio) => runtime.redisOf(portfolio));
  for (const connection of connections) connection.on('ready', noteReady);
  return {
    now: () => liveness({ redisUp: runtime.redisUp(), redisUpSinceMs, lanes: runtime.lanes(), nowMs: Date.now() }),
    stop: () => {
      for (const connection of connections) connection.off('ready', noteReady);
    },
  };
}
