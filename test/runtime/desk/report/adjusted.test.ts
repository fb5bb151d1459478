import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SoftenedExit } from '../../../../handlers/common/kept-exits.ts';
import type { Opening } from '../../../../handlers/common/openings.ts';
import { type Adjusted, adjusted } from '../../../../runtime/desk/report/adjusted.ts';
import type { MarkSource } from '../../../../runtime/desk/report/marks.ts';
import { valued } from '../../../../runtime/desk/report/valuation.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';

const RULES = { horizonMs: 6 * HOUR_MS, endMs: 100 * HOUR_MS, feeBps: 0 };

/** Closes of an hour each: 100, 110, 120 … at hours 0, 1, 2 … */
const risingTo = (hours: number): MarkSource => ({
  name: 'candle_file',
  async *pages(symbols) {
    for (const symbol of symbols) {
      yield Array.from({ length: hours + 1 }, (_, hour) => {
        return { symbol, atMs: hour * HOUR_MS, price: 100 + 10 * hour, countsMs: HOUR_MS };
      });
    }
  },
});

function exit(symbol: string, hour: number, more: Partial<SoftenedExit> = {}): SoftenedExit {
  return {
    ...{ atMs: hour * HOUR_MS, symbol, planId: `exit-${symbol}-${hour}`, enforced: false, bucket: 'COLD' },
    ...{ softenedTo: 'PARTIAL_25', keptShare: 0.75, heat: 0.2, reason: 'portfolio_heat_cold' },
    ...{ notionalUsd: 1000, side: 1, nextFullCloseMs: undefined, closedMs: undefined },
    ...more,
  };
}

function opening(symbol: string, hour: number, more: Partial<Opening> = {}): Opening {
  return {
    ...{ atMs: hour * HOUR_MS, symbol, planId: `entry-${symbol}-${hour}`, side: 1, qty: 1, held: new Set<string>() },
    ...{ grossUsd: 0, mostUsd: undefined, positions: 1, mostPositions: undefined },
    ...more,
  };
}

async function of(
  exits: readonly SoftenedExit[],
  openings: readonly Opening[],
  { rules = RULES, hours = 12 } = {},
): Promise<Adjusted> {
  const valuation = await valued(exits, [risingTo(hours)], [], rules, { openings });
  return await adjusted(valuation, openings, rules);
}

const piecesOf = ({ exits }: Adjusted, at = 0) => {
  const pieces = exits[at]?.pieces;
  return typeof pieces === 'string'
    ? pieces
    : pieces?.map(({ usd, endMs, end, pnlUsd }) => [usd, endMs / HOUR_MS, end, Number(pnlUsd.toFixed(6))]);
};

