import { type DescribedStream, plan } from './described.ts';

const internal = { direction: 'both', writers: 'Portcullis', readers: '', internal: true } as const;
/** Streams between parts of Portcullis. */
export const internals: readonly DescribedStream[] = [
  {
    ...internal,
    name: 'feed.account',
    summary: 'Readings of an exchange account',
    fields: { source: 'The exchange', taken_ms: 'Unix ms', reading: 'JSON object', 'told?': 'JSON object' },
    more: true,
  },
  {
    ...internal,
    name: 'feed.market',
    summary: 'Readings of a symbol’s market',
    fields: {
      symbol: plan.symbol,
      interval: 'Length of a candle',
      'mark_price?': 'US dollars',
      'mark_ms?': 'Unix ms of the mark, by the exchange',
      'read_ms?': 'Unix ms of the reading, by the exchange',
      'taken_ms?': 'Unix ms',
      'trading?': 'A boolean',
    },
    more: true,
  },
  {
    ...internal,
    name: 'feed.cluster',
    summary: 'Requests to group symbols by their candles',
    fields: { 'symbols?': 'With blanks between them', interval: 'Length of a candle' },
    more: true,
  },
  {
    ...internal,
    name: 'tick.{handler}',
    summary: 'Triggers of a scheduled handler',
    fields: { tick_id: 'Id of the trigger' },
    more: true,
  },
];
