import { describe, expect, it } from 'vitest';
import { nearestName } from '../../../runtime/settings/nearest-name.ts';

describe('nearestName', () => {
  it('takes the closest, and none when all are far', () => {
    const known = ['GOV_MAX_OPEN_POSITIONS', 'GOV_MODE'];
    expect(nearestName('GOV_MAX_OPEN_POSITION', known)).toBe('GOV_MAX_OPEN_POSITIONS');
    expect(nearestName('P28_SOMETHING_ELSE', known)).toBeUndefined();
  });

  it.each([
    [
      'four edits away',
      'GOV_MAX_OPEN_POSIT',
      ['GOV_MAX_OPEN_POSITIO', 'GOV_MAX_OPEN_POSITXXXX'],
      'GOV_MAX_OPEN_POSITIO',
    ],
    ['four edits away alone', 'ABCD', ['ABCDEFGH'], 'ABCDEFGH'],
    ['five edits away', 'ABCD', ['ABCDEFGHI'], undefined],
    ['the first of two as close', 'GOV_MXA', ['GOV_MAX', 'GOV_MXB', 'GOV_MXC'], 'GOV_MXB'],
  ])('takes %s for %s', (_, name, known, nearest) => {
    expect(nearestName(name, known)).toBe(nearest);
  });
});
