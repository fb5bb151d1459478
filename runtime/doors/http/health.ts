import { type LaneProblem, problemOf, problemOfStream } from '../../engine/status/liveness.ts';
import type { LaneStatus, StreamProblem } from '../../engine/status/types.ts';
import type { FeedProblem } from '../../market/feeds/portfolio-feeds.ts';

/** The answer of `/readyz`: whether this process can do its work. */
export interface Readiness {
  readonly status: 'ready' | 'not_ready';
  readonly redis: 'connected' | 'disconnected';
  readonly problems: readonly LaneProblem[];
  /** Feeds that are not fresh. They decide nothing here: the gates judge on what they have, and another process would too. */
  readonly feeds: readonly FeedProblem[];
}

/** What readiness is judged on. */
interface ReadinessFacts {
  readonly redisUp: boolean;
  readonly lanes: readonly LaneStatus[];
  readonly streams?: readonly StreamProblem[];
}

/** Judges readiness: not while Redis is down, nor while a stream is ahead of its clock, nor while a lane is held, draining or stopped. */
export function readiness(
  { redisUp, lanes, streams = [] }: ReadinessFacts,
  feeds: readonly FeedProblem[] = [],
): Readiness {
  const redis = redisUp ? 'connected' : 'disconnected';
  const problems = [...lanes.flatMap(laneProblem), ...streams.map(problemOfStream)];
  const ready = redisUp && problems.length === 0;
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
