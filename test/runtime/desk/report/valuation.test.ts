import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SoftenedExit } from '../../../../handlers/common/kept-exits.ts';
import { maxDrawdown } from '../../../../runtime/desk/report/equity.ts';
import type { Mark, MarkSource, MarkSourceName } from '../../../../runtime/desk/report/marks.ts';
import { Quotes } from '../../../../runtime/desk/report/marks.ts';
import { drawdownOf, moneyOf, pathRows, regretsOf } from '../../../../runtime/desk/report/money.ts';
import { valued } from '../../../../runtime/desk/report/valuation.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';

const RULES = { horizonMs: 24 * HOUR_MS, endMs: 100 * HOUR_MS, feeBps: 0 };

function exit(more: Partial<SoftenedExit> = {}): SoftenedExit {
  return {
    atMs: HOUR_MS,
    symbol: 'XUSDT',
    planId: 'p',
    enforced: false,
    bucket: 'COLD',
    softenedTo: 'PARTIAL_25',
    keptShare: 0.75,
    heat: 0.2,
    reason: 'portfolio_heat_cold',
    notionalUsd: 1000,
    side: 1,
    nextFullCloseMs: 3 * HOUR_MS,
    closedMs: undefined,
    ...more,
  };
}

/** Marks of XUSDT at whole hours: `undefined` is a gap. */
function hourly(name: MarkSourceName, prices: readonly (number | undefined)[], symbol = 'XUSDT'): MarkSource {
  const marks = prices.flatMap((price, hour): Mark[] => {
    return price === undefined ? [] : [{ symbol, atMs: hour * HOUR_MS, price, countsMs: HOUR_MS }];
  });
  return {
    name,
    async *pages() {
      for (const mark of marks) yield [mark];
    },
  };
}

const RISING = hourly('candle_file', [100, 100, 105, 110, 120]);

describe('a kept part', () => {
  it.each([
    // kept 750 of 1000; from 100 to 110
    ['of a long that rises earns', {}, 0, 75],
    ['of a short that rises loses', { side: -1 }, 0, -75],
    ['of a quarter earns a third of that', { keptShare: 0.25 }, 0, 25],
    ['pays the fee on what it is worth more by then', {}, 100, 74.25],
    ['of a short pays it too', { side: -1 }, 100, -75.75],
    ['ends at the horizon', { nextFullCloseMs: undefined }, 0, 150],
  ] as const)('%s', async (_name, more, feeBps, pnl) => {
    const rules = { ...RULES, horizonMs: 3 * HOUR_MS, feeBps };
    const { pnl_usd, kept_usd } = moneyOf(await valued([exit(more)], [RISING], [], rules), rules);
    expect(pnl_usd).toBeCloseTo(pnl, 9);
    expect(kept_usd).toBe('keptShare' in more ? 250 : 750);
  });

  it.each([
    ['the position is not known', { notionalUsd: undefined, side: undefined }, { no_position: 1 }],
    ['nothing was held', { notionalUsd: 0 }, { no_position: 1 }],
    ['long or short is not known', { side: undefined }, { no_side: 1 }],
    ['it has no mark at its decision', { symbol: 'YUSDT' }, { no_mark: 1 }],
    ['it has none at its end', { nextFullCloseMs: 6 * HOUR_MS }, { no_mark: 1 }],
  ] as const)('is not valued where %s', async (_name, more, not_valued) => {
    const valuation = await valued([exit(more)], [RISING], [], RULES);
    expect(moneyOf(valuation, RULES)).toMatchObject({
      softened: 1,
      valued: 0,
      not_valued,
      pnl_usd: 0,
      valued_share: 0,
    });
  });

  it('takes the last mark of an hour ago, and none that is older', async () => {
    const at = async (endMs: number) =>
      moneyOf(await valued([exit({ nextFullCloseMs: endMs })], [RISING], [], RULES), RULES).valued;
    expect(await at(5 * HOUR_MS)).toBe(1);
    expect(await at(5 * HOUR_MS + 1)).toBe(0);
  });

  it('is valued by one source from beginning to end, the first that can', async () => {
    const beginning = hourly('position_snapshots', [100, 100]);
    const other = hourly('candle_store', [200, 200, 200, 260]);
    const { sources, pnl_usd } = moneyOf(await valued([exit()], [beginning, other, RISING], [], RULES), RULES);
    expect([sources, pnl_usd]).toEqual([{ candle_store: 1 }, expect.closeTo(225, 9)]);
  });

  const HOLED = hourly('position_snapshots', [100, 100, undefined, undefined, 110]);
  const WHOLE = hourly('candle_store', [100, 100, 105, 80, 110]);
  it.each([
    ['a later source where that has no hole', [HOLED, WHOLE], 'candle_store', [0, 0, 37.5, -150, 75]],
    [
      'the first source where all have holes',
      [HOLED, { ...HOLED, name: 'candle_store' }],
      'position_snapshots',
      [0, 0, 0, 0, 75],
    ],
  ] as const)('follows the equity between its ends by %s', async (_name, sources, source, earned) => {
    const equity = [0, 1, 2, 3, 4].map((hour) => ({ atMs: hour * HOUR_MS, equityUsd: 10_000 }));
    const rules = { ...RULES, endMs: 4 * HOUR_MS };
    const valuation = await valued([exit({ nextFullCloseMs: 4 * HOUR_MS })], sources, equity, rules);
    expect(moneyOf(valuation, rules)).toMatchObject({ sources: { [source]: 1 }, pnl_usd: expect.closeTo(75, 9) });
    const path = valuation.path.map(({ shadowUsd }) => shadowUsd);
    expect(path).toEqual(earned.map((usd) => expect.closeTo(usd, 9)));
  });
});

