import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { regimeOfHourly } from '../../handlers/common/vol-regime.ts';
import marketState from '../../handlers/market-state/index.ts';
import { volRegimeOf } from '../../handlers/risk-governor/inputs.ts';
import type { Candle } from '../../schemas/candle.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { formatNumber } from '../../schemas/number.ts';
import { candlesOf, storeOf, walk } from '../support/candles.ts';
import { hashFact, judge, NOW_MS } from '../support/fake-ctx.ts';
import { counted, hashWrite } from '../support/heat.ts';
import { entry, type Given, lively, outcomeOf, stateOf } from '../support/market-reading.ts';

/** Candles whose log returns are in turn `value` and its opposite, so that their root mean square is `value`. */
function swinging(value: number, nowMs = NOW_MS): readonly Candle[] {
  return candlesOf(
    Array.from({ length: 100 }, (_, at) => 100 * Math.exp(at % 2 === 0 ? 0 : value)),
    nowMs,
  );
}

describe('the market state of a symbol', () => {
  it('is its volatility by the hour and by the day, its regime, its mark and what they rest on', () => {
    const outcome = outcomeOf({ candles: swinging(0.01) });
    expect(hashWrite(outcome)).toMatchObject({
      key: 'state:market:BTCUSDT',
      fields: {
        sigma: '0.01',
        sigma_horizon_sec: '3600',
        sigma_1d: '0.0489897949',
        vol_regime: 'NORMAL_VOL',
        reason: 'ok',
        observations: '99',
        estimator: 'ewma',
        candle_age_sec: '0',
        mark_price: '101.5',
        timestamp: String(NOW_MS / 1000 - 2),
      },
      ttlSec: 900,
      replace: true,
      ifNewer: true,
    });
    expect(outcome.effects.length).toBe(1);
    expect(outcome.log).toEqual([]);
  });

  it.each([
    ['1m', 60],
    ['15m', 900],
    ['4h', 14_400],
    ['1d', 86_400],
  ] as const)('from candles of %s is scaled to the hour by the square root of time', (interval, seconds) => {
    const prices = Array.from({ length: 100 }, (_, at) => 100 * Math.exp(at % 2 === 0 ? 0 : 0.01));
    const nowMs = Math.floor(NOW_MS / 86_400_000) * 86_400_000;
    const { sigma, sigma_horizon_sec } = stateOf({
      candles: candlesOf(prices, nowMs, interval),
      entry: { ...entry, interval },
      nowMs,
    });
    expect(Number(sigma)).toBeCloseTo(0.01 * Math.sqrt(3600 / seconds), 9);
    expect(sigma_horizon_sec).toBe('3600');
  });

  it.each([
    [0.0049999999, 'LOW_VOL'],
    [0.005, 'NORMAL_VOL'],
    [0.02, 'NORMAL_VOL'],
    [0.0200000001, 'HIGH_VOL'],
    [0.03, 'HIGH_VOL'],
    [0.0300000001, 'EXTREME_VOL'],
  ])('of an hourly sigma of %d is %s', (sigma, regime) => {
    expect(stateOf({ candles: swinging(sigma) })).toMatchObject({ sigma: formatNumber(sigma), vol_regime: regime });
  });

  it('has the regime that a budget takes from its sigma', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 0.1, noNaN: true }), (sigma) => {
        const named = volRegimeOf([{ vol_regime: regimeOfHourly(sigma) }]);
        expect(named).toBe(volRegimeOf([{ sigma: formatNumber(sigma) }]));
      }),
    );
  });

  it.each(['close_to_close', 'ewma', 'parkinson', 'garman_klass'])('can be estimated by %s', (name) => {
    const state = stateOf({ candles: lively, settings: { SIGMA_ESTIMATOR: name } });
    expect(state.estimator).toBe(name);
    expect(Number(state.sigma)).toBeGreaterThan(0);
  });

  it('looks back as far as it is set to', () => {
    expect(stateOf({ candles: lively, settings: { MARKET_LOOKBACK: '30' } }).observations).toBe('29');
  });
});

