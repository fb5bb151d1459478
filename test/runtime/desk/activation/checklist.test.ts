import { expect, test } from 'vitest';
import heatGate from '../../../../handlers/heat-gate/index.ts';
import { type ActivationEvidence, checklistOf } from '../../../../runtime/desk/activation/checklist.ts';
import { type DecisionFigures, GateFigures } from '../../../../runtime/desk/report/figures.ts';
import { readerOf } from '../../../../runtime/engine/status/faces.ts';
import { ACTIVATION_LIMITS } from '../../../../runtime/settings/activation-settings.ts';
import { type ChecklistItem, checklistItems } from '../../../../schemas/activation.ts';
import { DAY_MS, HOUR_MS } from '../../../../schemas/duration.ts';

const NOW_MS = 1_795_000_000_000;

/** So many hours of the clock up to now, of which the last ones are each a day further back. */
function hoursBack(count: number, days: number): number[] {
  const now = Math.floor(NOW_MS / HOUR_MS);
  const back = Array.from({ length: count }, (_, at) => (at < days ? at * 24 : at - days + 1));
  return back.map((hours) => now - hours).sort((a, b) => a - b);
}

const good: DecisionFigures = {
  ...new GateFigures('heat-gate', readerOf(heatGate)).result(),
  from: (NOW_MS - DAY_MS) / 1000,
  to: (NOW_MS - 6 * HOUR_MS) / 1000,
  longest_gap_sec: 12 * 3_600,
  decisions: 1_000,
  with_inputs: 1_000,
  fresh: 1_000,
  fresh_share: 1,
  stale_rate: 0,
  verdict_pairs: 100,
  flip_rate: 0,
};

const ready: ActivationEvidence = {
  nowMs: NOW_MS,
  mode: 'shadow',
  resting: 'shadow',
  enforcing: 'enforce',
  sinceMs: NOW_MS - DAY_MS,
  sinceProblem: '',
  log: {
    ...{ figures: good, inputs_told: true, write_failures: 0, symbols: [], budgets_read: 0, budget_read_ms: null },
    ...{ symbols_judged: 3, exits: 30, hours: hoursBack(24, 3) },
  },
  limits: ACTIVATION_LIMITS,
  upTime: { minutes: 4_000, up: 3_800 },
  deadLetters: 0,
  liveKeys: 3,
  unwritableKeys: [],
  wiring: { wired: true, found: 'group executor reads harvest.calibrated' },
  workers: ['one'],
  waitingMs: 0,
  rehearsal: { atMs: NOW_MS - 7 * DAY_MS, passed: true, workers: 1, slowestMs: 1_000, missing: '' },
};

function unmet(evidence: ActivationEvidence): readonly ChecklistItem[] {
  return checklistOf(evidence).flatMap(({ ok, item }) => (ok ? [] : [item]));
}

function withLog(log: Partial<ActivationEvidence['log']>): ActivationEvidence {
  return { ...ready, log: { ...ready.log, ...log } };
}

function withFigures(figures: Partial<DecisionFigures>): ActivationEvidence {
  return { ...ready, log: { ...ready.log, figures: { ...good, ...figures } } };
}

test('a gate with everything at its exact limit is ready, and every line is judged', () => {
  expect(unmet(ready)).toEqual([]);
  expect(checklistOf(ready).map(({ item }) => item)).toEqual(checklistItems);
});

function old(hours: number): ActivationEvidence {
  const limits = { ...ACTIVATION_LIMITS, ACTIVATION_NEWEST_HOURS: hours };
  return { ...withFigures({ to: (NOW_MS - hours * HOUR_MS) / 1000 }), limits };
}

const ALLOWED: readonly (readonly [string, ActivationEvidence])[] = [
  ['exactly 100 decisions', withFigures({ decisions: 100 })],
  ['99.9 % fresh inputs', withFigures({ fresh_share: 0.999 })],
  ['just under 5 % stale', withFigures({ stale_rate: 0.0499 })],
  ['a flip rate of 10 %', withFigures({ flip_rate: 0.1 })],
  ['no two verdicts to compare', withFigures({ flip_rate: null, verdict_pairs: 0 })],
  [
    'no word of the inputs by a gate that tells of none',
    {
      ...ready,
      log: {
        ...ready.log,
        inputs_told: false,
        figures: { ...good, with_inputs: 0, fresh_share: null, stale_rate: null },
      },
    },
  ],
  ['a message that waits for 30 s', { ...ready, waitingMs: 30_000 }],
  ['no exits of a gate that judges none', withLog({ exits: null })],
  ['no symbols of a gate that tells nothing', withLog({ symbols_judged: 0, inputs_told: false })],
  ['an age of 144 h where that is the limit', old(144)],
];

test.each(ALLOWED)('%s will do', (_what, evidence) => {
  expect(unmet(evidence)).toEqual([]);
});

