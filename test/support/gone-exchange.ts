import { pino } from 'pino';
import { Metrics, RUNTIME } from '../../runtime/engine/status/metrics.ts';
import { ExchangeError } from '../../runtime/market/exchange/errors.ts';
import type { ExchangePort } from '../../runtime/market/exchange/port.ts';
import { COLLECTOR_METRICS } from '../../runtime/market/feeds/metrics.ts';
import { PortfolioFeeds } from '../../runtime/market/feeds/portfolio-feeds.ts';
import type { Portfolio } from '../../runtime/settings/portfolio.ts';
import type { FeedName } from '../../schemas/feed.ts';
import { connectTo } from './system.ts';

const FIVE_MINUTES_MS = 300_000;

/** A collector whose exchange is gone and says to try again in five minutes, until it is back. */
export interface GoneExchange {
  /** How often it was asked. */
  readonly asked: () => number;
  /** From now on marks can be read. */
  back(): void;
  stop(): Promise<void>;
}

/** Starts to collect, on connections of its own: what another process does. */
export function collectFromGone(url: string, portfolio: Portfolio, feeds: readonly FeedName[]): GoneExchange {
  const redis = connectTo(url);
  let asked = 0;
  let isBack = false;
  const answer = async <T>(answered: T): Promise<T> => {
    asked += 1;
    if (isBack) return answered;
    throw new ExchangeError('unavailable', 'nobody is there', { retryAtMs: Date.now() + FIVE_MINUTES_MS });
  };
  const nothing = () => ({ close: () => undefined });
  const health = { name: 'gone', usedWeight: 0, weightLimit: 2400, userStream: 'off', klineStream: 'off' };
  const exchange = {
    ...{ name: 'gone', userEvents: nothing, klineEvents: nothing, health: () => health, close: async () => undefined },
    account: () => answer(undefined),
    marks: () => answer({ marks: [], problems: [] }),
    symbols: async () => ({ symbols: [], problems: [] }),
    candles: async () => ({ candles: [], problems: [] }),
  } as unknown as ExchangePort;
  const metrics = new Metrics([portfolio.prefix]);
  metrics.declare(RUNTIME, COLLECTOR_METRICS);
  const running = new PortfolioFeeds({
    ...{ redis, portfolio, feeds, metrics, pollMs: 1_000, fillResults: false, workerName: 'collector' },
    exchange: () => exchange,
    market: { interval: '1h', lookback: 168, clusterMs: undefined, named: ['BTCUSDT'], accountIsRead: true },
    log: pino({ level: 'silent' }),
  });
  running.start();
  const stop = async () => {
    await running.stop();
    redis.disconnect();
  };
  return { asked: () => asked, back: () => (isBack = true), stop };
}
