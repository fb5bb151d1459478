import { describe, expect, it } from 'vitest';
import { worseOf } from '../../../../handlers/common/loss-limits/worse.ts';
import { type EquityReading, type LossMarks, lossFrom, NO_MARKS } from '../../../../schemas/loss-latch.ts';

const reading = (atMs: number, equityUsd: number, transfersUsd = 0): EquityReading => ({
  atMs,
  equityUsd,
  transfersUsd,
});
const trip = { setting: 'GOV_MAX_DAILY_LOSS_PCT', value: 5, limit: 5, atMs: 3 };
const marks = (more: Partial<LossMarks>): LossMarks => ({
  ...NO_MARKS,
  day: '2026-11-23',
  week: '2026-11-23',
  feed: { totalUsd: 0, since: 'a' },
  recent: [reading(5, 9_000)],
  ...more,
});

describe('the worse of two marks', () => {
  it('has every trip of either, and the higher base of one period', () => {
    const kept = marks({
      tripped: { daily: trip },
      bases: { daily: reading(1, 10_000), drawdown: reading(1, 10_000) },
    });
    const found = marks({
      tripped: { drawdown: trip },
      bases: { daily: reading(4, 9_000), drawdown: reading(4, 12_000) },
    });
    for (const both of [worseOf(kept, found), worseOf(found, kept)]) {
      expect(Object.keys(both.tripped).sort()).toEqual(['daily', 'drawdown']);
      expect([both.bases.daily?.equityUsd, both.bases.drawdown?.equityUsd]).toEqual([10_000, 12_000]);
    }
  });

  it('takes the base of the later day or week, whichever is higher', () => {
    const kept = marks({ bases: { daily: reading(1, 10_000), weekly: reading(1, 10_000) } });
    const found = marks({ day: '2026-11-24', bases: { daily: reading(4, 9_000), weekly: reading(4, 9_000) } });
    const both = worseOf(kept, found);
    expect([both.day, both.bases.daily?.equityUsd, both.bases.weekly?.equityUsd]).toEqual([
      '2026-11-24',
      9_000,
      10_000,
    ]);
  });

  it('goes on with the count of transfers that was kept', () => {
    const kept = marks({
      feed: { totalUsd: 500, since: 'a' },
      recent: [reading(5, 9_000, 500)],
      bases: { drawdown: reading(1, 10_000, 500) },
    });
    const found = marks({
      feed: { totalUsd: 1_500, since: 'a' },
      recent: [reading(9, 10_500, 0)],
      bases: { drawdown: reading(9, 10_500, 0) },
    });
    const both = worseOf(kept, found);
    expect(both.recent).toEqual([reading(9, 10_500, 1_500)]);
    expect(both.bases.drawdown).toEqual(reading(1, 10_000, 500));
    expect(lossFrom(both.bases.drawdown as EquityReading, both.recent[0] as EquityReading).usd).toBe(500);
  });
});
