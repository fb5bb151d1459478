import fc from 'fast-check';
import { expect, test } from 'vitest';
import heatGate from '../../../../handlers/heat-gate/index.ts';
import { breachOf, mostChanged, type WatchEvidence } from '../../../../runtime/desk/activation/conditions.ts';
import { type DecisionFigures, GateFigures } from '../../../../runtime/desk/report/figures.ts';
import { readerOf } from '../../../../runtime/engine/status/faces.ts';
import { watchConditions } from '../../../../schemas/activation.ts';

const quiet = new GateFigures('heat-gate', readerOf(heatGate)).result();
const holds: WatchEvidence = {
  log: { figures: quiet, write_failures: 0 },
  deadLetters: 0,
  waitingMs: 30_000,
  held: { problem: 'why', ms: 10_000 },
};

function withFigures(figures: Partial<DecisionFigures>): WatchEvidence {
  return { ...holds, log: { figures: { ...quiet, ...figures }, write_failures: 0 } };
}

const HOLD: readonly (readonly [string, WatchEvidence, number])[] = [
  ['nothing was decided, and waiting and holding are at their limits', holds, 0],
  ['two decisions on old inputs', withFigures({ with_inputs: 2, stale: 1, missing: 1 }), 0],
  ['three of 60 on old inputs', withFigures({ with_inputs: 60, stale: 3 }), 0],
  ['19 decisions, all of them changed', withFigures({ decisions: 19, changed: 19 }), 0],
  ['10 % changed, with none before', withFigures({ decisions: 20, changed: 2 }), 0],
  ['twice a third of before', withFigures({ decisions: 30, changed: 20 }), 1 / 3],
  ['twice as much changed as before', withFigures({ decisions: 20, changed: 8 }), 0.2],
];

test.each(HOLD)('%s is no breach', (_what, evidence, before) => {
  expect(breachOf(evidence, watchConditions, before)).toBeUndefined();
});

const BREACHES: readonly (readonly [WatchEvidence, number, string])[] = [
  [withFigures({ errors: 1 }), 0, 'messages that could not be judged: 1, at most 0'],
  [withFigures({ protective_exits_changed: 1 }), 0, 'protective exits changed: 1, at most 0'],
  [{ ...holds, deadLetters: 1 }, 0, 'dead letters: 1, at most 0'],
  [{ ...holds, log: { figures: quiet, write_failures: 2 } }, 0, 'writes that could not be made: 2, at most 0'],
  [{ ...holds, waitingMs: 30_001 }, 0, 'a message has been waiting for 30 s, at most 30 s'],
  [{ ...holds, held: { problem: 'why', ms: 10_001 } }, 0, 'its lane has been held for 10 s, at most 10 s: why'],
  [
    withFigures({ with_inputs: 59, stale: 2, missing: 1 }),
    0,
    'decisions on inputs that were not fresh: 3 of 59, at most 5 %',
  ],
  [
    withFigures({ decisions: 20, changed: 9 }),
    0.2,
    'decisions in which it stood in the way: 9 of 20, at most 40 % (20 % before)',
  ],
];

test.each(BREACHES)('one step further is one (%#)', (evidence, before, says) => {
  expect(breachOf(evidence, watchConditions, before)).toBe(says);
});

test('what a gate may change is never less than before, nor more than everything', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (before) => {
      const most = mostChanged(watchConditions, before);
      expect(most).toBeGreaterThanOrEqual(before);
      expect(most).toBeLessThanOrEqual(1);
    }),
  );
});
