import { describe, expect, it } from 'vitest';
import { ClusterRequest, ClusterStressSettings } from '../../schemas/cluster-stress.ts';
import { MarketReading, MarketStateSettings } from '../../schemas/market-state.ts';

describe('an entry of feed.market', () => {
  const least = { symbol: 'BTCUSDT', interval: '1h' };
  const bare = {
    symbol: 'BTCUSDT',
    interval: '1h',
    markPrice: undefined,
    markAgeMs: 0,
    takenMs: undefined,
    trading: undefined,
    held: false,
    filters: { tickSize: undefined, stepSize: undefined, minNotionalUsd: undefined },
  };

  it.each([
    ['nothing more', {}, bare],
    [
      'a mark',
      { mark_price: '100.5', taken_ms: '1767268800123' },
      { ...bare, markPrice: 100.5, takenMs: 1767268800123 },
    ],
    ['a mark of 0', { mark_price: '0' }, bare],
    ['a mark that is no number', { mark_price: 'high' }, bare],
    [
      'a mark and when it was read',
      { mark_ms: '1767268800000', read_ms: '1767268800700' },
      { ...bare, markAgeMs: 700 },
    ],
    ['a mark from after it was read', { mark_ms: '1767268800700', read_ms: '1767268800000' }, bare],
    ['a mark alone', { mark_ms: '1767268800700' }, bare],
    ['a symbol that trades', { trading: 'true' }, { ...bare, trading: true }],
    ['a symbol that does not', { trading: 'false' }, { ...bare, trading: false }],
    ['an empty word on trading', { trading: '' }, bare],
    [
      'the filters of the exchange',
      { tick_size: '0.01', step_size: ' 1 ', min_notional_usd: '0' },
      { ...bare, filters: { tickSize: 0.01, stepSize: 1, minNotionalUsd: undefined } },
    ],
    ['an unknown word on trading', { trading: 'BREAK' }, bare],
  ])('with %s', (_words, more, reading) => {
    expect(MarketReading.parse({ ...least, ...more })).toEqual(reading);
  });

  it.each([
    ['no symbol', { interval: '1h' }, 'got nothing'],
    ['a symbol no key can hold', { symbol: 'BTC:USDT', interval: '1h' }, 'printable ASCII'],
    ['no interval', { symbol: 'BTCUSDT' }, 'expected string'],
    [
      'an unknown interval',
      { symbol: 'BTCUSDT', interval: '7m' },
      'expected 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h or 1d, got "7m"',
    ],
  ])('with %s is none', (_words, entry, message) => {
    expect(MarketReading.safeParse(entry).error?.message).toContain(message.replaceAll('"', '\\"'));
  });
});

describe('an entry of feed.cluster', () => {
  it.each([
    ['C A B A', ['A', 'B', 'C']],
    ['A', ['A']],
    ['', []],
    [undefined, []],
  ])('with the symbols %j', (symbols, expected) => {
    const entry = symbols === undefined ? {} : { symbols };
    expect(ClusterRequest.parse({ ...entry, interval: '1m' })).toEqual({ symbols: expected, interval: '1m' });
  });

  it.each([
    ['a symbol no key can hold', 'BTCUSDT BTC:USDT', 'got \\"BTC:USDT\\"'],
    ['201 symbols', Array.from({ length: 201 }, (_, at) => `S${at}`).join(' '), 'got 201 of them'],
  ])('with %s is none', (_words, symbols, message) => {
    expect(ClusterRequest.safeParse({ symbols, interval: '1h' }).error?.message).toContain(message);
  });
});

describe('the look-back must be able to hold what is asked for', () => {
  it.each([
    ['SIGMA_MIN_OBSERVATIONS', MarketStateSettings],
    ['CLUSTER_MIN_OBSERVATIONS', ClusterStressSettings],
  ])('%s is below MARKET_LOOKBACK', (name, Settings) => {
    const problem = (value: string) =>
      Settings.safeParse({ MARKET_LOOKBACK: '60', [name]: value }).error?.issues.map(({ message }) => message);
    expect(problem('59')).toBeUndefined();
    expect(problem('60')).toEqual(['expected less than MARKET_LOOKBACK (60), got 60']);
  });
});
