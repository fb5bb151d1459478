import type { Redis } from 'ioredis';
import { feedNames } from '../../../schemas/feed.ts';
import { keys } from '../../../schemas/keys.ts';
import { parseDifference } from '../../../schemas/portfolio-state.ts';
import { deafProblem, readDoubt, readFeedStatus } from '../../market/feeds/status.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** A feed as its collector last told of it. */
export interface FeedLine {
  readonly feed: string;
  readonly state: string;
  /** Seconds since it was last collected; null when it never was. */
  readonly age_sec: number | null;
  readonly source: string;
  readonly worker: string;
  readonly error: string;
}

/** A symbol of which another producer has another position than the exchange. */
export interface DifferenceLine {
  readonly symbol: string;
  readonly exchange_qty: number;
  readonly other_qty: number;
  readonly where: string;
  /** Unix seconds. */
  readonly since: number;
}

/** What there is to know of the feeds of a portfolio. */
export interface FeedsStatus {
  readonly collected: readonly FeedLine[];
  /** The reading of the account that is not believed, in words; empty when there is none. */
  readonly doubt: string;
  /** What is wrong with the stream of the account's events, in words; empty where nothing is. */
  readonly events: string;
  readonly differences: readonly DifferenceLine[];
}

/** Gathers what collectors told in the last day, and what was found about the account. `at` is Unix seconds. */
export async function feedsStatus(redis: Redis, portfolio: Portfolio, at: number): Promise<FeedsStatus> {
  const all = await Promise.all(feedNames.map((feed) => readFeedStatus(redis, portfolio, feed)));
  const collected = all.flatMap((status) => {
    if (status === undefined) return [];
    const { feed, state, source, worker, error, lastSuccessMs } = status;
    const ageSec = lastSuccessMs === undefined ? null : Math.max(0, at - Math.floor(lastSuccessMs / 1000));
    return { feed, state, age_sec: ageSec, source, worker, error };
  });
  return {
    collected,
    doubt: (await readDoubt(redis, portfolio)) ?? '',
    events: all.map((status) => deafProblem(status, at * 1000)).find((problem) => problem !== undefined) ?? '',
    differences: await differencesOf(redis, portfolio),
  };
}

async function differencesOf(redis: Redis, portfolio: Portfolio): Promise<DifferenceLine[]> {
  const key = portfolio.key(keys.feedDifferences);
  if ((await redis.type(key)) !== 'hash') return [];
  return Object.entries(await redis.hgetall(key)).flatMap(([symbol, text]) => {
    const found = parseDifference(text);
    if (found?.told !== true) return [];
    const { exchangeQty, otherQty, where, sinceMs } = found;
    return { symbol, exchange_qty: exchangeQty, other_qty: otherQty, where, since: Math.floor(sinceMs / 1000) };
  });
}
