import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ActivityBins } from '../../../../runtime/desk/overview/activity-bins.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../schemas/duration.ts';

const NOW_MS = 1_700_000_040_000;

describe('what the gates did', () => {
  it('is summed up from the minute that begins with the time, with reasons by their number', () => {
    const bins = new ActivityBins();
    bins.add(NOW_MS - HOUR_MS - 1, 'permits');
    bins.add(NOW_MS - HOUR_MS + MINUTE_MS, 'permits');
    for (const [reason, times] of [
      ['a', 1],
      ['b', 3],
    ] as const) {
      for (let at = 0; at < times; at++) bins.addBlock(NOW_MS, reason);
    }
    expect(bins.sum(NOW_MS - HOUR_MS, NOW_MS, 0)).toMatchObject({
      ...{ permits: 1, blocks: 4, softened: 0, taken: 1 },
      reasons: [
        { reason: 'b', count: 3 },
        { reason: 'a', count: 1 },
      ],
    });
  });

  it('takes no permit for taken that waits, ran out or was revoked', () => {
    const bins = new ActivityBins();
    for (const name of ['permits', 'permits', 'permits', 'permits', 'not_taken', 'revoked']) bins.add(NOW_MS, name);
    expect(bins.sum(NOW_MS - HOUR_MS, NOW_MS, 1)).toMatchObject({ permits: 4, taken: 1, not_taken: 1 });
    expect(bins.sum(NOW_MS - HOUR_MS, NOW_MS, 9).taken).toBe(0);
    expect(bins.sum(NOW_MS - HOUR_MS, NOW_MS, null)).toMatchObject({ permits: 4, taken: null, not_taken: 1 });
  });

  it('loses nothing between bins of any length', () => {
    const times = fc.array(fc.integer({ min: 0, max: HOUR_MS }), { maxLength: 60 });
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 60 }), (ages, minutes) => {
        const bins = new ActivityBins();
        for (const age of ages) bins.add(NOW_MS - age, 'permits');
        const told = bins.bins(NOW_MS - HOUR_MS - MINUTE_MS, NOW_MS, minutes * 60);
        expect(told.reduce((sum, { permits }) => sum + permits, 0)).toBe(ages.length);
        expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).toSorted((one, other) => one - other));
        expect(told.every(({ at }) => at % (minutes * 60) === 0)).toBe(true);
      }),
    );
  });

  it('forgets whole minutes that are over', () => {
    const bins = new ActivityBins();
    bins.add(NOW_MS - MINUTE_MS, 'permits');
    bins.add(NOW_MS, 'permits');
    bins.forgetBefore(NOW_MS);
    expect(bins.sum(0, NOW_MS, 0).permits).toBe(1);
  });
});
