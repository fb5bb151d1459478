import type { FeedProblem } from '../feeds/portfolio-feeds.ts';
import type { LaneStatus } from '../types.ts';

/** A running lane that has not turned for this long is taken for dead. */
const STUCK_AFTER_MS = 30_000;

/** A lane named in an answer of a health route. */
export interface LaneProblem {
  readonly lane: string;
  readonly state: string;
  readonly problem: string;
}

/** The answer of `/healthz`: whether this process should go on living. */
export interface Liveness {
  readonly status: 'alive' | 'stuck';
  readonly redis: 'connected' | 'disconnected';
  readonly problems: readonly LaneProblem[];
}

/** The answer of `/readyz`: whether this process does its work. */
export interface Readiness {
  readonly status: 'ready' | 'not_ready';
  readonly redis: 'connected' | 'disconnected';
  readonly problems: readonly LaneProblem[];
  /** Feeds that are not fresh: the gates judge on what they have, as the contract says of stale inputs. */
  readonly feeds: readonly FeedProblem[];
}

/** What health is judged on. Times are Unix ms by this machine's clock. */
export interface HealthFacts {
  readonly redisUp: boolean;
  /** Since when this process is served and Redis is up: no lane can turn before. */
  readonly redisUpSinceMs: number;
  readonly lanes: readonly LaneStatus[];
  readonly nowMs: number;
}

/** Judges liveness by the age of each running lane's last turn; Redis being down is not death. */
export function liveness({ redisUp, redisUpSinceMs, lanes, nowMs }: HealthFacts): Liveness {
  if (!redisUp) return { status: 'alive', redis: 'disconnected', problems: [] };
  const stuck = lanes.filter(
    ({ state, lastTurnMs }) => state === 'running' && nowMs - Math.max(lastTurnMs, redisUpSinceMs) > STUCK_AFTER_MS,
  );
  const problems = stuck.map((lane) =>
    problemOf(lane, `no turn for ${Math.floor((nowMs - lane.lastTurnMs) / 1000)} s`),
  );
  return { status: problems.length === 0 ? 'alive' : 'stuck', redis: 'connected', problems };
}

/** Judges readiness: not while Redis is down, nor while a lane is held, draining or stopped, or a feed is stale. */
export function readiness(
  { redisUp, lanes }: Pick<HealthFacts, 'redisUp' | 'lanes'>,
  feeds: readonly FeedProblem[] = [],
): Readiness {
  const redis = redisUp ? 'connected' : 'disconnected';
  const problems = lanes.flatMap(laneProblem);
  const ready = redisUp && problems.length === 0 && feeds.length === 0;
  return { status: ready ? 'ready' : 'not_ready', redis, problems, feeds };
}

/** What keeps a lane from its work: at most one problem. */
export function laneProblem(lane: LaneStatus): readonly LaneProblem[] {
  switch (lane.state) {
    case 'held':
      return [problemOf(lane, lane.problem)];
    case 'draining':
    case 'stopped':
      return [problemOf(lane, 'this process is shutting down')];
    case 'starting':
    case 'running':
    case 'standby':
      return [];
  }
}

function problemOf(lane: LaneStatus, problem: string): LaneProblem {
  return { lane: `${lane.portfolio}/${lane.handler}`, state: lane.state, problem };
}
