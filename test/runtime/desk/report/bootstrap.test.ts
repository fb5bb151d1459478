import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bcaOfSum, blocksOf } from '../../../../runtime/desk/report/bootstrap.ts';
import { normalQuantile, normalShare } from '../../../../runtime/desk/report/normal.ts';
import { surenessOf } from '../../../../runtime/desk/report/uncertainty.ts';
import { DAY_MS, HOUR_MS } from '../../../../schemas/duration.ts';

const MONTHS = 1_000;
const DAYS = 30;
const DRIFT = 0.0005;
const SIGMA = 0.01;

/** Numbers of a linear congruential generator: another one than the bootstrap's. */
function numbers(seed: number) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  return { next, normal };
}

/** A month of a price that drifts, and sixty exits at any of its hours, each kept for 24 hours. */
function syntheticMonth({ next, normal }: ReturnType<typeof numbers>) {
  const logs = [0];
  while (logs.length < (DAYS + 2) * 24) logs.push((logs.at(-1) ?? 0) + DRIFT - SIGMA ** 2 / 2 + SIGMA * normal());
  const exits = Array.from({ length: 60 }, () => {
    const hour = Math.floor(next() * DAYS * 24);
    const keptUsd = 1_000 + 9_000 * next();
    const ratio = Math.exp((logs[hour + 24] ?? 0) - (logs[hour] ?? 0));
    return { hour, usd: keptUsd * (ratio - 1), expectedUsd: keptUsd * (Math.exp(24 * DRIFT) - 1) };
  });
  return { exits, effectUsd: exits.reduce((sum, { expectedUsd }) => sum + expectedUsd, 0) };
}

function intervalOf({ exits }: ReturnType<typeof syntheticMonth>, horizonMs = DAY_MS) {
  const of = exits.map(({ hour, usd }) => ({ exit: { atMs: hour * HOUR_MS } as never, usd }));
  return surenessOf(of, { fromMs: 0, endMs: DAYS * DAY_MS, horizonMs });
}

describe('the interval of what kept parts came to', () => {
  it(`holds the effect it was made with in 90 to 98 of 100 of ${MONTHS} synthetic months, at 24 hours`, () => {
    const random = numbers(7);
    let held = 0;
    for (let month = 0; month < MONTHS; month += 1) {
      const made = syntheticMonth(random);
      const interval = intervalOf(made).interval_usd;
      if (interval !== null && interval.low <= made.effectUsd && made.effectUsd <= interval.high) held += 1;
    }
    expect(held / MONTHS).toBeGreaterThanOrEqual(0.9);
    expect(held / MONTHS).toBeLessThanOrEqual(0.98);
  }, 120_000);

  it('is the same for the same exits', () => {
    const made = syntheticMonth(numbers(3));
    expect(intervalOf(made)).toEqual(intervalOf(made));
  });

  it.each([
    [24, 15, true],
    [48, 10, true],
    [72, 7, false],
    [168, 3, false],
  ])('up to %d h has %d blocks, an interval: %s', (hours, blocks, has) => {
    const sure = intervalOf(syntheticMonth(numbers(3)), hours * HOUR_MS);
    expect(sure).toMatchObject({ exits: 60, days: DAYS, blocks, block_days: hours / 24 + 1 });
    expect(sure.interval_usd !== null).toBe(has);
    expect(sure.distinguishable !== null).toBe(has);
  });
});

/** BCa of a sum by the definition, on all resamples of few blocks, without expansion of the tails. */
function exactBca(blocks: readonly number[], low: number): number {
  const sum = (of: readonly number[]) => of.reduce((total, one) => total + one, 0);
  let all: number[][] = [[]];
  for (const _ of blocks) all = all.flatMap((drawn) => blocks.map((block) => [...drawn, block]));
  const sums = all.map(sum).sort((a, b) => a - b);
  const share = sums.filter((one) => one < sum(blocks)).length + sums.filter((one) => one === sum(blocks)).length / 2;
  const z0 = normalQuantile(share / sums.length);
  const left = blocks.map(
    (_, out) => (sum(blocks.filter((__, at) => at !== out)) * blocks.length) / (blocks.length - 1),
  );
  const mean = sum(left) / left.length;
  const cubes = sum(left.map((one) => (mean - one) ** 3));
  const a = cubes / (6 * sum(left.map((one) => (mean - one) ** 2)) ** 1.5);
  return sums[Math.round(normalShare(z0 + (z0 + low) / (1 - a * (z0 + low))) * (sums.length - 1))] ?? Number.NaN;
}

describe('the bootstrap', () => {
  it('is BCa as defined over all resamples, with tails as far out as so few blocks ask for', () => {
    const blocks = [-30, -4, 1, 6, 9, 70];
    // 2.5706 is t of 0.975 with five degrees of freedom (Student's table).
    const reach = 2.5706 * Math.sqrt(6 / 5);
    const { low, high } = bcaOfSum(blocks, { resamples: 20_000 });
    expect(Math.abs(low - exactBca(blocks, -reach))).toBeLessThanOrEqual(12);
    expect(Math.abs(high - exactBca(blocks, reach))).toBeLessThanOrEqual(45);
  });

  it('is about as wide as two standard errors each way for many even blocks', () => {
    const { normal } = numbers(11);
    const blocks = Array.from({ length: 400 }, normal);
    const sum = blocks.reduce((total, one) => total + one, 0);
    const { low, high } = bcaOfSum(blocks);
    expect((high - low) / (2 * 1.96 * 20)).toBeGreaterThan(0.9);
    expect((high - low) / (2 * 1.96 * 20)).toBeLessThan(1.1);
    expect(low).toBeLessThan(sum);
    expect(high).toBeGreaterThan(sum);
  });

  it('is of nothing where every block is the same', () => {
    expect(bcaOfSum(Array.from({ length: 12 }, () => 5))).toEqual({ low: 60, high: 60 });
  });

  it('keeps every day in one block', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        (days, of) => {
          const blocks = blocksOf(days, of);
          expect(blocks).toHaveLength(Math.max(1, Math.floor(days.length / of)));
          expect(blocks.reduce((sum, one) => sum + one, 0)).toBe(days.reduce((sum, one) => sum + one, 0));
        },
      ),
    );
  });

  it.each([
    [0.025, -1.959964],
    [0.5, 0],
    [0.8413447, 1],
    [0.99, 2.326348],
  ])('knows that %d of a normal is below %d', (share, z) => {
    expect(normalShare(z)).toBeCloseTo(share, 6);
    expect(normalQuantile(share)).toBeCloseTo(z, 5);
  });
});
