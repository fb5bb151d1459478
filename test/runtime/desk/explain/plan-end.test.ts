import { expect, test } from 'vitest';
import { endOf } from '../../../../runtime/desk/explain/plan-end.ts';

test.each([
  [{ permitted: true, blocked: false }, 'forgotten'],
  [{ permitted: false, blocked: true }, 'forgotten'],
  [{ permitted: false, blocked: false }, 'unknown'],
])('a plan without any station, of which the keys say %j, is %s', (keys, end) => {
  expect(endOf([], keys).end).toBe(end);
});
