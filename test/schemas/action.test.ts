import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionKind, actionSuffix, closeFraction, isStopMove, plainAction } from '../../schemas/action.ts';

describe('an action', () => {
  it.each([
    ['FULL_CLOSE', false, 'CLOSE'],
    ['FULL_CLOSE_PROPOSED', false, 'CLOSE'],
    ['PARTIAL_75', false, 'CLOSE'],
    ['PARTIAL_50_PROPOSED', false, 'CLOSE'],
    ['PARTIAL_25', false, 'CLOSE'],
    ['UPDATE_SL', false, 'CLOSE'],
    ['MOVE_SL', false, 'CLOSE'],
    ['HOLD', false, 'NEUTRAL'],
    ['HOLD', true, 'NEUTRAL'],
    ['NOOP_PROPOSED', true, 'NEUTRAL'],
    ['BUY', false, 'OPEN'],
    ['BUY', true, 'CLOSE'],
    ['UNKNOWN', false, 'OPEN'],
    ['full_close', false, 'OPEN'],
    ['PARTIAL_10', false, 'OPEN'],
    ['_PROPOSED', false, 'OPEN'],
  ] as const)('%s with reduceOnly %s is %s', (action, reduceOnly, kind) => {
    expect(actionKind(action, reduceOnly)).toBe(kind);
  });

  it.each([
    ['FULL_CLOSE', 1],
    ['FULL_CLOSE_PROPOSED', 1],
    ['PARTIAL_75', 0.75],
    ['PARTIAL_50', 0.5],
    ['PARTIAL_25_PROPOSED', 0.25],
    ['UPDATE_SL', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
    ['toString_PROPOSED', undefined],
  ])('%s closes %s of the position', (action, fraction) => {
    expect(closeFraction(action)).toBe(fraction);
  });

  it('that moves a stop is told with and without the suffix', () => {
    expect(['UPDATE_SL', 'MOVE_SL_PROPOSED', 'FULL_CLOSE'].map(isStopMove)).toEqual([true, true, false]);
  });

  it('is its plain spelling and its suffix, and is never OPEN when it reduces only', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.boolean(), (text, proposed) => {
        const action = proposed ? `${text}_PROPOSED` : text;
        expect(plainAction(action) + actionSuffix(action)).toBe(action);
        expect(actionKind(action, true)).not.toBe('OPEN');
      }),
    );
  });
});
