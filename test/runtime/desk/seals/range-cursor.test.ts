import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Group, RangeCursor } from '../../../../runtime/desk/seals/range-cursor.ts';
import type { Seal } from '../../../../runtime/desk/seals/seal.ts';

/** Seals of these ranges, as far as a cursor asks. */
const sealsOf = (ranges: readonly (readonly [string, string])[]) => ranges.map(([from, to]) => ({ from, to }) as Seal);

/** The groups that decisions fall into, and how many are in each. */
function groupsOf(seals: readonly Seal[], ids: readonly string[]): [Group, number][] {
  const cursor = new RangeCursor(seals);
  const found: [Group, number][] = [];
  let count = 0;
  const end = (group: Group | undefined) => {
    if (group !== undefined) found.push([group, count]);
    count = 0;
  };
  for (const id of ids) {
    const group = cursor.take(id);
    if (group !== undefined) end(group);
    count += 1;
  }
  end(cursor.end());
  return found;
}

describe('the ranges of a log', () => {
  const seals = sealsOf([
    ['1-0', '3-0'],
    ['4-0', '6-0'],
  ]);

  it.each<{ what: string; ids: string[]; groups: [Group, number][] }>([
    { what: 'nothing', ids: [], groups: [] },
    {
      what: 'whole',
      ids: ['1-0', '2-0', '3-0', '4-0', '6-0'],
      groups: [
        [0, 3],
        [1, 2],
      ],
    },
    {
      what: 'newer ones behind',
      ids: ['4-0', '6-0', '6-1', '7-0'],
      groups: [
        [1, 2],
        ['unsealed', 2],
      ],
    },
    {
      what: 'the front cut off',
      ids: ['2-0', '3-0', '4-0'],
      groups: [
        [0, 2],
        [1, 1],
      ],
    },
    {
      what: 'the end of a range dropped',
      ids: ['1-0', '2-0', '4-0', '6-0'],
      groups: [
        [0, 2],
        [1, 2],
      ],
    },
    {
      what: 'the begin of a range dropped',
      ids: ['1-0', '3-0', '5-0', '6-0'],
      groups: [
        [0, 2],
        [1, 2],
      ],
    },
    {
      what: 'one put between two ranges',
      ids: ['1-0', '3-0', '3-5', '4-0'],
      groups: [
        [0, 2],
        ['added', 1],
        [1, 1],
      ],
    },
    {
      what: 'one older than all',
      ids: ['0-5', '1-0', '3-0'],
      groups: [
        ['added', 1],
        [0, 2],
      ],
    },
  ])('$what', ({ ids, groups }) => {
    expect(groupsOf(seals, ids)).toEqual(groups);
  });

  it('without any seal nothing is sealed', () => {
    expect(groupsOf([], ['1-0', '2-0'])).toEqual([['unsealed', 2]]);
  });

  it('are found again however often the clock was ahead and taken back, from any range on', () => {
    const spans = fc.array(
      fc.record({ back: fc.boolean(), by: fc.integer({ min: 1, max: 40 }), count: fc.integer({ min: 1, max: 12 }) }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(spans, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 30 }), (drawn, size, skip) => {
        // Written ids in the order of the log; a range is closed when it is full, and where ids go back.
        const ids: string[] = [];
        let ms = 10_000;
        const used = new Set<number>();
        for (const { back, by, count } of drawn) {
          ms += back ? -by * 10 : by * 10;
          for (let at = 0; at < count; at += 1) {
            do ms += 1;
            while (used.has(ms));
            used.add(ms);
            ids.push(`${ms}-0`);
          }
        }
        const ranges: string[][] = [];
        for (const id of ids) {
          const open = ranges.at(-1);
          const isBack = Number.parseInt(id, 10) < Number.parseInt(open?.at(-1) ?? '0', 10);
          if (open === undefined || open.length >= size || isBack) ranges.push([id]);
          else open.push(id);
        }
        const made = sealsOf(ranges.map((range) => [range[0] ?? '', range.at(-1) ?? '']));
        const first = skip % ranges.length;
        const expected = ranges.map((range, place): [Group, number] => [place, range.length]).slice(first);
        expect(groupsOf(made, ranges.slice(first).flat())).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
