import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from '../../../runtime/settings/backoff.ts';

const BACKOFF = { leastMs: 250, firstMs: 500, mostMs: 30_000 };
const longest = (failures: number) => backoffMs(BACKOFF, failures, () => 1);

it('doubles with each failure, up to the most', () => {
  expect([1, 2, 3, 6, 7, 8, 5_000].map(longest)).toEqual([500, 1000, 2000, 16_000, 30_000, 30_000, 30_000]);
  expect(backoffMs({ firstMs: 400 }, 3, () => 1)).toBe(1600);
});

it('is spread over all that lies between the least and the longest', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, at) => {
      expect(backoffMs(BACKOFF, failures, () => at)).toBeCloseTo(250 + at * (longest(failures) - 250), 6);
    }),
  );
  expect(backoffMs(BACKOFF, 9, () => 0)).toBe(250);
  expect(backoffMs({ firstMs: 400 }, 9, () => 0)).toBe(0);
});
