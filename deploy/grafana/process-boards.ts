import type { Board } from './boards.ts';
import { deadLetters, lag, redisUp } from './shared-panels.ts';

/** What is known of the account and the market. */
export const feeds: Board = {
  name: 'feeds',
  title: 'Portcullis: feeds',
  panels: [
    {
      title: 'Feeds',
      about: 'Whether each is fresh enough to be used.',
      unit: 'none',
      queries: [{ expr: 'min by (feed) (portcullis_feed_up{portfolio=~"$portfolio"})', legend: '{{feed}}' }],
      words: { '0': { text: 'STALE', color: 'red' }, '1': { text: 'fresh', color: 'green' } },
    },
    {
      title: 'Age',
      about: 'Time since each was last collected.',
      unit: 's',
      queries: [{ expr: 'max by (feed) (portcullis_feed_age_seconds{portfolio=~"$portfolio"})', legend: '{{feed}}' }],
      limits: [15, 30],
    },
    {
      title: 'Equity',
      about: 'US dollars as last believed, and the highest so far.',
      unit: 'currencyUSD',
      queries: [
        { expr: 'max by (portfolio) (feed_equity_usd{portfolio=~"$portfolio"})', legend: 'equity {{portfolio}}' },
        {
          expr: 'max by (portfolio) (feed_high_water_mark_usd{portfolio=~"$portfolio"})',
          legend: 'high-water mark {{portfolio}}',
        },
      ],
    },
    {
      title: 'Drawdown',
      about: 'Percent below the high-water mark.',
      unit: 'percent',
      queries: [
        { expr: 'max by (portfolio) (feed_drawdown_pct{portfolio=~"$portfolio"})', legend: 'drawdown {{portfolio}}' },
      ],
    },
    {
      title: 'Hourly volatility',
      about: 'Sigma by symbol.',
      unit: 'percentunit',
      queries: [{ expr: 'max by (symbol) (feed_sigma{portfolio=~"$portfolio"})', legend: '{{symbol}}' }],
    },
    {
      title: 'Failed turns of the collectors',
      about: 'A minute, by feed and kind.',
      unit: 'none',
      queries: [
        {
          expr: 'sum by (feed, kind) (rate(portcullis_feed_failures_total{portfolio=~"$portfolio"}[5m])) * 60',
          legend: '{{feed}} {{kind}}',
        },
      ],
    },
    {
      title: 'Request weight',
      about: 'Used in the current minute, of what the exchange allows.',
      unit: 'none',
      queries: [
        { expr: 'max by (feed) (portcullis_exchange_used_weight{portfolio=~"$portfolio"})', legend: 'used {{feed}}' },
        {
          expr: 'max by (feed) (portcullis_exchange_weight_limit{portfolio=~"$portfolio"})',
          legend: 'allowed {{feed}}',
        },
      ],
    },
  ],
};

/** The process: lanes, commits, schedules. */
export const runtime: Board = {
  name: 'runtime',
  title: 'Portcullis: runtime',
  panels: [
    redisUp,
    lag,
    deadLetters,
    {
      title: 'Messages',
      about: 'A second, by what became of them.',
      unit: 'none',
      queries: [
        {
          expr: 'sum by (result) (rate(portcullis_messages_total{portfolio=~"$portfolio"}[5m]))',
          legend: '{{result}}',
        },
      ],
    },
    {
      title: 'Asks over HTTP',
      about: 'A second, by what they were answered. Timed out: no verdict by the deadline. Unknown: Redis went away.',
      unit: 'none',
      queries: [
        {
          expr: 'sum by (outcome) (rate(portcullis_asks_total{portfolio=~"$portfolio"}[5m]))',
          legend: '{{outcome}}',
        },
      ],
    },
    {
      title: 'Judged again, share',
      about: 'Commits that met another state than they were judged on. Over half for ten minutes is an alert.',
      unit: 'percentunit',
      queries: [{ expr: 'portcullis:commit_conflict:ratio_rate5m{portfolio=~"$portfolio"}', legend: '{{handler}}' }],
      limits: [0.2, 0.5],
    },
    {
      title: 'What runs',
      about: 'Processes by version, commit and Node. Two versions for half an hour are an alert.',
      unit: 'none',
      queries: [
        {
          expr: 'count by (version, commit, node) (portcullis_build_info)',
          legend: '{{version}} {{commit}} Node {{node}}',
        },
      ],
    },
    {
      title: 'Age of the last loop turn',
      about: 'Over 30 s the process is taken for dead. Without Redis it grows.',
      unit: 's',
      queries: [
        { expr: 'max by (handler) (portcullis_loop_age_seconds{portfolio=~"$portfolio"})', legend: '{{handler}}' },
      ],
      limits: [10, 30],
    },
    {
      title: 'Given out and not finished',
      about: 'Pending messages by handler.',
      unit: 'none',
      queries: [{ expr: 'max by (handler) (portcullis_pending{portfolio=~"$portfolio"})', legend: '{{handler}}' }],
    },
    {
      title: 'Held lanes',
      about: '1 while a problem holds a handler; /readyz names it.',
      unit: 'none',
      queries: [{ expr: 'max by (handler) (portcullis_lane_held{portfolio=~"$portfolio"})', legend: '{{handler}}' }],
    },
    {
      title: 'Missed ticks',
      about: 'Ticks of schedules that did not come, in ten minutes.',
      unit: 'none',
      queries: [
        {
          expr: 'sum by (handler) (increase(portcullis_ticks_missed_total{portfolio=~"$portfolio"}[10m]))',
          legend: '{{handler}}',
        },
      ],
    },
  ],
};
