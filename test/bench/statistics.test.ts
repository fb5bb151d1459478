import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atRate, type Latency, latencyOf } from './latency.ts';
import { cpusIn } from './pinned.ts';
import { percentilesOf, together } from './script-times.ts';
import { turns } from './side-by-side.ts';
import { percentile, ratioOf, spreadOf } from './statistics.ts';

describe('percentile and spread', () => {
  it.each([
    ['the only figure', [7], 50, 7],
    ['the middle one', [1, 2, 9], 50, 2],
    ['between two', [1, 2, 4, 9], 50, 3],
    ['the least', [1, 2, 9], 0, 1],
    ['the most', [1, 2, 9], 100, 9],
    ['a tenth of the way', [0, 10], 1, 0.1],
  ])('%s', (_, sorted, percent, expected) => {
    expect(percentile(sorted, percent)).toBeCloseTo(expected, 10);
  });

  it('of nothing is no number', () => {
    expect(percentile([], 50)).toBeNaN();
    expect(spreadOf([])).toEqual({ median: Number.NaN, min: Number.NaN, max: Number.NaN });
  });

  /** No negative zero: it equals zero, and is told apart by the comparison of a test alone. */
  const figure = fc.double({ noNaN: true, min: -1e9, max: 1e9 }).map((value) => value + 0);

  it('a median lies between the least and the most, in whatever order the rounds came', () => {
    fc.assert(
      fc.property(fc.array(figure, { minLength: 1 }), (figures) => {
        const { median, min, max } = spreadOf(figures);
        expect([min, max]).toEqual([Math.min(...figures), Math.max(...figures)]);
        expect(median >= min && median <= max).toBe(true);
        expect(spreadOf(figures.toReversed())).toEqual({ median, min, max });
      }),
    );
  });

  it('a ratio is taken round by round, so that a slow moment of both changes nothing', () => {
    expect(ratioOf([200, 20, 2000], [100, 10, 1000])).toEqual({ median: 2, min: 2, max: 2 });
    expect(ratioOf([100, 300, 200], [100, 100, 100])).toEqual({ median: 2, min: 1, max: 3 });
  });
});

describe('turns', () => {
  it('everyone is measured once a round, and another is first each time', () => {
    expect([0, 1, 2, 3].map((round) => turns(3, round))).toEqual([
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
      [0, 1, 2],
    ]);
  });
});

describe('latency', () => {
  const perSecond = 1000;
  const seen = (late: (index: number) => number) =>
    Float64Array.from({ length: 1000 }, (_, index) => 5000 + index + late(index));

  it('counts from when a message was due', () => {
    expect(
      latencyOf(
        seen(() => 2),
        5000,
        perSecond,
      ),
    ).toEqual({ messages: 900, p50: 2, p99: 2, p999: 2, max: 2, kept_up: true });
  });

  it('a stall is felt by every message that was due in it, sent or not', () => {
    const stalled = latencyOf(
      seen((index) => (index >= 500 && index < 600 ? 600 - index : 0)),
      5000,
      perSecond,
    );
    expect(stalled).toMatchObject({ p50: 0, max: 100 });
    expect(stalled.p99).toBeGreaterThan(90);
  });

  it('the first tenth is left out, and a gate that falls behind is told', () => {
    expect(
      latencyOf(
        seen((index) => (index < 100 ? 900 : 1)),
        5000,
        perSecond,
      ),
    ).toMatchObject({ max: 1, kept_up: true });
    expect(
      latencyOf(
        seen((index) => 2 * index),
        5000,
        perSecond,
      ).kept_up,
    ).toBe(false);
  });
});

describe('script times', () => {
  it('are read from the line of scripts alone', () => {
    const info = [
      '# Latencystats',
      'latency_percentiles_usec_xadd:p50=1.003,p99=2.007,p99.9=3.007,p100=9.023',
      'latency_percentiles_usec_evalsha:p50=181.247,p99=643.071,p99.9=712.703,p100=905.215',
      'latency_percentiles_usec_xinfo|groups:p50=5.023,p99=6.015,p99.9=7.007,p100=8.031',
    ].join('\r\n');
    expect(percentilesOf(info)).toEqual({ p50_us: 181.247, p99_us: 643.071, p999_us: 712.703, longest_us: 905.215 });
  });

  it('of several rounds are the median of each percentile and the longest of all', () => {
    const round = (base: number, over_2ms: number) => {
      return { calls: 10, p50_us: base, p99_us: base + 1, p999_us: base + 2, longest_us: base + 3, over_2ms };
    };
    const expected = { calls: 30, p50_us: 200, p99_us: 201, p999_us: 202, longest_us: 3003, over_2ms: 1 };
    expect(together([round(100, 0), round(3000, 1), round(200, 0)])).toEqual(expected);
    expect(together([])).toBeUndefined();
  });
});

describe('the processors of a process', () => {
  it.each([
    ['0-1', [0, 1]],
    ['3', [3]],
    ['0,2-4,7', [0, 2, 3, 4, 7]],
    ['', []],
  ])('%s', (list, cpus) => {
    expect(cpusIn(list)).toEqual(cpus);
  });
});

describe('latency at one rate', () => {
  const round = (who: Latency['who'], p50: number, p99: number, kept_up = true): Latency => ({
    ...{ who, per_second: 500, added_delay_ms: 0, messages: 90, p50, p99, p999: p99, max: p99, kept_up },
  });

  it('is the median of its rounds, and the ratio is taken round by round', () => {
    const rows = atRate([
      ...[round('portcullis', 2, 6), round('bare_loop', 1, 4)],
      ...[round('portcullis', 9, 8), round('bare_loop', 3, 8)],
      ...[round('portcullis', 4, 7, false), round('bare_loop', 1, 2)],
    ]);
    expect(rows).toMatchObject([
      { who: 'portcullis', p50: 4, p99: 7, max: 8, kept_up: false },
      { who: 'bare_loop', p50: 1, p99: 4, kept_up: true },
    ]);
    expect(rows[0]?.p50_vs_bare_loop).toEqual({ median: 3, min: 2, max: 4 });
    expect(rows[0]?.p99_vs_bare_loop).toEqual({ median: 1.5, min: 1, max: 3.5 });
    expect(rows[1]).not.toHaveProperty('p50_vs_bare_loop');
  });
});
