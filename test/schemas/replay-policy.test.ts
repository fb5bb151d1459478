import { expect, test } from 'vitest';
import { REPLAY_POLICY_EXAMPLE, ReplayPolicy } from '../../schemas/replay-policy.ts';

test('the example that help and refusals show is a policy, of gates and names there are', () => {
  expect(ReplayPolicy.parse(JSON.parse(REPLAY_POLICY_EXAMPLE))).toEqual({
    'heat-gate': { settings: { HEAT_MIN: '0.3' } },
    governor: { mode: 'production', settings: {} },
  });
});
