import type { Redis } from 'ioredis';
import type { DeadLetter, DeadLetterCounts, DeadLetterPage } from '../../../schemas/api/dead-letter.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { type LaneRef, type StreamRef, streamsOf } from '../../engine/streams/lanes.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { listDeadLetters } from './dead-letters.ts';

/** How many dead letters each stream has, and which gates read it. */
export async function deadLetterCounts(
  redis: Redis,
  portfolio: Portfolio,
  lanes: readonly LaneRef[],
): Promise<DeadLetterCounts> {
  const streams = streamsOf(lanes, portfolio);
  const counted = streams.map(async (stream) => {
    const readers = lanes.filter((lane) => lane.stream.key === stream.key);
    const gates = [...new Set(readers.map(({ gate }) => gate))];
    const key = stream.deadLetters;
    if ((await redis.type(key)) !== 'stream') return { stream: stream.name, gates, count: 0, newest: null };
    const [count, newest] = await Promise.all([redis.xlen(key), redis.xrevrange(key, '+', '-', 'COUNT', 1)]);
    return { stream: stream.name, gates, count, newest: newest[0]?.[0] ?? null };
  });
  return { streams: await Promise.all(counted) };
}

/** The dead letters of a stream, newest first. */
export async function deadLetterPage(
  redis: Redis,
  stream: StreamRef,
  { limit, before }: { readonly limit: number; readonly before: string | undefined },
): Promise<DeadLetterPage> {
  if ((await redis.type(stream.deadLetters)) !== 'stream') return { stream: stream.name, entries: [], next: null };
  const found = await listDeadLetters(redis, stream, limit + 1, before);
  const entries = found.slice(0, limit).map(({ sourceId, at, ...letter }): DeadLetter => {
    return { ...letter, source_id: sourceId, at: parseNumber(at) ?? null };
  });
  return { stream: stream.name, entries, next: found.length > limit ? (entries.at(-1)?.id ?? null) : null };
}
