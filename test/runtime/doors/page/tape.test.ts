import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  compareIds,
  EMPTY_TAPE,
  released,
  TAPE_ROWS,
  type Tape,
  TICK_ROWS,
  withBatch,
  withPage,
} from '../../../../runtime/doors/page/state/tape.ts';
import type { DecisionRow } from '../../../../schemas/api/decision.ts';

function row(ms: number): DecisionRow {
  const about = { at: ms / 1000, gate: 'governor', handler: 'governor', verdict: 'PERMIT', reason: 'ok', symbol: 'X' };
  return {
    ...about,
    id: `${ms}-0`,
    plan_id: `p${ms}`,
    action: 'BUY',
    mode: 'production',
    source_id: '1-0',
    summary: '',
    tick: false,
  };
}

function batch(from: number, entries: number, count = entries): Batch {
  return {
    count,
    counts: [{ verdict: 'PERMIT', count }],
    entries: Array.from({ length: entries }, (_, at) => row(from + at)),
  };
}

const idsOf = ({ rows }: Tape) => rows.map(({ id }) => id);

describe('the tape', () => {
  it('shows the newest first', () => {
    const tape = withBatch(withBatch(EMPTY_TAPE, batch(1, 2), false), batch(3, 1), false);
    expect(idsOf(tape)).toEqual(['3-0', '2-0', '1-0']);
  });

  it('compares ids as numbers, not as text', () => {
    expect(compareIds('9-0', '10-0')).toBeLessThan(0);
    expect(compareIds('10-9', '10-10')).toBeLessThan(0);
    expect(compareIds('10-1', '10-1')).toBe(0);
  });

  it('counts all that came, and says how many were not sent to be drawn', () => {
    const tape = withBatch(EMPTY_TAPE, batch(1, 50, 132), false);
    expect(tape).toMatchObject({ total: 132, counts: { PERMIT: 132 }, undrawn: 82 });
    expect(tape.rows).toHaveLength(50);
  });

  it.each([
    [TAPE_ROWS, TAPE_ROWS],
    [TAPE_ROWS + 1, TAPE_ROWS],
  ])('of %i rows it keeps %i, the newest', (came, kept) => {
    const tape = withBatch(EMPTY_TAPE, batch(1, came), false);
    expect(tape.rows).toHaveLength(kept);
    expect(tape.rows[0]?.id).toBe(`${came}-0`);
  });

  it('stands still while it is held, counts on, and draws what waited when it is let go', () => {
    const before = withBatch(EMPTY_TAPE, batch(1, 1), false);
    const held = withBatch(before, batch(2, 3, 10), true);
    expect(held.rows).toBe(before.rows);
    expect(held).toMatchObject({ held: 10, total: 11 });
    expect(idsOf(released(held))).toEqual(['4-0', '3-0', '2-0', '1-0']);
    expect(released(held)).toMatchObject({ held: 0, waiting: [], total: 11 });
  });

  it('takes a page of the log under what came meanwhile, without a repeat and without counting it', () => {
    const live = withBatch(EMPTY_TAPE, batch(5, 2), false);
    const tape = withPage(live, [row(5), row(4), row(3)]);
    expect(idsOf(tape)).toEqual(['6-0', '5-0', '4-0', '3-0']);
    expect(tape.total).toBe(2);
  });

  it('never holds more than its rows, never shows one twice, and always counts all', () => {
    const step = fc.record({
      from: fc.integer({ min: 1, max: 2_000 }),
      entries: fc.integer({ min: 0, max: 300 }),
      more: fc.integer({ min: 0, max: 500 }),
      isHeld: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let tape: Tape = EMPTY_TAPE;
        for (const { from, entries, more, isHeld } of steps) {
          tape = withBatch(isHeld ? tape : released(tape), batch(from, entries, entries + more), isHeld);
          const ids = idsOf(tape);
          expect(ids.length).toBeLessThanOrEqual(TAPE_ROWS);
          expect(tape.waiting.length).toBeLessThanOrEqual(TAPE_ROWS);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids).toEqual([...ids].sort((one, other) => compareIds(other, one)));
        }
        const all = steps.reduce((sum, { entries, more }) => sum + entries + more, 0);
        expect(tape.total).toBe(all);
        expect(tape.counts.PERMIT ?? 0).toBe(all);
      }),
    );
  });

  it('keeps ticks beside the others, and none of the others gives way to them', () => {
    const ticks = { ...batch(1_000, 600), entries: batch(1_000, 600).entries.map((one) => ({ ...one, tick: true })) };
    const tape = withBatch(withBatch(EMPTY_TAPE, batch(1, 300), false), ticks, false);
    expect(tape.rows.filter(({ tick }) => tick)).toHaveLength(TICK_ROWS);
    expect(tape.rows.filter(({ tick }) => !tick)).toHaveLength(300);
  });
});
