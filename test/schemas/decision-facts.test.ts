import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { factsPatch, factsReference, factsWith, patchedFacts } from '../../schemas/decision-facts.ts';

const SHA = 'a'.repeat(64);
const contribution = fc.record({ symbol: fc.string({ maxLength: 4 }), risk_usd: fc.integer({ min: 0, max: 9 }) });
const book = fc
  .record({ book_id: fc.string({ maxLength: 3 }), largest: fc.array(contribution, { maxLength: 12 }), rest: fc.nat(3) })
  .map((one) => JSON.stringify(one));

test('a patch makes exactly the text of the one before it, for any two', () => {
  fc.assert(
    fc.property(
      fc.oneof(book, fc.string({ unit: 'binary' })),
      fc.oneof(book, fc.string({ unit: 'binary' })),
      (a, b) => {
        expect(patchedFacts(a, factsPatch(a, b))).toBe(b);
      },
    ),
  );
});

test('a patch says the objects that changed, and where the others stood', () => {
  const before = '{"n":1,"largest":[{"s":"A"},{"s":"B"},{"s":"C"}],"rest":0}';
  const after = '{"n":2,"largest":[{"s":"A"},{"s":"X"},{"s":"C"}],"rest":0}';
  expect(JSON.parse(factsPatch(before, after))).toEqual(['{"n":2,"largest":[', [18, 27], ',{"s":"X"}', [37, 58]]);
  expect(factsPatch(before, before)).toBe(`[[0,${before.length}]]`);
});

test.each(['', '{}', '[1]', '[[0,99]]', '[[2,1]]', '[[-1,1]]', '[[0.5,1]]', '[[0,1,2]]', 'x'])(
  'what is no patch of a text is none: %s',
  (patch) => expect(patchedFacts('abc', patch)).toBeUndefined(),
);

describe('a reference', () => {
  it('is a name, an id and a hash', () => {
    expect(factsReference(`book 1700-3 ${SHA}`)).toEqual({ name: 'book', id: '1700-3', sha256: SHA });
  });
  it.each(['', 'book', `book 1700 ${SHA}`, `book 1-1 ${SHA}a`, `book 1-1 ${SHA.toUpperCase()}`, `book 1-1  ${SHA}`])(
    'is nothing else: %s',
    (text) => expect(factsReference(text)).toBeUndefined(),
  );
});

test('shared facts are the last member', () => {
  expect(factsWith('{"a":1}', 'book', '{"b":2}').join('')).toBe('{"a":1,"book":{"b":2}}');
  expect(factsWith('{}', 'book', '{"b":2}').join('')).toBe('{"book":{"b":2}}');
});
