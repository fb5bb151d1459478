import { describe, expect, it } from 'vitest';
import { hourWords } from '../../../../runtime/doors/page/text/hour-words.ts';

const NOTHING = {
  ...{ permits: 0, blocks: 0, softened: 0, taken: 0, not_taken: 0, executed_without_permit: 0 },
  reasons: [],
};
const told = (different: object) => ({ portfolio: 'fund', hour: { ...NOTHING, ...different }, error: '' });

describe('the last hour in words', () => {
  it.each([
    [{}, '0 permits, 0 blocks, 0 softened', ''],
    [{ permits: 1, taken: 1, blocks: 1, softened: 2 }, '1 permit (1 taken), 1 block, 2 softened', ''],
    [{ permits: 3, taken: null }, '3 permits (taken: not known), 0 blocks, 0 softened', ''],
    [{ permits: 2, not_taken: 1 }, '2 permits (0 taken), 0 blocks, 0 softened', '1 not taken'],
    [{ executed_without_permit: 2 }, '0 permits, 0 blocks, 0 softened', '2 without a permit'],
  ])('of %j are %s', (different, text, bad) => expect(hourWords(told(different), '')).toEqual({ text, why: '', bad }));

  it.each([
    [undefined, '', 'reading …'],
    [undefined, 'nobody answers', 'not known: nobody answers'],
    [{ portfolio: 'fund', hour: null, error: '' }, '', 'reading …'],
    [{ portfolio: 'fund', hour: null, error: 'Redis is gone' }, '', 'not known: Redis is gone'],
  ])('are not counts where they are not known: %j, %s', (hour, error, why) =>
    expect(hourWords(hour, error)).toEqual({ text: undefined, why, bad: '' }),
  );
});