describe('the hand-computed table of docs/evidence.md', () => {
  // Equity 10,000 at every hour. A: long 2,000, keeps 75 %, 100 → 90 → 96. B: short 1,000, keeps 25 %, 50 → 40 → 45, enforced.
  const a = exit({ symbol: 'AUSDT', planId: 'a', notionalUsd: 2000 });
  const b = exit({ symbol: 'BUSDT', planId: 'b', side: -1, keptShare: 0.25, enforced: true });
  const sources = [
    hourly('candle_file', [100, 100, 90, 96], 'AUSDT'),
    hourly('candle_store', [50, 50, 40, 45], 'BUSDT'),
  ];
  const equity = [0, 1, 2, 3].map((hour) => ({ atMs: hour * HOUR_MS, equityUsd: 10_000 }));
  const rules = { ...RULES, endMs: 3 * HOUR_MS };

  it('has the paths, the money, the drawdowns and the regret', async () => {
    const valuation = await valued([a, b], sources, equity, rules);
    expect(pathRows(valuation.path).map((row) => [row.without_usd, row.with_usd, row.kept_pnl_usd])).toEqual(
      [
        [10_000, 10_000, 0],
        [10_000, 10_000, 0],
        [9_950, 9_850, expect.closeTo(-100, 9)],
        [9_975, 9_940, expect.closeTo(-35, 9)],
      ].map((row) => row.map((value) => (typeof value === 'number' ? expect.closeTo(value, 9) : value))),
    );
    expect(moneyOf(valuation, rules)).toMatchObject({
      softened: 2,
      valued: 2,
      kept_usd: 1750,
      pnl_usd: expect.closeTo(-35, 9),
      pnl_shadow_usd: expect.closeTo(-60, 9),
      pnl_enforced_usd: expect.closeTo(25, 9),
      gained: { exits: 1, usd: expect.closeTo(25, 9) },
      lost: { exits: 1, usd: expect.closeTo(-60, 9) },
      ends: { next_full_close: 2 },
    });
    expect(drawdownOf(valuation.path)).toMatchObject({
      max_drawdown_without: expect.closeTo(0.005, 9),
      max_drawdown_with: expect.closeTo(0.015, 9),
    });
    expect(regretsOf(valuation)).toMatchObject([{ plan_id: 'a', from_price: 100, to_price: 96, side: 'LONG' }]);
  });
});

describe('for any exits and marks', () => {
  const hours = 12;
  const anyExit = fc
    .record({
      hour: fc.integer({ min: 0, max: hours }),
      length: fc.option(fc.integer({ min: 1, max: hours }), { nil: undefined }),
      notionalUsd: fc.integer({ min: 1, max: 100_000 }),
      side: fc.constantFrom(1 as const, -1 as const),
      keptShare: fc.constantFrom(0.25, 0.75),
      enforced: fc.boolean(),
    })
    .map(({ hour, length, ...more }) => {
      const atMs = hour * HOUR_MS;
      return exit({ atMs, nextFullCloseMs: length === undefined ? undefined : atMs + length * HOUR_MS, ...more });
    });
  const prices = fc.array(fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined, freq: 8 }), {
    minLength: hours + 1,
    maxLength: hours + 1,
  });

  it('the ends of the two paths are apart by what all kept parts earned', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyExit, { maxLength: 8 }), prices, async (exits, marks) => {
        const rules = { ...RULES, horizonMs: 6 * HOUR_MS, endMs: hours * HOUR_MS };
        const equity = [
          { atMs: 0, equityUsd: 50_000 },
          { atMs: 5 * HOUR_MS, equityUsd: 40_000 },
        ];
        const valuation = await valued(exits, [hourly('candle_file', marks)], equity, rules);
        const money = moneyOf(valuation, rules);
        const drawdown = drawdownOf(valuation.path);
        const apart = (drawdown?.end_equity_with_usd ?? 0) - (drawdown?.end_equity_without_usd ?? 0);
        expect(apart).toBeCloseTo(money.pnl_usd, 6);
        expect(money.gained.usd + money.lost.usd).toBeCloseTo(money.pnl_usd, 6);
        expect(money.pnl_shadow_usd + money.pnl_enforced_usd).toBeCloseTo(money.pnl_usd, 6);
        const missing = Object.values(money.not_valued).reduce((sum, count) => sum + count, 0);
        expect(money.valued + missing).toBe(exits.length);
      }),
    );
  });

  it('a quote is the last mark at or before the moment, unless it is too old', () => {
    const times = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 30 });
    fc.assert(
      fc.property(times, times, fc.integer({ min: 0, max: 20 }), (marked, asked, countsMs) => {
        const marks = [...marked]
          .sort((a, b) => a - b)
          .map((atMs, at) => ({ symbol: 'X', atMs, price: at + 1, countsMs }));
        const quotes = new Quotes(asked);
        for (const mark of marks) quotes.take(mark);
        quotes.finish();
        for (const time of asked) {
          const last = marks.filter(({ atMs }) => atMs <= time).at(-1);
          expect(quotes.at(time)).toBe(last !== undefined && time - last.atMs <= countsMs ? last.price : undefined);
        }
      }),
    );
  });
});

describe('the deepest drawdown', () => {
  it.each([
    ['of nothing is not known', [], null],
    ['of equity that was never above 0 neither', [0, -1], null],
    ['of a rise is none', [1, 2, 3], 0],
    ['is from the highest point before', [100, 80, 120, 90, 110], 0.25],
    ['is all of it at 0, and more below', [100, 0, -50], 1.5],
  ])('%s', (_name, path, expected) => {
    expect(maxDrawdown(path)).toBe(expected);
  });
});
