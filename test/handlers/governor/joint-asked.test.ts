import { describe, expect, it } from 'vitest';
import { askedOf, sharesOf } from '../../../handlers/governor/joint/asked.ts';
import { decisionRecord } from '../../../schemas/decision.ts';

const close = (action: string, qty?: number) =>
  decisionRecord({ handler: 'governor', action, input: JSON.stringify({ side: 'SELL', qty }), facts: '{}' } as never);
const exit = { planId: 'p', symbol: 'LA', atMs: 0, logged: 0.25, here: 0.75 };

describe('a close that carries out an exit that was softened otherwise', () => {
  it.each([
    ['by its share', 'PARTIAL_25', undefined, true, [0.25, 0.75]],
    ['by a quantity that is its share', 'PARTIAL_25', 0.5, true, [0.25, 0.75]],
    ['by that quantity alone', 'SELL', 0.5, true, [0.25, 0.75]],
    ['not by another share', 'PARTIAL_50', undefined, false, [0.5, 0.5]],
    ['not by another quantity', 'PARTIAL_25', 0.5001, false, [0.25005, 0.25005]],
    ['not by a quantity and another share', 'PARTIAL_50', 0.5, false, [0.25, 0.25]],
  ])('%s', (_, action, qty, followed, shares) => {
    const asked = askedOf(close(action, qty), exit, 2);
    expect(asked.followed).toBe(followed);
    expect(sharesOf(asked, 2, 2)).toEqual(shares);
    expect(asked.qtyHere).toBe(qty === undefined ? undefined : followed ? 1.5 : qty);
  });

  it('closes its share of what would be held, whatever that is', () => {
    const asked = askedOf(close('FULL_CLOSE', 2), { ...exit, logged: 1, here: 0.25 }, 2);
    expect(sharesOf(asked, 2, 8)).toEqual([1, 0.25]);
    expect(sharesOf(askedOf(close('FULL_CLOSE', 2), undefined, 2), 2, 8)).toEqual([1, 1]);
  });
});
