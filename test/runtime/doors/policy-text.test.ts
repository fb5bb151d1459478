import { expect, it } from 'vitest';
import { impactText } from '../../../runtime/doors/cli/policy-text.ts';

const IMPACT = { decisions: 2, changed: 1, verdict_changed: 1, not_recorded: 0, complete: true, try_counted: true };
const changes = [{ from: 'PERMIT', to: 'BLOCK', count: 1 }];

it.each([
  [0, ''],
  [3, '3 more cannot be judged: the log lacks what these limits rest on.\n'],
])('what a change of limits comes to says which %i decisions nobody could judge again', (not_recorded, rest) => {
  expect(impactText({ ...IMPACT, changes, not_recorded })).toBe(
    'Of 2 decisions of the last 24 h 1 would have come out otherwise, 1 of them with another verdict.\n' +
      'Each is judged alone: what it decides otherwise changes nothing for those behind it.\n' +
      `${rest}  1 × PERMIT → BLOCK\n`,
  );
});

it('says where nobody will count it as a try', () => {
  expect(impactText({ ...IMPACT, changes, not_recorded: 0, try_counted: false })).toMatch(
    /BLOCK\nReports will not count these limits among those tried on these days\.\n$/,
  );
});

it('where none can be judged again, it says so', () => {
  expect(impactText({ ...IMPACT, decisions: 0, changed: 0, verdict_changed: 0, changes: [], not_recorded: 4 })).toBe(
    'No decision of the last 24 h can be judged again by these limits.\n',
  );
});
