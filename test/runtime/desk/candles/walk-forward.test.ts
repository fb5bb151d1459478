import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type JudgedMonth,
  MEASURES,
  type Measure,
  measured,
  walkForward,
} from '../../../../runtime/desk/candles/walk-forward.ts';

/** Months of what two or more sets of limits gained, with their drawdowns. */
function months(...all: readonly (readonly (readonly [gain: number, drawdown: number])[])[]): readonly JudgedMonth[] {
  return all.map((plays, at) => ({
    month: `2021-0${at + 1}`,
    plays: plays.map(([gain_usd, max_drawdown_percent], play) => ({
      name: `p${play}`,
      gain_usd,
      max_drawdown_percent,
    })),
  }));
}

describe('limits chosen on the months before', () => {
  const three = months(
    [
      [10, 5],
      [20, 9],
    ],
    [
      [100, 5],
      [-50, 1],
    ],
    [
      [1, 2],
      [3, 4],
    ],
  );

  test('are judged on the next, and are chosen anew for each', () => {
    const found = walkForward(three, 'gain');
    expect(found?.steps).toEqual([
      {
        month: '2021-02',
        chosen_on: ['2021-01'],
        chosen: 'p1',
        measured: 20,
        gain_usd: -50,
        max_drawdown_percent: 1,
        in_force_gain_usd: 100,
        best: 'p0',
        best_gain_usd: 100,
      },
      {
        month: '2021-03',
        chosen_on: ['2021-01', '2021-02'],
        chosen: 'p0',
        measured: 110,
        gain_usd: 1,
        max_drawdown_percent: 2,
        in_force_gain_usd: 1,
        best: 'p1',
        best_gain_usd: 3,
      },
    ]);
    expect(found).toMatchObject({ measure: 'gain', gain_usd: -49, in_force_gain_usd: 101, best_gain_usd: 103 });
  });

  test('by the drawdown are those whose deepest was the smallest', () => {
    expect(walkForward(three, 'drawdown')?.steps.map(({ chosen, measured: by }) => [chosen, by])).toEqual([
      ['p0', 5],
      ['p0', 5],
    ]);
    const calm = months(
      [
        [10, 5],
        [20, 4.99],
      ],
      [
        [0, 0],
        [0, 5.01],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    );
    expect(walkForward(calm, 'drawdown')?.steps.map(({ chosen, measured: by }) => [chosen, by])).toEqual([
      ['p1', 4.99],
      ['p0', 5],
    ]);
  });

  test('by the ratio weigh the gain with the deepest drawdown, which is never taken for nothing', () => {
    expect(walkForward(three, 'ratio')?.steps.map(({ chosen, measured: by }) => [chosen, by])).toEqual([
      ['p1', 2.22],
      ['p0', 22],
    ]);
    expect(measured(months([[10, 0]]), 0)).toEqual({ gain: 10, drawdown: 0, ratio: 1000 });
  });

  test('are the first of equal ones', () => {
    for (const measure of MEASURES) {
      expect(
        walkForward(
          months(
            [
              [7, 3],
              [7, 3],
            ],
            [
              [1, 1],
              [2, 1],
            ],
          ),
          measure,
        )?.steps[0]?.chosen,
      ).toBe('p0');
    }
  });

  test('are none where there is one month, or one set', () => {
    expect(walkForward([], 'gain')).toBeNull();
    expect(
      walkForward(
        months([
          [1, 1],
          [2, 2],
        ]),
        'gain',
      ),
    ).toBeNull();
    expect(walkForward(months([[1, 1]], [[2, 2]]), 'gain')).toBeNull();
  });

  test('never rest on the month they are judged on, nor on a later one', () => {
    const figure = fc.integer({ min: -1000, max: 1000 });
    const play = fc.tuple(figure, fc.integer({ min: 0, max: 100 }));
    const month = fc.array(play, { minLength: 3, maxLength: 3 });
    const all = fc.array(month, { minLength: 2, maxLength: 6 });
    const property = (each: (readonly (readonly [number, number])[])[], measure: Measure, at: number) => {
      const seen = walkForward(months(...each), measure)?.steps ?? [];
      const cut = at % each.length;
      const changed = each.map((plays, index) =>
        index >= cut ? plays.map(([usd, down]) => [-usd, 100 - down] as const) : plays,
      );
      const other = walkForward(months(...changed), measure)?.steps ?? [];
      for (const [index, { chosen, measured: by, gain_usd, best_gain_usd }] of seen.entries()) {
        // The step at an index is about the month after it.
        if (index + 1 <= cut)
          expect({ chosen, by }).toEqual({ chosen: other[index]?.chosen, by: other[index]?.measured });
        expect(best_gain_usd).toBeGreaterThanOrEqual(gain_usd);
        const scores = ['p0', 'p1', 'p2'].map((name) => scoreOf(months(...each).slice(0, index + 1), name, measure));
        expect(by).toBe(measure === 'drawdown' ? Math.min(...scores) : Math.max(...scores));
      }
      return true;
    };
    fc.assert(fc.property(all, fc.constantFrom(...MEASURES), fc.nat(), property), { numRuns: 200 });
  });
});

/** The measures another way: name by name, over a list of figures. */
function scoreOf(before: readonly JudgedMonth[], name: string, measure: Measure): number {
  const own = before.flatMap(({ plays }) => plays.filter((play) => play.name === name));
  let [gain, deepest] = [0, 0];
  for (const { gain_usd, max_drawdown_percent } of own) {
    gain += gain_usd;
    if (max_drawdown_percent > deepest) deepest = max_drawdown_percent;
  }
  if (measure === 'gain') return gain;
  return measure === 'drawdown' ? deepest : Math.round((gain / Math.max(deepest, 0.01)) * 100) / 100;
}
