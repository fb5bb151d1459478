import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { FeedAsked } from '../../../schemas/api/feed.ts';
import { type FeedName, feedHandlers } from '../../../schemas/feed.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { type Change, operate, Refusal, requireOwnKey } from '../../engine/commit/operation.ts';
import { ASK_KEPT_MS, ASKED } from '../../market/feeds/asked.ts';
import { readFeedStatus } from '../../market/feeds/status.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { luaScript } from '../../redis/lua.ts';
import { release } from '../../redis/release.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

const ASK = luaScript('portcullisAskFeed', new URL('./ask-feed.lua', import.meta.url));
/** A worker looks twice a second; one that has not taken an ask up by then runs without that feed, or hangs. */
const TAKEN_WITHIN_MS = 3_000;
const LOOK_MS = 50;

/**
 * Makes the worker that collects a feed ask the exchange at once, instead of when its wait is over; resolves once it has
 * taken that up. Throws a `Refusal` while the exchange takes no request, within five seconds of the last ask, and where no
 * running worker collects the feed.
 */
export async function askFeed(redis: Redis, portfolio: Portfolio, feed: FeedName, change: Change): Promise<FeedAsked> {
  const key = portfolio.key(runtimeKeys.feedAsk(feed));
  requireOwnKey(portfolio, key);
  await requireOpenExchange(redis, portfolio, feed);
  await operate(redis, portfolio, ASK, change, {
    keys: [portfolio.key(runtimeKeys.lease('feeds')), key],
    args: [feed, ASKED, String(ASK_KEPT_MS)],
  });
  const worker = await takenBy(redis, key);
  if (worker !== undefined) return { feed, worker };
  await release(redis, key, ASKED);
  throw new Refusal(
    `expected a process that collects the feed ${feed}, got none that took it up within ${TAKEN_WITHIN_MS / 1000} s: ` +
      `see that one runs with FEEDS and GATES that have it (${feedHandlers[feed]})`,
  );
}

/** A refused key stops what asks with a key alone. What the collector has not told of yet, the exchange's adapter holds to. */
async function requireOpenExchange(redis: Redis, portfolio: Portfolio, feed: FeedName): Promise<void> {
  const status = await readFeedStatus(redis, portfolio, feed);
  const { pausedUntilMs = 0, pauseReason = '' } = status ?? {};
  if (pausedUntilMs <= (await redisNowMs(redis)) || (pauseReason === 'auth' && feed !== 'account')) return;
  const until = new Date(pausedUntilMs).toISOString();
  throw new Refusal(`expected an exchange that takes requests, got ${pauseReason} until ${until}: it is asked then`);
}

async function takenBy(redis: Redis, key: string): Promise<string | undefined> {
  const untilMs = performance.now() + TAKEN_WITHIN_MS;
  while (performance.now() < untilMs) {
    const worker = (await redis.get(key)) ?? ASKED;
    if (worker !== ASKED) return worker;
    await wait(LOOK_MS);
  }
  return undefined;
}
