import { describe, expect, it } from 'vitest';
import { arcPath, onArc, scaleEnd, usedShare } from '../../../../runtime/doors/page/parts/gauge-geometry.ts';

const CENTRE = { x: 100, y: 100 };

describe('the gauge', () => {
  it.each([
    [-1, { x: 0, y: 100 }],
    [0, { x: 0, y: 100 }],
    [0.5, { x: 100, y: 0 }],
    [1, { x: 200, y: 100 }],
    [7, { x: 200, y: 100 }],
  ])('has %s of its scale at %o', (share, point) => {
    expect(onArc(share, CENTRE, 100)).toEqual(point);
  });

  it('draws an arc over the top', () => {
    expect(arcPath(0, 1, CENTRE, 100)).toBe('M 0 100 A 100 100 0 0 1 200 100');
  });

  it.each([
    [0, 0.65, 1],
    [0.8, 0.65, 1],
    [1, 0.65, 1.25],
    [3.1, 0.65, 3.25],
    [0, 0, 0.25],
  ])('at a heat of %s and a limit of %s ends at %s', (heat, heatMax, end) => {
    expect(scaleEnd(heat, heatMax)).toBe(end);
  });
});

describe('a bar', () => {
  it.each([
    [0, 10, 0],
    [5, 10, 0.5],
    [10, 10, 1],
    [11, 10, 1],
    [-1, 10, 0],
    [0, 0, 0],
    [1, 0, 1],
  ])('of %s of %s is %s long', (value, limit, share) => {
    expect(usedShare(value, limit)).toBe(share);
  });
});
