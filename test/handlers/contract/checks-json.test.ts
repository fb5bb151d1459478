import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checksJson } from '../../../handlers/contract/checks-json.ts';
import type { Check } from '../../../handlers/contract/effects.ts';
import { toJson } from '../../../schemas/json.ts';

const figure = fc.constantFrom(
  null,
  0,
  -0,
  1,
  0.1,
  1e-11,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  'BUY',
  'a "b"',
  '',
);
const check: fc.Arbitrary<Check> = fc.record({
  gate: fc.constantFrom('one', 'two', 'th"ree'),
  value: figure,
  limit: figure,
  headroom: fc.constantFrom(null, 0, -0, 2, -2.5, Number.NaN),
  verdict: fc.constantFrom('pass', 'refuse', 'skipped'),
});

it('the checks of one plan after another are written as each would be alone', () => {
  fc.assert(
    fc.property(fc.array(fc.array(check, { maxLength: 6 }), { maxLength: 30 }), (lists) => {
      for (const list of lists) expect(checksJson(list)).toBe(toJson(list.map((one) => ({ ...one }))));
    }),
    { numRuns: 300 },
  );
});
