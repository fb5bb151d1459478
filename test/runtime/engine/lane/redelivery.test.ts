import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Given, killsWorkers, triedAgain } from '../../../../runtime/engine/lane/redelivery.ts';

function givenOf(...ids: readonly string[]): Given {
  const given = new Given();
  given.add(ids.map((id) => ({ id, flat: [] })));
  return given;
}

const pending = [
  { id: '1-0', deliveries: 1 },
  { id: '2-0', deliveries: 1 },
  { id: '3-0', deliveries: 3 },
  { id: '4-0', deliveries: 1 },
  { id: '5-0', deliveries: 5 },
];

function idsOf(groups: readonly (readonly { readonly id: string }[])[]): string[] {
  return groups.map((group) => group.map(({ id }) => id).join()).filter((text) => text !== '');
}

test('one that was delivered more than once is tried alone, the others together', () => {
  expect(idsOf(triedAgain(pending, false, givenOf()))).toEqual(['1-0,2-0,4-0', '3-0', '5-0']);
});

test('where order counts, those between two that are alone are together', () => {
  expect(idsOf(triedAgain(pending, true, givenOf()))).toEqual(['1-0,2-0', '3-0', '4-0', '5-0']);
});

test('one that this process was given before, and lives, is no suspect', () => {
  const given = givenOf('3-0', '5-0');
  expect(idsOf(triedAgain(pending, true, given))).toEqual(['1-0,2-0,3-0,4-0,5-0']);
  expect(pending.filter((entry) => killsWorkers(entry, given))).toEqual([]);
  expect(pending.filter((entry) => killsWorkers(entry, givenOf())).map(({ id }) => id)).toEqual(['5-0']);
});

test('however entries were delivered, each is tried once, and in order where that counts', () => {
  const entries = fc.array(fc.record({ deliveries: fc.integer({ min: 1, max: 6 }), known: fc.boolean() }));
  fc.assert(
    fc.property(entries, fc.boolean(), (drawn, inOrder) => {
      const list = drawn.map(({ deliveries }, at) => ({ id: `${at + 1}-0`, deliveries }));
      const given = givenOf(...list.filter((_, at) => drawn[at]?.known).map(({ id }) => id));
      const groups = triedAgain(list, inOrder, given);
      const tried = groups.flat().map(({ id }) => id);
      expect(inOrder ? tried : tried.toSorted()).toEqual(
        inOrder ? list.map(({ id }) => id) : list.map(({ id }) => id).toSorted(),
      );
      for (const group of groups.filter(({ length }) => length > 1)) {
        expect(group.every(({ id, deliveries }) => deliveries <= 1 || given.has(id))).toBe(true);
      }
    }),
  );
});

test('the oldest of those given are forgotten, and no more are kept than a lane has in hand', () => {
  const given = new Given();
  for (let n = 0; n < 10_000; n += 1) given.add([{ id: `${n}-0`, flat: [] }]);
  expect([given.has('0-0'), given.has('5999-0'), given.has('6000-0'), given.has('9999-0')]).toEqual([
    false,
    false,
    true,
    true,
  ]);
});
