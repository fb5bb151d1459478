import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heatOfFigure } from '../../../handlers/common/book-risk/judged.ts';

describe('the heat that a figure counts as', () => {
  const limits = { min: 0.3, max: 0.5 };
  const thresholds = { HEAT_MIN: 0.25, HEAT_MAX: 0.65 };

  it.each([
    [0, 0],
    [0.15, 0.125],
    [0.3, 0.25],
    [0.4, 0.45],
    [0.5, 0.65],
    [0.6, 0.85],
  ])('%s is %s', (value, heat) => {
    expect(heatOfFigure(value, limits, thresholds)).toBeCloseTo(heat, 12);
  });

  it('is at a threshold exactly from the limit on, and never falls', () => {
    const number = fc.double({ min: 1e-6, max: 1000, noNaN: true });
    fc.assert(
      fc.property(number, number, number, number, (a, b, value, other) => {
        fc.pre(a !== b);
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        const heat = (figure: number) => heatOfFigure(figure, { min, max }, thresholds);
        expect(heat(min)).toBe(0.25);
        expect(heat(max)).toBe(0.65);
        const [low, high] = [Math.min(value, other), Math.max(value, other)];
        expect(heat(low)).toBeLessThanOrEqual(heat(high));
        const near = 1 - 1e-10;
        expect(heat(min * near)).toBeLessThan(0.25);
      }),
    );
  });

  it('is a number, however large the figure', () => {
    expect(heatOfFigure(1e308, { min: 1e-6, max: 2e-6 }, thresholds)).toBe(Number.MAX_VALUE);
  });
});
