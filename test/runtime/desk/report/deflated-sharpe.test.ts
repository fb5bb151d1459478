import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deflatedSharpe, expectedBest, probabilityAbove } from '../../../../runtime/desk/report/deflated-sharpe.ts';

/** The example of the paper: five years of days, a ratio of 2.5 a year, skewness -3, kurtosis 10, variance of the tries 1/2 a year. */
const PAPER = { days: 1250, sharpe: 2.5 / Math.sqrt(250), skewness: -3, kurtosis: 10 };
const VARIANCE = 1 / (2 * 250);

describe('the deflated Sharpe ratio', () => {
  it.each([
    [100, 0.9004],
    [46, 0.9505],
  ])('of the example in the paper, after %i tries, is %d', (tries, deflated) => {
    expect(probabilityAbove(PAPER, expectedBest(tries, VARIANCE))).toBeCloseTo(deflated, 3);
  });

  it('expects of many tries without skill what their best comes to', () => {
    expect(expectedBest(100, VARIANCE)).toBeCloseTo(0.1132, 4);
    expect(expectedBest(1, VARIANCE)).toBe(0);
  });

  it('agrees with the largest of many normal numbers, drawn', () => {
    let state = 7;
    const random = () => {
      state = (state * 16_807) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    const best = Array.from({ length: 4_000 }, () => Math.max(...Array.from({ length: 30 }, normal)));
    expect(best.reduce((sum, one) => sum + one, 0) / best.length).toBeCloseTo(expectedBest(30, 1), 1);
  });

  it('is of the daily results: their mean over their deviation', () => {
    const daily = [3, -1, 2, 0, 1, 4, -2, 1, 0, 2, 3, -1, 2, 0, 1, 4, -2, 1, 0, 2];
    const found = deflatedSharpe(daily, 1);
    const mean = 1;
    const deviation = Math.sqrt(daily.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 19);
    expect(found).toMatchObject({ tries: 1, days: 20, sharpe_of_luck: 0 });
    expect(found.sharpe).toBeCloseTo(mean / deviation, 12);
    expect(found.deflated).toBeGreaterThan(0.97);
  });

  /** By another program: quantiles and shares of Python's statistics.NormalDist, moments by their definition. */
  it.each([
    [1, 0, 0.966806],
    [2, 0.108376, 0.904093],
    [10, 0.328326, 0.590358],
    [250, 0.591697, 0.144376],
  ])('of 24 days after %i tries: the best without skill %d, deflated %d', (tries, luck, deflated) => {
    const daily = [12, -7, 3, 0, 0, 25, -14, 8, 1, -2, 6, 9, -11, 4, 0, 17, -3, 5, 2, -6, 10, 7, -1, 15];
    const found = deflatedSharpe(daily, tries);
    expect(found).toMatchObject({ tries, days: 24 });
    expect(found.sharpe).toBeCloseTo(0.374995, 6);
    expect(found.sharpe_of_luck).toBeCloseTo(luck, 5);
    expect(found.deflated).toBeCloseTo(deflated, 5);
  });

  it('is not deflated where it is not known how many were tried, nor said of what is rounding alone', () => {
    expect(deflatedSharpe([3, -1, 2], null)).toMatchObject({ tries: null, sharpe_of_luck: null, deflated: null });
    expect(deflatedSharpe([3, -1, 2], null).sharpe).toBeCloseTo(4 / 3 / Math.sqrt(13 / 3), 12);
    const equal = Array.from({ length: 31 }, () => 0.1);
    expect(deflatedSharpe(equal, 1).sharpe).toBeNull();
    expect(deflatedSharpe([...equal, 1e150, -1e150], 1).deflated).toBeCloseTo(0.5, 6);
  });

  it.each([
    ['no day', []],
    ['one day', [5]],
    ['days that are all the same', [2, 2, 2]],
  ])('of %s is not known', (_what, daily) => {
    expect(deflatedSharpe(daily, 3)).toMatchObject({ sharpe: null, deflated: null, tries: 3 });
  });

  it('says nothing of nineteen days', () => {
    const daily = Array.from({ length: 19 }, (_, at) => (at % 3) - 0.5);
    expect(deflatedSharpe(daily, 1).deflated).toBeNull();
    expect(deflatedSharpe([...daily, 0], 1).deflated).not.toBeNull();
  });

  it('never rises with a further try', () => {
    const daily = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(daily, fc.integer({ min: 1, max: 500 }), (results, tries) => {
        const [one, more] = [deflatedSharpe(results, tries), deflatedSharpe(results, tries + 1)];
        if (one.deflated === null || more.deflated === null) return expect(one.deflated).toBe(more.deflated);
        expect(one.deflated).toBeGreaterThanOrEqual(0);
        expect(one.deflated).toBeLessThanOrEqual(1);
        expect(more.deflated).toBeLessThanOrEqual(one.deflated + 1e-12);
      }),
    );
  });
});
