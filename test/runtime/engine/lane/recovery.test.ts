import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idBefore, isGroupLost, isUnblocked } from '../../../../runtime/engine/lane/recovery.ts';
import { compareStreamIds } from '../../../../schemas/time.ts';

test.each([
  ['5-3', '5-2'],
  ['5-1', '5-0'],
  ['5-0', '4-18446744073709551615'],
  ['0-1', '0-0'],
  ['0-0', '0-0'],
  ['1753000000000-18446744073709551615', '1753000000000-18446744073709551614'],
])('the id right before %s is %s', (id, before) => {
  expect(idBefore(id)).toBe(before);
});

test('the id before is older than any id but the first, and nothing fits between', () => {
  const part = fc.bigInt({ min: 0n, max: 18446744073709551615n });
  fc.assert(
    fc.property(part, part, (ms, seq) => {
      fc.pre(ms > 0n || seq > 0n);
      const id = `${ms}-${seq}`;
      const before = idBefore(id);
      expect(compareStreamIds(before, id)).toBeLessThan(0);
      const [beforeMs, beforeSeq] = before.split('-').map(BigInt) as [bigint, bigint];
      const next = beforeSeq === 18446744073709551615n ? `${beforeMs + 1n}-0` : `${beforeMs}-${beforeSeq + 1n}`;
      expect(next).toBe(id);
    }),
  );
});

test.each([
  ["NOGROUP No such key 'a' or consumer group 'g' in XREADGROUP with GROUP option", true],
  ['UNBLOCKED the stream key no longer exists', true],
  ['UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)', false],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', false],
])('%s: the group is lost: %s', (message, lost) => {
  expect(isGroupLost(new Error(message))).toBe(lost);
  expect(isUnblocked(new Error(message))).toBe(message.startsWith('UNBLOCKED force'));
});

test.each(["READONLY You can't write against a read only replica.", 'LOADING Redis is loading the dataset in memory'])(
  '%s passes by itself',
  (message) => {
    expect(isUnblocked(new Error(message))).toBe(true);
    expect(isGroupLost(new Error(message))).toBe(false);
  },
);
