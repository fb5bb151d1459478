import { describe, expect, it } from 'vitest';
import { overlaid } from '../../../../runtime/engine/lane/overlay.ts';

const JUDGED_MS = 1_800_000_000_000;
const set = { do: 'set', key: 'k', value: String(JUDGED_MS / 1000), fromCommit: true } as const;

function textAfter(before: string | null, nowMs: number): unknown {
  return overlaid({ kind: 'text', text: before, wrongType: false }, set, nowMs);
}

describe('a time that counts from a commit under way', () => {
  it.each([
    ['that has not come when it is read, is the moment of reading', '1799999000', JUDGED_MS + 3_500, '1800000003.5'],
    ['with nothing before it, is the moment of reading', null, JUDGED_MS + 3_500, '1800000003.5'],
    ['is that of judging where both are of one batch', null, JUDGED_MS, '1800000000'],
    ['that had come when it was read, is what was read', '1800000004.6', JUDGED_MS + 6_100, '1800000004.6'],
    ['that came at once, is what was read', '1800000000', JUDGED_MS + 6_100, '1800000000'],
  ])('%s', (_what, before, nowMs, text) => {
    expect(textAfter(before, nowMs)).toEqual({ kind: 'text', text, wrongType: false });
  });

  it('is no later than what was read in a sorted set', () => {
    const raw = { kind: 'scores', members: [{ member: 'm', score: JUDGED_MS + 4_600 }] } as const;
    const add = { do: 'zadd', key: 'k', member: 'm', score: JUDGED_MS, fromCommit: true } as const;
    expect(overlaid(raw, add, JUDGED_MS + 5_000)).toEqual(raw);
    expect(overlaid({ kind: 'scores', members: [] }, add, JUDGED_MS)).toEqual({
      kind: 'scores',
      members: [{ member: 'm', score: JUDGED_MS }],
    });
  });
});
