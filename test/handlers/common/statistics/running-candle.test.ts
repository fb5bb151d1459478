import { describe, expect, it } from 'vitest';
import { observationsOf, parseRunning, runningReturns } from '../../../../handlers/common/statistics/running-candle.ts';
import marketState from '../../../../handlers/market-state/index.ts';
import type { Candle } from '../../../../schemas/candle.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../schemas/duration.ts';
import { formatNumber } from '../../../../schemas/number.ts';
import { candlesOf, storeOf, walk } from '../../../support/candles.ts';
import { hashFact, judge, NOW_MS } from '../../../support/fake-ctx.ts';
import { hashWrite } from '../../../support/heat.ts';

const at = (nowMs: number) => ({ interval: '1h', nowMs }) as const;
const candle = (openMs: number, close: number, high = close, low = close): Candle => {
  return { openMs, open: close, high, low, close, volume: 1 };
};
const CLOSED = [candle(NOW_MS - HOUR_MS, 100)];

describe('the returns of a running candle', () => {
  it('are the farthest price over the close before, and what was seen stays when the price comes back', () => {
    const fallen = runningReturns(candle(NOW_MS, 90, 101, 80), CLOSED, undefined, at(NOW_MS + MINUTE_MS));
    expect(fallen?.running).toBeCloseTo(Math.log(100 / 80), 9);
    const back = runningReturns(candle(NOW_MS, 100), CLOSED, fallen, at(NOW_MS + 2 * MINUTE_MS));
    expect(back).toEqual(fallen);
    expect(runningReturns(undefined, CLOSED, fallen, at(NOW_MS + 2 * MINUTE_MS))).toEqual(fallen);
  });

  it('are kept until one candle after theirs closed, and no longer', () => {
    const seen = { openMs: NOW_MS, running: 0.2, before: 0.1 };
    const next = runningReturns(undefined, CLOSED, seen, at(NOW_MS + HOUR_MS));
    expect(next).toEqual({ openMs: NOW_MS + HOUR_MS, running: 0, before: 0.2 });
    expect(runningReturns(undefined, CLOSED, seen, at(NOW_MS + 2 * HOUR_MS - 1))).toEqual(next);
    expect(runningReturns(undefined, CLOSED, seen, at(NOW_MS + 2 * HOUR_MS))).toBeUndefined();
  });

  it('are none without a close before, and nothing of what cannot be read', () => {
    expect(runningReturns(candle(NOW_MS, 90), [], undefined, at(NOW_MS))).toBeUndefined();
    for (const open_candle_return of ['', '-1', 'NaN', 'x']) {
      expect(parseRunning({ open_candle_ms: '1', open_candle_return } as never)).toBeUndefined();
    }
    expect(observationsOf({ openMs: HOUR_MS, running: 0.1, before: undefined }, HOUR_MS)).toHaveLength(1);
  });
});

/** A quiet series, and the market state that a reading of the running candle leaves after it. */
function stateAt(
  closes: readonly number[],
  minutes: number,
  open: Candle | undefined,
  before: object | null,
  env = {},
) {
  const candles = candlesOf(closes, NOW_MS);
  const entry = {
    symbol: 'SUIUSDT',
    interval: '1h',
    ...(open && {
      open_ms: String(open.openMs),
      open_candle: [open.open, open.high, open.low, open.close, '']
        .map((v) => (v === '' ? '' : formatNumber(v as number)))
        .join(','),
    }),
  };
  const facts = { candles: hashFact({ ...storeOf(candles) }), before: hashFact(before as never) };
  const nowMs = NOW_MS + minutes * MINUTE_MS;
  return hashWrite(judge(marketState, entry, { facts, settings: env, nowMs, sourceId: `${nowMs}-0` }))?.fields ?? {};
}

describe('a crash within the hour', () => {
  const calm = walk(100, 7).map((price) => 3.08 * (1 + (price / 100 - 1) / 50));
  const last = calm.at(-1) ?? 0;
  const crash = { openMs: NOW_MS, open: last, high: last, low: 0.567, close: 2.5, volume: 1 };

  it.each(['ewma', 'close_to_close', 'parkinson', 'garman_klass'])('shows in sigma at once by %s', (estimator) => {
    const env = { SIGMA_ESTIMATOR: estimator };
    const quiet = stateAt(calm, 5, undefined, null, env);
    const hit = stateAt(calm, 5, crash, quiet, env);
    expect(Number(hit.sigma)).toBeGreaterThan(10 * Number(quiet.sigma));
    expect(hit.vol_regime).toBe('EXTREME_VOL');
    const later = stateAt(calm, 30, { ...crash, low: 2.4 }, hit, env);
    expect(later.sigma).toBe(hit.sigma);
  });

  it('is the estimator with one more observation, computed another way', () => {
    const hit = stateAt(calm, 5, crash, null);
    const returns = calm.slice(1).map((price, place) => Math.log(price / (calm[place] ?? 0)));
    const all = [...returns, Math.log(0.567 / last)];
    const weights = all.map((_value, place) => 2 ** (-(all.length - 1 - place) / 24));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const mean = all.reduce((sum, value, place) => sum + value * value * (weights[place] ?? 0), 0) / total;
    expect(Number(hit.sigma)).toBeCloseTo(Math.sqrt(mean), 8);
  });

  it('never makes sigma less: an hour in which nothing moves changes nothing', () => {
    const quiet = stateAt(calm, 5, undefined, null);
    expect(stateAt(calm, 5, { ...crash, low: last, close: last }, null).sigma).toBe(quiet.sigma);
  });
});

it.each([
  ['a low above the high', { high: 90, low: 110 }],
  ['a low of nothing', { low: 0 }],
  ['a last price above the high', { high: 100, close: 120 }],
])('a running candle with %s counts for nothing, and what was seen before it stays', (_what, wrong) => {
  const closes = walk(60, 7);
  const last = closes.at(-1) ?? 0;
  const fallen = stateAt(closes, 5, candle(NOW_MS, last * 0.8), null);
  const odd = { ...candle(NOW_MS, last), ...wrong };
  expect(stateAt(closes, 10, odd, fallen).sigma).toBe(fallen.sigma);
  expect(stateAt(closes, 10, odd, null).sigma).toBe(stateAt(closes, 10, undefined, null).sigma);
});

it('a re-opening after a halt of six hours counts whole', () => {
  const before = walk(60, 7);
  const halted = before.at(-1) ?? 0;
  const reopened = (hours: number) => [...before, ...Array.from({ length: hours }, () => undefined), halted * 0.7];
  const sigmas = [1, 5, 6, 12].map((hours) => {
    const candles = candlesOf(reopened(hours), NOW_MS);
    const facts = { candles: hashFact({ ...storeOf(candles) }), before: hashFact(null) };
    const entry = { symbol: 'SUIUSDT', interval: '1h' };
    return Number(
      hashWrite(judge(marketState, entry, { facts, nowMs: NOW_MS, sourceId: `${NOW_MS}-0` }))?.fields?.sigma,
    );
  });
  for (const sigma of sigmas) expect(sigma).toBeGreaterThan(0.05);
});
