import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { LaneRef } from '../../engine/streams/lanes.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { streamsAhead } from '../streams/ahead.ts';
import { broken, type Finding, ok } from './findings.ts';

/** Whether any stream is ahead of Redis's clock. */
export async function streamFindings(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
  lanes: readonly LaneRef[],
): Promise<Finding[]> {
  const ahead = await streamsAhead(redis, portfolio, handlers, lanes);
  if (ahead.length === 0) return [ok('stream ids', 'none is ahead of the clock')];
  return ahead.map(({ stream, problem, do: todo }) => broken(`stream ${stream}`, problem, todo));
}
