import { expect, it } from 'vitest';
import { jointLosses } from '../../../handlers/contract/carried.ts';
import { impactText } from '../../../runtime/doors/cli/policy-text.ts';
import { notCarriedWords } from '../../../schemas/not-carried-text.ts';

const IMPACT = {
  ...{ decisions: 2, changed: 1, verdict_changed: 1, not_recorded: 0, complete: true, try_counted: true },
  ...{ joint: null, alone_because: 'it is blind' },
};
const NO_LOSS = { size_unknown: 0, not_judged: 0, still_held: 0 };
const changes = [{ from: 'PERMIT', to: 'BLOCK', count: 1 }];

it.each([
  [0, ''],
  [3, '3 more cannot be judged: the log lacks what these limits rest on.\n'],
])('what a change of limits comes to says which %i decisions nobody could judge again', (not_recorded, rest) => {
  expect(impactText({ ...IMPACT, changes, not_recorded })).toBe(
    'Of 2 decisions of the last 24 h 1 would have come out otherwise, 1 of them with another verdict.\n' +
      'Each is judged alone: what it decides otherwise changes nothing for those behind it. Not judged jointly: it is blind.\n' +
      `${rest}  1 × PERMIT → BLOCK\n`,
  );
});

it('says both numbers, and from what to what, where alone and jointly differ', () => {
  const joint = { changed: 2, verdict_changed: 2, changes: [{ from: 'BLOCK', to: 'PERMIT', count: 2 }] };
  const not_carried = { ...NO_LOSS, size_unknown: 3 };
  expect(impactText({ ...IMPACT, changes, joint: { ...joint, not_carried }, alone_because: '' })).toBe(
    'Of 2 decisions of the last 24 h 1 would have come out otherwise, judged alone, 1 of them with another verdict; ' +
      '2, judged jointly, 2 of them with another verdict.\n' +
      'Alone, what a decision comes to changes nothing for those behind it; jointly, each is judged after that.\n' +
      '3 plans have no known size: their positions are not carried on.\n' +
      'Judged alone:\n  1 × PERMIT → BLOCK\nJudged jointly:\n  2 × BLOCK → PERMIT\n',
  );
});

it('says one number where they do not differ', () => {
  const joint = { changed: 1, verdict_changed: 1, changes, not_carried: NO_LOSS };
  expect(impactText({ ...IMPACT, changes, joint, alone_because: '' })).toBe(
    'Of 2 decisions of the last 24 h 1 would have come out otherwise, 1 of them with another verdict.\n' +
      'As many, judged jointly: each after what those before it came to.\n  1 × PERMIT → BLOCK\n',
  );
});

it('says that not all were judged', () => {
  expect(impactText({ ...IMPACT, changes, complete: false })).toContain(
    'Not all could be judged in the time there is: the oldest were.\n',
  );
});

it.each([...jointLosses, 'still_held'])('has words for %s', (name) => {
  expect(notCarriedWords({ [name]: 1 })).not.toEqual([`1 ${name}.`]);
});

it('says where nobody will count it as a try', () => {
  expect(impactText({ ...IMPACT, changes, not_recorded: 0, try_counted: false })).toMatch(
    /\nReports will not count these limits among those tried on these days\.\n/,
  );
});

it('where none can be judged again, it says so', () => {
  expect(impactText({ ...IMPACT, decisions: 0, changed: 0, verdict_changed: 0, changes: [], not_recorded: 4 })).toBe(
    'No decision of the last 24 h can be judged again by these limits.\n',
  );
});
