import fc from 'fast-check';
import { expect, test } from 'vitest';
import { beginningsOf } from '../../../../runtime/engine/views/invalidations.ts';
import { families } from '../../../../schemas/keys.ts';

const EACH = Object.values(families).length;
const funds = (count: number) => Array.from({ length: count }, (_, at) => `fund-${at}`);

test('few portfolios ask for their families alone', () => {
  expect(beginningsOf(['quantum'])).toEqual(Object.values(families).map((family) => `quantum:${family}:`));
  expect(beginningsOf(funds(25))).toHaveLength(25 * EACH);
});

test('at the limit they still do, and one beyond it each asks for all of its keys', () => {
  expect(beginningsOf(['a', 'b'], 2 * EACH)).toHaveLength(2 * EACH);
  expect(beginningsOf(['a', 'b'], 2 * EACH - 1)).toEqual(['a:', 'b:']);
});

test('a thousand portfolios ask for what their names have in common', () => {
  const found = beginningsOf(funds(1_000));
  expect(found).toHaveLength(100);
  expect(found.slice(0, 2)).toEqual(['fund-0:', 'fund-10']);
  expect(found).toContain('fund-99');
});

test('names without anything in common are all told of, at worst', () => {
  expect(beginningsOf(['alpha', 'beta', 'gamma'], 1)).toEqual(['']);
});

test('whatever the names, few beginnings cover all families, and none begins with another', () => {
  const names = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom('a', 'b', '{', '}', '-'), minLength: 1, maxLength: 8 }),
    {
      minLength: 1,
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 60 }), (prefixes, most) => {
      const found = beginningsOf(prefixes, most);
      expect(found.length).toBeLessThanOrEqual(most);
      for (const one of found) {
        expect(found.filter((other) => other !== one && other.startsWith(one))).toEqual([]);
      }
      for (const prefix of prefixes) {
        for (const family of Object.values(families)) {
          expect(found.some((beginning) => `${prefix}:${family}:`.startsWith(beginning))).toBe(true);
        }
      }
    }),
  );
});
