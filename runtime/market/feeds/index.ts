import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { CandleInterval } from '../../../schemas/candle.ts';
import { type FeedName, feedHandlers } from '../../../schemas/feed.ts';
import type { Runtime } from '../../engine/status/types.ts';
import { collectsAccount, type FeedSettings } from '../../settings/feed-settings.ts';
import type { LoadedSettings } from '../../settings/load.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { binanceExchange } from '../exchange/binance/index.ts';
import type { ExchangePort } from '../exchange/port.ts';
import { type FeedProblem, PortfolioFeeds } from './portfolio-feeds.ts';

/** The feeds of a running process, until they are stopped. */
export interface Feeds {
  /** The feeds that are not fresh, and why. */
  problems(): readonly FeedProblem[];
  /** Resolves once nothing is collected any more, within two seconds or so. */
  stop(): Promise<void>;
}

/** Starts the collectors of every portfolio for the feeds whose handlers this process runs; none where no feed is configured. */
export function startFeeds(runtime: Runtime, settings: LoadedSettings): Feeds {
  const all = runtime.portfolios.flatMap((portfolio) => {
    const feeds = feedsOf(portfolio, runtime.handlers, settings.feeds);
    if (feeds.length === 0) return [];
    return new PortfolioFeeds({
      redis: runtime.redisOf(portfolio),
      portfolio,
      feeds,
      exchange: () => exchangeOf(portfolio, settings.feeds),
      market: {
        ...marketOf(settings),
        named: settings.feeds.symbols,
        accountIsRead: collectsAccount(settings.feeds, portfolio.prefix),
        clusterMs: settings.feeds.clusterMs,
      },
      pollMs: settings.feeds.pollMs,
      // The stream of results is another's, where this runs beside it.
      fillResults: settings.feeds.fillResults && portfolio.prefix === portfolio.outputPrefix,
      metrics: runtime.metrics,
      log: runtime.log,
      workerName: runtime.workerName,
    });
  });
  for (const feeds of all) feeds.start();
  return {
    problems: () => all.flatMap((feeds) => feeds.problems()),
    stop: async () => {
      await Promise.all(all.map((feeds) => feeds.stop()));
    },
  };
}

/** The feeds of a portfolio: an account is read only where there are keys to it. */
function feedsOf({ prefix }: Portfolio, handlers: readonly AnyHandler[], settings: FeedSettings): readonly FeedName[] {
  const runs = (feed: FeedName) => handlers.some(({ name }) => name === feedHandlers[feed]);
  return settings.feeds.filter((feed) => runs(feed) && (feed !== 'account' || collectsAccount(settings, prefix)));
}

function exchangeOf({ prefix }: Portfolio, { environment, baseUrl, wsUrl, accounts }: FeedSettings): ExchangePort {
  return binanceExchange({ environment, baseUrl, wsUrl, ...accounts.get(prefix) });
}

function marketOf(settings: LoadedSettings): { readonly interval: CandleInterval; readonly lookback: number } {
  const own = settings.handlers.get(feedHandlers.market) as
    | { readonly MARKET_INTERVAL: CandleInterval; readonly MARKET_LOOKBACK: number }
    | undefined;
  return { interval: own?.MARKET_INTERVAL ?? '1h', lookback: own?.MARKET_LOOKBACK ?? 168 };
}
