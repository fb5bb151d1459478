import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { LaneRef } from '../../engine/streams/lanes.ts';
import { everyStream } from '../../engine/streams/named.ts';
import { aheadInWords, isAhead, repairOf, streamPositions } from '../../engine/streams/positions.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** A stream that is ahead of Redis's clock. */
export interface AheadStream {
  readonly stream: string;
  readonly problem: string;
  readonly do: string;
}

/** The streams of a portfolio that are ahead of Redis's clock; of one with a simulated clock nothing can be said. */
export async function streamsAhead(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
  lanes: readonly LaneRef[],
): Promise<AheadStream[]> {
  if (portfolio.simulatedClock) return [];
  const positions = await streamPositions(redis, everyStream(handlers, lanes, portfolio));
  return positions
    .filter(isAhead)
    .map((position) => ({ stream: position.name, problem: aheadInWords(position), do: repairOf(position) }));
}
