import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearestName } from '../../../runtime/settings/nearest-name.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['P26_MODE', 'P26_MODE', 0],
    ['P26_MOD', 'P26_MODE', 1],
    ['GOV_MXA', 'GOV_MAX', 2],
    ['abc', '', 3],
  ])('%s and %s are %d edits apart', (from, to, edits) => {
    expect(editDistance(from, to)).toBe(edits);
  });

  it('is the same both ways and never more than the longer text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (from, to) => {
        const edits = editDistance(from, to);
        expect(edits).toBe(editDistance(to, from));
        expect(edits).toBeLessThanOrEqual(Math.max(from.length, to.length));
      }),
    );
  });
});

describe('nearestName', () => {
  it('takes the closest, and none when all are far', () => {
    const known = ['GOV_MAX_OPEN_POSITIONS', 'GOV_MODE'];
    expect(nearestName('GOV_MAX_OPEN_POSITION', known)).toBe('GOV_MAX_OPEN_POSITIONS');
    expect(nearestName('P28_SOMETHING_ELSE', known)).toBeUndefined();
  });
});
