import type { Redis } from 'ioredis';
import type { FeedName } from '../../../schemas/feed.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** What an ask holds until a worker takes it up; then the name of that worker. */
export const ASKED = '';
/** How long an ask is kept, ms: so far apart are two of a feed at least. */
export const ASK_KEPT_MS = 5_000;

/** Takes up what operators ask of these feeds. An ask that ends meanwhile is left alone. */
export async function takeAsks(
  redis: Redis,
  portfolio: Portfolio,
  feeds: readonly FeedName[],
  workerName: string,
): Promise<readonly FeedName[]> {
  const keyOf = (feed: FeedName) => portfolio.key(runtimeKeys.feedAsk(feed));
  const asks = await redis.mget(feeds.map(keyOf));
  const asked = feeds.filter((_, at) => asks[at] === ASKED);
  await Promise.all(asked.map((feed) => redis.set(keyOf(feed), workerName, 'KEEPTTL', 'XX')));
  return asked;
}
