import fc from 'fast-check';
import { expect, test } from 'vitest';
import heatGate from '../../../../handlers/heat-gate/index.ts';
import { breachOf, type WatchEvidence } from '../../../../runtime/desk/activation/conditions.ts';
import { type DecisionFigures, GateFigures } from '../../../../runtime/desk/report/figures.ts';
import { readerOf } from '../../../../runtime/engine/status/faces.ts';
import { activationOf, watchConditions } from '../../../../schemas/activation.ts';
import { mostChanged } from '../../../../schemas/watch-limits.ts';
import { fieldsOf } from '../../../../schemas/wire.ts';

const quiet = new GateFigures('heat-gate', readerOf(heatGate)).result();
const holds: WatchEvidence = {
  log: { figures: quiet, write_failures: 0 },
  deadLetters: 0,
  waitingMs: 30_000,
  held: { problem: 'why', ms: 10_000 },
  money: { blockedCloses: 0, keptPnlUsd: null, drawdown: null },
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

test('what a gate may change is never less than before, and can always be passed by what it decides', () => {
  const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(share, (before) => {
      const most = mostChanged(watchConditions, before);
      if (most === undefined) {
        expect(before).toBeGreaterThan(1 - 1e-15);
        return;
      }
      expect(most.share).toBeGreaterThanOrEqual(before);
      expect(most.from).toBeGreaterThanOrEqual(watchConditions.changed_from);
      if (most.from > 1e9) return;
      const all = withFigures({ decisions: most.from, changed: most.from });
      expect(breachOf(all, watchConditions, before)).toContain('decisions in which it stood in the way');
    }),
  );
});

test('a gate that stood in the way of eight in ten before may do so in nine, from so many decisions on that a run is no chance', () => {
  expect(mostChanged(watchConditions, 0.8)).toEqual({ share: 0.9, from: 81 });
  expect(breachOf(withFigures({ decisions: 80, changed: 80 }), watchConditions, 0.8)).toBeUndefined();
  expect(breachOf(withFigures({ decisions: 81, changed: 72 }), watchConditions, 0.8)).toBeUndefined();
  expect(breachOf(withFigures({ decisions: 81, changed: 73 }), watchConditions, 0.8)).toBe(
    'decisions in which it stood in the way: 73 of 81, at most 90 % (80 % before)',
  );
});

test('of one that stood in the way of all before no share is asked: more there is not', () => {
  expect(mostChanged(watchConditions, 1)).toBeUndefined();
  expect(breachOf(withFigures({ decisions: 500, changed: 500 }), watchConditions, 1)).toBeUndefined();
});

const MONEY = { ...watchConditions, blocked_closes: 1, kept_loss_usd: 200, drawdown: 0.1 };

test.each([
  [{ blockedCloses: 1, keptPnlUsd: -200, drawdown: 0.1 }, undefined],
  [{ blockedCloses: 0, keptPnlUsd: null, drawdown: null }, undefined],
  [{ blockedCloses: 2, keptPnlUsd: 5, drawdown: 0 }, 'closes that another gate blocked: 2, at most 1'],
  [{ blockedCloses: 0, keptPnlUsd: -200.01, drawdown: 0 }, 'loss of the kept parts: $200.01, at most $200.00'],
  [{ blockedCloses: 0, keptPnlUsd: 5, drawdown: 0.1001 }, 'fall of the equity since: 10.01 %, at most 10 %'],
])('money %j is held against its limits', (money, says) => {
  expect(breachOf({ ...holds, money }, MONEY, 0)).toBe(says);
});

test('what is not watched ends nothing, as in an activation that an older release put on record', () => {
  const { blocked_closes: _a, kept_loss_usd: _b, drawdown: _c, ...older } = watchConditions;
  const record = {
    ...{ id: '1', state: 'watching', from: 'shadow', to: 'enforce', started_ms: '1', until_ms: '2', actor: 'ada' },
    ...{ reason: 'r', forced: '', conditions: JSON.stringify(older), changed_share: '0', decisions: '0' },
    ...{ looked_ms: '1', ended_ms: '', outcome: '' },
  };
  const read = activationOf(fieldsOf(Object.entries(record).flat()))?.conditions;
  expect(read).toEqual({ ...older, blocked_closes: null, kept_loss_usd: null, drawdown: null });
  const money = { blockedCloses: 9, keptPnlUsd: -1e9, drawdown: 1 };
  expect(read && breachOf({ ...holds, money }, read, 0)).toBeUndefined();
});
