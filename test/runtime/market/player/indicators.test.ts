import { describe, expect, it } from 'vitest';
import { indicatorsAt, sampleDeviation, warmUpHours } from '../../../../runtime/market/player/indicators.ts';
import { marketOf } from '../../../../runtime/market/player/market.ts';

const LENGTHS = { volatility_hours: 24, trend_hours: 24 };

/** Closes that go up and down by turns by the factor e^step. */
const zigzag = (step: number, hours: number) =>
  marketOf(
    new Map([['XUSDT', Array.from({ length: hours }, (_, hour) => 100 * Math.exp(hour % 2 === 0 ? 0 : step))]]),
    0,
  );

describe('the sample deviation', () => {
  const mixed = [0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1];
  // empyrical/tests/test_stats.py, annual_volatility: sample deviation times the root of the periods of a year.
  it.each([
    ['daily returns', mixed, 252, 0.9136465399704637],
    ['weekly returns', [0, ...mixed], 52, 0.38851569394870583],
    ['monthly returns', [0, ...mixed], 12, 0.18663690238892558],
    ['a flat line', Array.from({ length: 1000 }, () => 0.01), 252, 0],
  ])('agrees with the published annual volatility of %s', (_name, returns, periods, expected) => {
    expect(sampleDeviation(returns) * Math.sqrt(periods)).toBeCloseTo(expected, 12);
  });

  it.each([[[]], [[0.1]]])('needs two values, not %j', (values) => {
    expect(() => sampleDeviation(values)).toThrow(`expected at least two values, got ${values.length}`);
  });
});

describe('indicators', () => {
  it('do not exist before 24 returns are known', () => {
    const market = zigzag(0.01, 40);
    expect(indicatorsAt(market, 'XUSDT', warmUpHours(LENGTHS) - 1, LENGTHS)).toBeUndefined();
    expect(indicatorsAt(market, 'XUSDT', warmUpHours(LENGTHS), LENGTHS)).toBeDefined();
  });

  it('measure the last 24 hourly log returns and scale them to a day by √24', () => {
    const known = indicatorsAt(zigzag(0.01, 40), 'XUSDT', 30, LENGTHS);
    const sigma = 0.01 * Math.sqrt(24 / 23);
    expect(known?.sigmaHourly).toBeCloseTo(sigma, 10);
    expect(known?.sigmaDaily).toBeCloseTo(sigma * Math.sqrt(24), 9);
    expect(known?.hourReturn).toBeCloseTo(-0.01, 10);
    expect(known?.trendReturn).toBe(0);
  });

  it('see nothing of the hours to come', () => {
    const known = indicatorsAt(zigzag(0.01, 31), 'XUSDT', 30, LENGTHS);
    expect(indicatorsAt(zigzag(0.01, 40), 'XUSDT', 30, LENGTHS)).toEqual(known);
  });

  it('look as far back as they are told, and wait for the longer of the two', () => {
    const lengths = { volatility_hours: 2, trend_hours: 3 };
    expect(warmUpHours(lengths)).toBe(3);
    expect(indicatorsAt(zigzag(0.01, 40), 'XUSDT', 2, lengths)).toBeUndefined();
    const known = indicatorsAt(zigzag(0.01, 40), 'XUSDT', 3, lengths);
    expect(known?.sigmaHourly).toBeCloseTo(0.01 * Math.SQRT2, 10);
    expect(known?.trendReturn).toBeCloseTo(0.01, 10);
  });

  it('are zero on a market that stands still', () => {
    expect(indicatorsAt(zigzag(0, 30), 'XUSDT', 25, LENGTHS)).toEqual({
      sigmaHourly: 0,
      sigmaDaily: 0,
      hourReturn: 0,
      trendReturn: 0,
    });
  });
});