const REFUSED: readonly (readonly [ChecklistItem, ActivationEvidence, string])[] = [
  ['mode', { ...ready, mode: 'enforce' }, 'enforce'],
  ['mode', { ...ready, mode: '' }, 'not set'],
  ['worker', { ...ready, workers: [] }, '0 running, oldest message waiting 0 s'],
  ['worker', { ...ready, waitingMs: 30_001 }, '1 running, oldest message waiting 31 s'],
  ['hours_in_shadow', { ...ready, sinceMs: NOW_MS - DAY_MS + 1 }, '23.9, with these limits since 2026-11-17 11:06 UTC'],
  ['hours_in_shadow', withFigures({ from: null }), '0, no decision since 2026-11-17 11:06 UTC'],
  ['hours_in_shadow', { ...ready, sinceMs: undefined, sinceProblem: 'not known: why' }, 'not known: why'],
  [
    'hours_in_shadow',
    withFigures({ from: (NOW_MS - 2 * HOUR_MS) / 1000 }),
    '2.0, with these limits since 2026-11-17 11:06 UTC, first decision 2026-11-18 09:06 UTC',
  ],
  ['hours_with_decisions', withLog({ hours: hoursBack(23, 3) }), '23'],
  ['newest_decision', withFigures({ to: (NOW_MS - 6 * HOUR_MS) / 1000 - 1 }), '6.1 h old, 2026-11-18 05:06 UTC'],
  ['newest_decision', withFigures({ to: null }), 'no decision'],
  ['longest_gap', withFigures({ longest_gap_sec: 12 * 3_600 + 1 }), '12.1 h without one'],
  ['days', withLog({ hours: hoursBack(24, 2) }), '2'],
  ['exits', withLog({ exits: 29 }), '29'],
  ['symbols', withLog({ symbols_judged: 2 }), '2'],
  ['symbols', withLog({ symbols_judged: 0 }), '0'],
  ['up_time', { ...ready, upTime: { minutes: 4_000, up: 3_799 } }, '94.97 % (3799 of 4000 minutes)'],
  ['up_time', { ...ready, upTime: { minutes: 0, up: 0 } }, 'nothing to judge it by'],
  ['decisions', withFigures({ decisions: 99 }), '99'],
  ['errors', withFigures({ errors: 1 }), '1'],
  ['dead_letters', { ...ready, deadLetters: 1 }, '1'],
  [
    'inputs_fresh',
    withFigures({ fresh_share: 0.99899, fresh: 99_899, with_inputs: 100_000 }),
    '99.89 % (99899 of 100000)',
  ],
  ['inputs_fresh', withFigures({ fresh_share: null, stale_rate: 0, with_inputs: 0 }), 'nothing to judge it by'],
  ['stale_rate', withFigures({ stale_rate: 0.05, stale: 50 }), '5 % (50 of 1000)'],
  ['flip_rate', withFigures({ flip_rate: 0.11, flips: 11 }), '11 % (11 of 100)'],
  [
    'write_failures',
    { ...ready, log: { ...ready.log, write_failures: 1 } },
    '1, and 3 of 3 live hashes can be written',
  ],
  ['write_failures', { ...ready, unwritableKeys: ['k'] }, '0, and 2 of 3 live hashes can be written: k is no hash'],
  ['protective_exits_changed', withFigures({ protective_exits: 4, protective_exits_changed: 1 }), '1 of 4'],
  ['consumer_wired', { ...ready, wiring: { wired: false, found: 'no consumer group' } }, 'no consumer group'],
  ['rollback_rehearsed', { ...ready, rehearsal: undefined }, 'never'],
  [
    'rollback_rehearsed',
    { ...ready, rehearsal: { atMs: NOW_MS, passed: false, workers: 2, slowestMs: 1_001, missing: 'two' } },
    '2026-11-18 11:06 UTC: 2 workers, the slowest after 1001 ms, never in two',
  ],
  [
    'rollback_rehearsed',
    { ...ready, rehearsal: { atMs: NOW_MS - 7 * DAY_MS - 1, passed: true, workers: 1, slowestMs: 5, missing: '' } },
    '2026-11-11 11:06 UTC: 1 worker, the slowest after 5 ms',
  ],
];

test.each(REFUSED)('%s alone keeps it from being ready (%#)', (item, evidence, found) => {
  expect(unmet(evidence)).toEqual([item]);
  expect(checklistOf(evidence).find((line) => line.item === item)?.found).toBe(found);
});

test('no exits are told of no decisions, whatever the gate judges', () => {
  const lines = checklistOf(withLog({ exits: null, figures: { ...good, decisions: 0, from: null, to: null } }));
  expect(lines.find(({ item }) => item === 'exits')?.found).toBe('no decision');
});
