import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decision, type Outcome, wholeText } from '../../handlers/contract/effects.ts';
import heatGate from '../../handlers/heat-gate/index.ts';
import { wholeFacts } from '../../runtime/engine/commit/shared-facts.ts';
import { closeFraction, plainAction } from '../../schemas/action.ts';
import { HeatSettings } from '../../schemas/heat-gate.ts';
import { keys, streams } from '../../schemas/keys.ts';
import { fieldsOf, identifierProblem } from '../../schemas/wire.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { emitted, hashWrite, judgeProposal } from '../support/heat.ts';

const number = fc.oneof(
  fc.double().map(String),
  fc.constantFrom('', 'abc', 'NaN', 'Infinity', '1e400', '-1', '0', '0x10', '1800', '0.15', '10000'),
);
const figure = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined });
const action = fc.oneof(
  fc.constantFrom(
    'FULL_CLOSE',
    'FULL_CLOSE_PROPOSED',
    'PARTIAL_75',
    'PARTIAL_50_PROPOSED',
    'PARTIAL_25',
    'HOLD',
    'BUY',
  ),
  fc.string({ minLength: 1, maxLength: 20 }).filter((text) => identifierProblem(text) === undefined),
);
const position = fc.record({
  symbol: fc.constantFrom('A', 'B', 'C', 'D'),
  atMs: fc.oneof(fc.constant(NOW_MS), fc.integer({ min: NOW_MS - 2_000_000, max: NOW_MS + 20_000 })),
  qty: figure,
  notional: figure,
  markPrice: figure,
  sigma: fc.option(fc.double({ min: 1e-300, noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
  side: fc.constantFrom(undefined, 'LONG', 'FLAT'),
});
const market = fc.record({ sigma: number, sigma_1d: number, sigma_horizon_sec: number }, { requiredKeys: [] });
const world = fc.record({
  portfolio: fc.option(fc.record({ equity_usd: number, timestamp: number }, { requiredKeys: [] })),
  views: fc.record({
    book: fc.uniqueArray(position, { selector: ({ symbol }) => symbol }),
    hashes: fc.record({ 'state:market': fc.dictionary(fc.constantFrom('A', 'B'), market) }),
  }),
  mode: fc.constantFrom('shadow', 'enforce', 'unheard-of'),
  settings: fc.record({
    P26_STATE_MAX_AGE_SEC: fc.constantFrom('0', '60'),
    P26_SNAPSHOT_MAX_AGE_SEC: fc.constantFrom('0', '900'),
    P26_PROTECTIVE_REASONS: fc.constantFrom('', 'stop_loss'),
  }),
});
const entry = fc.record({
  plan_id: fc.constant('plan-1'),
  symbol: fc.constant('A'),
  action,
  reason: fc.oneof(fc.string(), fc.constantFrom('stop_loss', 'tp_hit')),
  reason_codes: fc.string(),
});

/** Every action that the outcome publishes anywhere. */
function published(outcome: Outcome): (string | undefined)[] {
  const live = hashWrite(outcome)?.fields;
  return [
    emitted(outcome, streams.calibrated).calibrated_action,
    emitted(outcome, streams.heatDecisions).out_action,
    ...(live === undefined ? [] : [live.action, live.harvest_action]),
  ];
}

function expectMonotonic(original: string, outcome: Outcome): void {
  const before = closeFraction(original);
  for (const after of published(outcome)) {
    if (plainAction(original) !== 'FULL_CLOSE') expect(after).toBe(original);
    else expect(closeFraction(after ?? '')).toBeLessThanOrEqual(before ?? 0);
  }
}

describe('the heat gate', () => {
  it('is never more aggressive than its input, whatever it is given', () => {
    fc.assert(
      fc.property(entry, world, (proposal, around) => {
        expectMonotonic(proposal.action, judgeProposal(proposal, around as never));
      }),
      { numRuns: 500 },
    );
  });

  it('is never more aggressive than its input when it could not judge at all', () => {
    fc.assert(
      fc.property(entry, fc.constantFrom('shadow', 'enforce'), fc.string(), (proposal, mode, reason) => {
        const source = fieldsOf(Object.entries(proposal).flat());
        const ctx = {
          settings: HeatSettings.parse({}),
          mode,
          nowMs: NOW_MS,
          sourceId: `${NOW_MS}-0`,
          portfolio: 'quantum',
          source,
        };
        const outcome = heatGate.onFailure(heatGate.message.parse(source), { reason, attempts: 3 }, ctx);
        expectMonotonic(proposal.action, outcome);
        expect(emitted(outcome, streams.heatDecisions)).toMatchObject({
          reason: 'handler_failed',
          heat_level: 'unknown',
        });
        expect(hashWrite(outcome)?.key).toBe(mode === 'enforce' ? keys.liveProposal('A') : undefined);
      }),
      { numRuns: 200 },
    );
  });

  it('writes plain decimals and JSON that can be read, whatever it is given', () => {
    fc.assert(
      fc.property(entry, world, (proposal, around) => {
        const outcome = judgeProposal(proposal, around as never);
        expect(emitted(outcome, streams.calibrated).heat_value).toMatch(/^\d+(\.\d{1,10})?$/);
        expect(JSON.parse(emitted(outcome, streams.heatDecisions).debug_json ?? '')).toHaveProperty('book');
        const decision = outcome.decision as Decision;
        expect(JSON.parse(wholeText(wholeFacts(decision)))).toHaveProperty('book.largest');
      }),
      { numRuns: 300 },
    );
  });
});
