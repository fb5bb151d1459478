import type { Redis } from 'ioredis';
import type { Portfolio } from '../portfolio.ts';
import { broken, type Finding, ok } from './findings.ts';
import type { LaneRef } from './lanes.ts';
import { streamsAhead } from './streams/ahead.ts';

/** Whether any stream is ahead of Redis's clock. */
export async function streamFindings(
  redis: Redis,
  portfolio: Portfolio,
  lanes: readonly LaneRef[],
): Promise<Finding[]> {
  const ahead = await streamsAhead(redis, portfolio, lanes);
  if (ahead.length === 0) return [ok('stream ids', 'none is ahead of the clock')];
  return ahead.map(({ stream, problem, do: todo }) => broken(`stream ${stream}`, problem, todo));
}
