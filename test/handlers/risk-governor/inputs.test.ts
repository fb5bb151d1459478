import { describe, expect, it } from 'vitest';
import { budgetInputs, clusterStressOf, heatOf, volRegimeOf } from '../../../handlers/risk-governor/inputs.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import { computeOver, fakeViews, hashFact, NOW_MS } from '../../support/fake-ctx.ts';

const NOW_SEC = NOW_MS / 1000;
const NONE = hashFact(null);
const market = (fields: Record<string, string>) => fieldsOf(Object.entries(fields).flat());

describe('the heat of a budget', () => {
  const published = (heat: string, ageSec: number) =>
    hashFact({ heat, bucket: 'HOT', timestamp: String(NOW_SEC - ageSec) });

  it.each([
    ['of the book', 65_000, 0.65],
    ['of the book, at most 1', 250_000, 1],
    ['of a flat book', 0, 0],
    ['of the book at 10 digits', 33_333.33333333333, 0.3333333333],
  ])('is that %s', (_words, riskUsd, heat) => {
    expect(heatOf({ readable: true, everSeen: true, riskUsd, published: published('0.9', 0) }, 100_000, NOW_MS)).toBe(
      heat,
    );
  });

  it('is full where positions cannot be read, whatever was read or published before', () => {
    const sources = { readable: false, everSeen: true, riskUsd: 0, published: published('0', 0) };
    expect(heatOf(sources, 100_000, NOW_MS)).toBe(1);
  });

  it.each([
    ['published now', published('0.42', 0), 0.42],
    ['published 30 s ago', published('0.42', 30), 0.42],
    ['published 30.001 s ago', published('0.42', 30.001), 0],
    ['published from 6 s ahead', published('0.42', -6), 0],
    ['published above 1', published('1.7', 0), 1],
    ['published below 0', published('-0.2', 0), 0],
    ['published as no number', published('warm', 0), 0],
    ['published without a time', hashFact({ heat: '0.42' }), 0],
    ['not published', NONE, 0],
  ])('before the first snapshot, %s, is %s', (_words, hash, heat) => {
    expect(heatOf({ readable: true, everSeen: false, riskUsd: 0, published: hash }, 100_000, NOW_MS)).toBe(heat);
  });
});

describe('cluster stress', () => {
  const inputs = computeOver(
    budgetInputs,
    fakeViews({
      hashes: {
        'cluster:stress': {
          majors: { stress: '0.5' },
          default: { stress: '0.2' },
          wild: { stress: '7' },
          inverse: { stress: '-1' },
          broken: { stress: 'high' },
        },
      },
    }),
    {},
  );
  const map = hashFact({ BTCUSDT: 'majors', DOGEUSDT: 'wild', A: 'inverse', B: 'broken', C: 'unknown', D: ' ' });

  it.each([
    ['BTCUSDT', 'that of its cluster', 0.5],
    ['XRPUSDT', 'that of the default cluster when it has none', 0.2],
    ['D', 'that of the default cluster when its own is blank', 0.2],
    ['DOGEUSDT', 'at most 1', 1],
    ['A', 'at least 0', 0],
    ['B', 'the overall one when its cluster has no number', 0.3],
    ['C', 'the overall one when its cluster has none', 0.3],
  ])('of %s is %s', (symbol, _words, stress) => {
    expect(clusterStressOf(symbol, inputs, map, hashFact({ cluster_stress: '0.3' }))).toBe(stress);
  });

  it.each([
    ['is absent', NONE, 0],
    ['is no number', hashFact({ cluster_stress: '' }), 0],
    ['is above 1', hashFact({ cluster_stress: '3' }), 1],
    ['is of another type', { fields: null, wrongType: true }, 0],
  ])('falls back again when the overall one %s', (_words, overall, stress) => {
    expect(clusterStressOf('C', inputs, map, overall)).toBe(stress);
  });

  it('is that of the default cluster when there is no map', () => {
    expect(clusterStressOf('BTCUSDT', inputs, NONE, NONE)).toBe(0.2);
  });
});

describe('volatility', () => {
  it.each([
    ['LOW_VOL', 0],
    ['NORMAL_VOL', 0.33],
    ['HIGH_VOL', 0.67],
    ['EXTREME_VOL', 1],
    ['extreme_vol', 1],
    [' High_Vol ', 0.67],
  ])('of the regime %s is %s, whatever sigma says', (name, value) => {
    expect(volRegimeOf([market({ vol_regime: name, sigma: '0.01' })])).toBe(value);
  });

  it.each([
    ['0.0049999999', 0],
    ['0.005', 0.33],
    ['0.02', 0.33],
    ['0.0200000001', 0.67],
    ['0.03', 0.67],
    ['0.0300000001', 1],
  ])('of an hourly sigma of %s is %s', (sigma, value) => {
    expect(volRegimeOf([market({ sigma })])).toBe(value);
    expect(volRegimeOf([market({ sigma, vol_regime: 'CHOPPY' })])).toBe(value);
    expect(volRegimeOf([market({ sigma, vol_regime: 'constructor' })])).toBe(value);
  });

  it.each([
    ['a day', '86400', String(0.03 * Math.sqrt(24)), 0.67],
    ['a day, just above', '86400', String(0.0300001 * Math.sqrt(24)), 1],
    ['a minute', '60', String(0.004 / Math.sqrt(60)), 0],
    ['an hour', '3600', '0.025', 0.67],
    ['0 s, which is none', '0', '0.025', 0.67],
    ['no number', 'day', '0.025', 0.67],
  ])('of a sigma over %s is judged by the hour', (_words, horizon, sigma, value) => {
    expect(volRegimeOf([market({ sigma, sigma_horizon_sec: horizon })])).toBe(value);
  });

  it.each([['0'], ['-0.04'], [''], ['NaN'], ['Infinity'], ['1e400'], ['calm']])(
    'of a sigma of "%s" is that of a normal market',
    (sigma) => {
      expect(volRegimeOf([market({ sigma })])).toBe(0.33);
    },
  );

  it('is that of a normal market when nothing is known', () => {
    expect(volRegimeOf([])).toBe(0.33);
    expect(volRegimeOf([undefined, undefined])).toBe(0.33);
  });

  it('is read under the older key too, which gives way to the newer', () => {
    const inputs = computeOver(
      budgetInputs,
      fakeViews({
        hashes: {
          'state:market': { ETHUSDT: { vol_regime: 'LOW_VOL' }, XRPUSDT: { mark_price: '1' } },
          marketstate: {
            BTCUSDT: { sigma: '0.04' },
            ETHUSDT: { vol_regime: 'EXTREME_VOL' },
            XRPUSDT: { sigma: '0.04' },
          },
        },
      }),
      {},
    );
    expect(['BTCUSDT', 'ETHUSDT', 'XRPUSDT'].map((symbol) => volRegimeOf(inputs.marketsOf(symbol)))).toEqual([1, 0, 1]);
  });
});
