import { expect, test } from 'vitest';
import type { Step } from '../../../../runtime/desk/explain/explanation.ts';
import { endOf } from '../../../../runtime/desk/explain/plan-end.ts';
import type { Reading } from '../../../../runtime/desk/explain/reading.ts';

const NO_KEYS = { permitted: [], blocked: [] };

test.each([
  [{ permitted: ['quantum:permit:p'], blocked: [] }, 'forgotten'],
  [{ permitted: [], blocked: ['quantum:governor:block:p'] }, 'forgotten'],
  [NO_KEYS, 'unknown'],
])('a plan without any station, of which the keys say %j, is %s', (keys, end) => {
  expect(endOf([], keys).end).toBe(end);
});

function undecided(reading: Reading, decision = ''): Step {
  return { step: 'undecided', at: 1, id: '1-0', stream: 'apply.plan', decision, reading, entry: {} };
}

test.each([
  ['waiting', 'undecided', 'not judged yet'],
  ['in_hand', 'undecided', 'read, and not judged yet'],
  ['finished', 'forgotten', 'no longer tells how'],
  ['unknown', 'undecided', 'cannot be told'],
] as const)('a plan without a decision, whose reading is %s, is %s', (reading, end, words) => {
  const ended = endOf([undecided(reading)], NO_KEYS);
  expect(ended.end).toBe(end);
  expect(ended.summary).toContain(words);
});

test('a forgotten plan names what its keys still say, and one of its own decision SKIP was left alone all the same', () => {
  const blocked = { permitted: [], blocked: ['quantum:governor:block:p'] };
  expect(endOf([undecided('finished')], blocked).summary).toContain(
    'it was blocked within the last hour (quantum:governor:block:p)',
  );
  expect(endOf([undecided('finished', 'SKIP')], blocked)).toMatchObject({ end: 'undecided' });
});

test('the result of a forgotten plan outweighs that it is forgotten', () => {
  const result: Step = { step: 'result', at: 2, id: '2-0', executed: false, error: 'margin', entry: {} };
  expect(endOf([undecided('finished'), result], NO_KEYS).end).toBe('not_executed');
});