describe('without a usable volatility', () => {
  const stale = candlesOf(walk(60, 7), NOW_MS - 3 * HOUR_MS);
  const still = candlesOf(
    Array.from({ length: 60 }, () => 100),
    NOW_MS,
  );
  const few = candlesOf(walk(25, 7), NOW_MS);

  it.each<[string, Given, string]>([
    ['there is no store', {}, 'no_candles'],
    ['there is no candle', { candles: [] }, 'no_candles'],
    ['every price is frozen', { candles: still }, 'no_candles'],
    ['nothing moves', { candles: still, settings: { MARKET_FROZEN_CANDLES: '1000' } }, 'no_movement'],
    ['the candles ended over 3 lengths ago', { candles: stale, nowMs: NOW_MS + 1 }, 'candles_stale'],
    ['there are 23 returns', { candles: few.slice(1) }, 'too_few_observations'],
    ['the exchange trades it no more', { candles: lively, entry: { ...entry, trading: 'false' } }, 'not_trading'],
  ])('because %s, the state has none, and says why', (_words, given, reason) => {
    const outcome = outcomeOf(given);
    const state = hashWrite(outcome)?.fields ?? {};
    expect(Object.keys(state).sort()).toEqual(
      ['candle_age_sec', 'estimator', 'mark_price', 'observations', 'reason', 'timestamp'].sort(),
    );
    expect(state).toMatchObject({ reason, mark_price: '101.5' });
    expect(outcome.log).toEqual([{ level: 'warn', text: `Market state: no sigma for BTCUSDT (${reason})` }]);
    const counts = hashWrite(outcome)?.bestEffort?.applied ?? [];
    expect(counted({ effects: [], counts }, 'feed_sigma_missing_total', { reason })).toBe(1);
    expect(counts.find(({ metric }) => metric === 'feed_sigma')?.set).toBe('unknown');
  });

  it.each<[string, Given]>([
    ['the candles ended 3 lengths ago', { candles: stale }],
    ['there are 24 returns', { candles: few }],
    ['it is not known whether it trades', { candles: lively, entry: { ...entry, trading: '' } }],
  ])('it is not when %s', (_words, given) => {
    expect(stateOf(given).reason).toBe('ok');
  });

  it('says so once, and once that it is over', () => {
    const told = (given: Given) => outcomeOf(given).log?.map(({ text }) => text);
    expect(told({ before: { reason: 'no_candles' } })).toEqual([]);
    expect(told({ before: { reason: 'ok' } })).toEqual(['Market state: no sigma for BTCUSDT (no_candles)']);
    expect(told({ before: { reason: 'no_candles' }, candles: lively })).toEqual([
      'Market state: BTCUSDT has a sigma again',
    ]);
  });
});

describe('the filters of the exchange', () => {
  const filters = { tick_size: '0.01', step_size: '0.001', min_notional_usd: '5' };

  it('are handed on as they are, whether there is a sigma or not', () => {
    expect(stateOf({ candles: lively, entry: { ...entry, ...filters } })).toMatchObject(filters);
    expect(stateOf({ entry: { ...entry, ...filters } })).toMatchObject(filters);
  });

  it.each(['', '0', '-1', 'NaN', 'x', '1e999'])('are left out where they say %j', (said) => {
    const broken = { tick_size: said, step_size: said, min_notional_usd: '5' };
    const state = stateOf({ candles: lively, entry: { ...entry, ...broken } });
    expect(state).not.toHaveProperty('tick_size');
    expect(state).not.toHaveProperty('step_size');
    expect(state).toMatchObject({ min_notional_usd: '5' });
  });
});

describe('the mark', () => {
  const at = (ms: number) => String(NOW_MS + ms);
  const ago = (seconds: number) => String(NOW_MS / 1000 - seconds);

  it.each([
    ['is left out when it is 0', { mark_price: '0', taken_ms: at(-2000) }, undefined, ago(2)],
    ['is left out when it is no number', { mark_price: 'NaN', taken_ms: at(0) }, undefined, ago(0)],
    ['has the time of its reading', { mark_price: '5', taken_ms: at(-3000) }, '5', ago(3)],
    [
      'is older by the age it had',
      { mark_price: '5', taken_ms: at(-3000), mark_ms: at(-86_400_000), read_ms: at(-86_350_000) },
      '5',
      ago(53),
    ],
    [
      'by a clock that is days ahead too',
      { mark_price: '5', taken_ms: at(0), mark_ms: at(9e7), read_ms: at(9e7 + 4000) },
      '5',
      ago(4),
    ],
    ['read in the future is one of now', { mark_price: '5', taken_ms: at(9000) }, '5', ago(0)],
    ['without a time is as old as its entry', { mark_price: '5' }, '5', ago(7)],
  ])('%s', (_words, mark, price, timestamp) => {
    const sourceId = `${NOW_MS - 7000}-0`;
    const state = stateOf({ entry: { symbol: 'BTCUSDT', interval: '1h', ...mark }, sourceId });
    expect([state.mark_price, state.timestamp]).toEqual([price, timestamp]);
  });
});

it('gauges say what was left out, and how old the candles are', () => {
  const broken = { ...storeOf(lively.slice(0, -1)), later: 'x' };
  const facts = { candles: hashFact(broken), before: hashFact(null) };
  const counts = hashWrite(judge(marketState, entry, { facts }))?.bestEffort?.applied ?? [];
  const gauge = (metric: string, reason?: string) =>
    counts.find((one) => one.metric === metric && one.labels?.reason === reason)?.set;
  expect(gauge('feed_candle_age_seconds')).toBe(3600);
  expect(gauge('feed_observations')).toBe(58);
  expect(['unusable', 'misplaced', 'frozen'].map((reason) => gauge('feed_candles_dropped', reason))).toEqual([1, 0, 0]);
});

it('when it cannot be judged nothing is written', () => {
  const noMark = { markPrice: undefined, markAgeMs: 0, takenMs: undefined };
  const reading = {
    symbol: 'A',
    interval: '1h',
    ...noMark,
    trading: undefined,
    held: false,
    openCandle: undefined,
    filters: { tickSize: undefined, stepSize: undefined, minNotionalUsd: undefined },
  } as const;
  const settings = marketState.settings.parse({});
  const around = { settings, mode: '', nowMs: NOW_MS, sourceId: '1-0', portfolio: 'quantum', source: {} };
  expect(marketState.onFailure(reading, { reason: 'timeout', attempts: 3 }, around).effects).toEqual([]);
});
