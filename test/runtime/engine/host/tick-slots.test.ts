import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueWith, nextPhase, offsetOf, phaseOf, slotOf } from '../../../../runtime/engine/host/tick-slots.ts';

const LONGEST_MS = 500;
const SHARE = 20;

const every = fc.oneof(
  fc.constantFrom(1, 2, 19, 20, 21, 499, 500, 2_000, 10_000),
  fc.integer({ min: 1, max: 3_600_000 }),
);
const moment = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });

/** When the jobs of all parts run between two moments. */
function jobsBetween(fromMs: number, toMs: number, interval: number): readonly number[] {
  const jobs: number[] = [];
  for (let at = nextPhase(fromMs, interval); at <= toMs; at = nextPhase(at + 1, interval)) jobs.push(at);
  return jobs;
}

describe('where a tick is in its interval', () => {
  it('does not depend on which tick is asked about', () => {
    expect(offsetOf(10_000, 500)).toBe(500);
    expect(offsetOf(10_001, 500)).toBe(1);
    expect(offsetOf(10_499, 500)).toBe(499);
    for (const n of [-3, 0, 7, 1_000]) expect(offsetOf(10_123 + n * 500, 500)).toBe(123);
  });

  it('is the end where nobody knows', () => {
    expect(offsetOf(Number.NaN, 500)).toBe(500);
  });
});

describe('the part of an interval that a tick is in', () => {
  it.each([
    [1, 2_000, 1, 100],
    [100, 2_000, 1, 100],
    [101, 2_000, 2, 200],
    [1_900, 2_000, 19, 1_900],
    [1_901, 2_000, 20, 2_000],
    [2_000, 2_000, 20, 2_000],
    [500, 10_000, 1, 500],
    [501, 10_000, 2, 1_000],
    [59_501, 60_000, 120, 60_000],
    [7, 10, 7, 7],
  ])('offset %i of %i ms is in part %i, whose job runs at %i', (offset, interval, slot, phase) => {
    expect(slotOf(offset, interval)).toBe(slot);
    expect(phaseOf(slot, interval)).toBe(phase);
  });

  it('has its job at its end, and that job in it', () => {
    fc.assert(
      fc.property(every, moment, (interval, at) => {
        const offset = offsetOf(at, interval);
        const phase = phaseOf(slotOf(offset, interval), interval);
        expect(phase).toBeGreaterThanOrEqual(offset);
        expect(phase).toBeLessThanOrEqual(interval);
        expect(slotOf(phase, interval)).toBe(slotOf(offset, interval));
        expect(phase - offset).toBeLessThanOrEqual(Math.min(LONGEST_MS, Math.ceil(interval / SHARE)));
      }),
    );
  });
});

describe('the ticks of a portfolio, made by the jobs of all parts', () => {
  it('are each tick of its schedule, once, and late by less than a part', () => {
    fc.assert(
      fc.property(every, moment, fc.integer({ min: -5, max: 5 }), (interval, known, away) => {
        const fromMs = known + away * interval;
        const jobs = jobsBetween(fromMs, fromMs + 3 * interval, interval);
        const made = jobs.flatMap((jobMs) => {
          const dueMs = dueWith(jobMs, known, interval);
          return dueMs === undefined ? [] : [{ jobMs, dueMs }];
        });
        expect(made.slice(0, 3).map(({ dueMs }) => dueMs)).toEqual([0, 1, 2].map((n) => fromMs + n * interval));
        for (const { jobMs, dueMs } of made) {
          expect(jobMs).toBeGreaterThanOrEqual(dueMs);
          expect(jobMs - dueMs).toBeLessThanOrEqual(Math.min(LONGEST_MS, Math.ceil(interval / SHARE)));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('come without delay where the first was placed for that', () => {
    fc.assert(
      fc.property(every, moment, (interval, at) => {
        const first = nextPhase(at, interval);
        expect(first).toBeGreaterThanOrEqual(at);
        expect(first - at).toBeLessThanOrEqual(Math.min(LONGEST_MS, Math.ceil(interval / SHARE)));
        expect(dueWith(first + interval, first, interval)).toBe(first + interval);
      }),
    );
  });

  it('of a thousand begun at once after a loss are spread over the interval', () => {
    const counts = new Map<number, number>();
    for (let at = 0; at < 1_000; at += 1) {
      const slot = slotOf(offsetOf(nextPhase(1_800_000_000_123 + (at / 1_000) * 2_000, 2_000), 2_000), 2_000);
      counts.set(slot, (counts.get(slot) ?? 0) + 1);
    }
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(51);
    expect(counts.size).toBe(20);
  });
});
