import type { MetricSpec } from '../../../handlers/contract/handler.ts';

const EXCHANGE = { type: 'gauge', labels: ['feed'] } as const;

/** The families of the collectors, beside those of the feeds' handlers (docs/http.md). */
export const COLLECTOR_METRICS: readonly MetricSpec[] = [
  {
    name: 'portcullis_feed_up',
    type: 'gauge',
    acrossPortfolios: 'min',
    help: '1 while a feed is fresh, 0 while it is stale',
    labels: ['feed'],
  },
  {
    name: 'portcullis_feed_events_up',
    type: 'gauge',
    acrossPortfolios: 'min',
    help: "1 while the stream of the account's events is open, 0 while it is not; absent while the feed is stale",
    labels: ['feed'],
  },
  {
    name: 'portcullis_feed_age_seconds',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: 'Time since a feed was last collected',
    labels: ['feed'],
  },
  {
    name: 'portcullis_feed_failures_total',
    type: 'counter',
    help: 'Turns of a collector that failed, by kind: auth, banned, rate_limited, unavailable, answer, rejected, closed, other',
    labels: ['feed', 'kind'],
  },
  { name: 'portcullis_exchange_used_weight', help: 'Request weight used in the current minute', ...EXCHANGE },
  { name: 'portcullis_exchange_weight_limit', help: 'Request weight allowed in a minute', ...EXCHANGE },
  { name: 'portcullis_exchange_paused_seconds', help: 'Time until the exchange is asked again', ...EXCHANGE },
  { name: 'portcullis_exchange_clock_offset_ms', help: "The exchange's clock less the collector's", ...EXCHANGE },
];