describe('a kept part in the adjusted reading', () => {
  // 750 of a long of 1000, from 100 at hour 0: 7.5 coins, 75 dollars an hour.
  it('is as in the direct one where nothing meets it', async () => {
    expect(piecesOf(await of([exit('A', 0)], [opening('B', 1)]))).toEqual([[750, 6, 'horizon', 450]]);
  });

  it.each([
    ['all of it', 7.5, [[750, 2, 'opposite_fill', 150]]],
    ['and no more than all', 9, [[750, 2, 'opposite_fill', 150]]],
    [
      'up to its quantity',
      2.5,
      [
        [250, 2, 'opposite_fill', 50],
        [500, 6, 'horizon', 300],
      ],
    ],
  ])('ends at an opposite fill, %s', async (_name, qty, pieces) => {
    const found = await of([exit('A', 0)], [opening('A', 2, { side: -1, qty })]);
    expect(piecesOf(found)).toEqual(pieces);
    expect(found.overlaps).toMatchObject([{ opposite: true, opening: { planId: 'entry-A-2' } }]);
  });

  it('goes on beside a fill on its own side, which is listed', async () => {
    const found = await of([exit('A', 0)], [opening('A', 2)]);
    expect(piecesOf(found)).toEqual([[750, 6, 'horizon', 450]]);
    expect(found.overlaps).toMatchObject([{ opposite: false }]);
  });

  it.each([
    // At hour 2 it is worth 900.
    ['stands up to the cap', 1900, [[750, 6, 'horizon', 450]], 0],
    [
      'ends by what is over it',
      1780,
      [
        [100, 2, 'total_notional', 20],
        [650, 6, 'horizon', 390],
      ],
      1,
    ],
    ['ends whole where all is over', 900, [[750, 2, 'total_notional', 150]], 1],
  ])('%s', async (_name, mostUsd, pieces, breaches) => {
    const found = await of([exit('A', 0)], [opening('B', 2, { grossUsd: 1000, mostUsd })]);
    expect(piecesOf(found)).toEqual(pieces);
    expect(found.breaches).toHaveLength(breaches);
    if (breaches > 0) expect(found.breaches[0]).toMatchObject({ without: 1000, withParts: 1900, limit: mostUsd });
  });

  it('gives way to a cap before a later one does', async () => {
    const found = await of([exit('A', 0), exit('B', 1)], [opening('C', 1, { grossUsd: 1000, mostUsd: 1750 })]);
    // At hour 1 A is worth 825 and B 750: A goes whole, nothing of B.
    expect([piecesOf(found, 0), piecesOf(found, 1)]).toEqual([
      [[750, 1, 'total_notional', 75]],
      [[750, 7, 'horizon', 409.090909]],
    ]);
    expect(found.mostKeptUsd).toBe(1500);
  });

  it.each([
    ['has a place up to the limit', {}, 3, 'horizon'],
    ['gives its place up beyond it', {}, 2, 'max_positions'],
    ['needs none where its symbol is held', { held: new Set(['A']) }, 2, 'horizon'],
    ['needs none where its symbol is opened', { symbol: 'A' }, 2, 'horizon'],
  ])('%s', async (_name, more, mostPositions, end) => {
    const found = await of([exit('A', 0)], [opening('B', 2, { positions: 2, mostPositions, ...more })]);
    expect(piecesOf(found)?.at(-1)?.[2]).toBe(end);
  });

  it('that was enforced is in the gross notional already, and meets opposite fills alone', async () => {
    const cap = { grossUsd: 1000, mostUsd: 900, positions: 9, mostPositions: 1 };
    expect(piecesOf(await of([exit('A', 0, { enforced: true })], [opening('B', 2, cap)]))).toEqual([
      [750, 6, 'horizon', 450],
    ]);
  });

  it('is not known where there is no mark at its end', async () => {
    const sparse: MarkSource = {
      name: 'candle_file',
      async *pages() {
        for (const hour of [0, 6]) yield [{ symbol: 'A', atMs: hour * HOUR_MS, price: 100, countsMs: 1 }];
      },
    };
    const openings = [opening('A', 2, { side: -1 })];
    const valuation = await valued([exit('A', 0)], [sparse], [], RULES, { openings });
    expect(piecesOf(await adjusted(valuation, openings, RULES))).toBe('no_mark');
  });
});

describe('for any exits and openings', () => {
  const symbols = fc.constantFrom('A', 'B', 'C');
  const hour = fc.integer({ min: 0, max: 10 });
  const anyExit = fc
    .record({ symbol: symbols, hour, side: fc.constantFrom(1 as const, -1 as const), enforced: fc.boolean() })
    .map(({ symbol, hour: at, ...more }) => exit(symbol, at, more));
  const anyOpening = fc
    .record({
      symbol: symbols,
      hour,
      ...{ side: fc.constantFrom(1 as const, -1 as const), qty: fc.integer({ min: 1, max: 12 }) },
      ...{ grossUsd: fc.integer({ min: 0, max: 3000 }), mostUsd: fc.integer({ min: 500, max: 3000 }) },
      ...{ positions: fc.integer({ min: 1, max: 4 }), mostPositions: fc.integer({ min: 1, max: 4 }) },
    })
    .map(({ symbol, hour: at, ...more }) => opening(symbol, at, more));
  const inTime = <T extends { atMs: number }>(of: T[]) => [...of].sort((a, b) => a.atMs - b.atMs);

  it('each dollar of a part ends once, at its direct end or before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyExit, { maxLength: 6 }).map(inTime),
        fc.array(anyOpening, { maxLength: 8 }).map(inTime),
        async (exits, openings) => {
          const found = await of(exits, openings, { hours: 20 });
          for (const { exit: one, pieces } of found.exits) {
            if (typeof pieces === 'string') throw new Error('expected marks for all');
            expect(pieces.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(750, 6);
            for (const { endMs } of pieces) {
              expect(endMs).toBeGreaterThanOrEqual(one.atMs);
              expect(endMs).toBeLessThanOrEqual(one.atMs + RULES.horizonMs);
            }
          }
        },
      ),
    );
  });
});
