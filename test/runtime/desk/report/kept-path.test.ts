import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EquityPath } from '../../../../runtime/desk/report/kept-path.ts';

const END_MS = 1_000;
const times = fc.uniqueArray(fc.integer({ min: 0, max: END_MS }), { maxLength: 40 });
const parts = fc.array(
  fc
    .record({
      enforced: fc.boolean(),
      fromMs: fc.integer({ min: 0, max: END_MS }),
      heldMs: fc.integer({ min: 0, max: END_MS }),
      endUsd: fc.integer({ min: -1_000, max: 1_000 }),
    })
    .map(({ heldMs, ...part }) => ({ ...part, endMs: Math.min(END_MS, part.fromMs + heldMs) })),
  { maxLength: 30 },
);

function readings(at: readonly number[]) {
  return [...at].sort((a, b) => a - b).map((atMs) => ({ atMs, equityUsd: 100 + atMs }));
}

it('has a moment for each reading and one at the end of the report, none without a reading', () => {
  expect(new EquityPath([], END_MS).points()).toEqual([]);
  expect(new EquityPath(readings([10, END_MS]), END_MS).moments.map(({ atMs }) => atMs)).toEqual([10, END_MS]);
  expect(new EquityPath(readings([10]), END_MS).points()).toEqual([
    { atMs: 10, equityUsd: 110, enforcedUsd: 0, shadowUsd: 0 },
    { atMs: END_MS, equityUsd: 110, enforcedUsd: 0, shadowUsd: 0 },
  ]);
});

it('counts a part after its beginning, by what it earned before its end and by its end from there on', () => {
  const path = new EquityPath(readings([10, 20, 30, 40]), 40);
  const asked: number[] = [];
  path.add({ enforced: false, fromMs: 10, endMs: 30, endUsd: 7 }, (atMs) => {
    asked.push(atMs);
    return 1;
  });
  expect(path.points().map(({ shadowUsd }) => shadowUsd)).toEqual([0, 1, 7, 7]);
  expect(asked).toEqual([20]);
  expect(path.within(10, 30).map(({ atMs }) => atMs)).toEqual([20]);
});

it('comes to what all parts come to moment by moment', () => {
  const earned = (endUsd: number, atMs: number) => endUsd - atMs;
  fc.assert(
    fc.property(times, parts, (at, all) => {
      const path = new EquityPath(readings(at), END_MS);
      for (const part of all) path.add(part, (atMs) => earned(part.endUsd, atMs));
      for (const { atMs, enforcedUsd, shadowUsd } of path.points()) {
        const sum = (enforced: boolean) =>
          all
            .filter((part) => part.enforced === enforced && part.fromMs < atMs)
            .reduce((total, { endMs, endUsd }) => total + (endMs <= atMs ? endUsd : earned(endUsd, atMs)), 0);
        expect([enforcedUsd, shadowUsd]).toEqual([sum(true), sum(false)]);
      }
    }),
  );
});
