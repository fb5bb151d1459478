import { describe, expect, it } from 'vitest';
import heatGate from '../../handlers/heat-gate/index.ts';
import { HeatSettings } from '../../schemas/heat-gate.ts';
import { streams } from '../../schemas/keys.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { counted, emitted, hashWrite } from '../support/heat.ts';

function failed(fields: Record<string, string>, mode = 'enforce') {
  const source = fieldsOf(Object.entries({ plan_id: 'p1', symbol: 'S', ...fields }).flat());
  const settings = HeatSettings.parse({});
  const ctx = { settings, mode, nowMs: NOW_MS, sourceId: `${NOW_MS}-0`, portfolio: 'quantum', source };
  return heatGate.onFailure(heatGate.message.parse(source), { reason: 'boom', attempts: 3 }, ctx);
}

describe('a proposal that could not be judged', () => {
  it.each([
    [{ action: 'FULL_CLOSE' }, 'PARTIAL_25', 'fail_closed_handler_failed'],
    [{ action: 'FULL_CLOSE_PROPOSED' }, 'PARTIAL_25', 'fail_closed_handler_failed'],
    [{ action: 'FULL_CLOSE', reason: 'stop_loss' }, 'FULL_CLOSE', 'protective_exit_unchanged'],
    [{ action: 'PARTIAL_75' }, 'PARTIAL_75', 'partial_unchanged'],
    [{ action: 'HOLD' }, 'HOLD', 'non_full_close_unchanged'],
  ])('%j is judged as missing data is', (fields, action, reason) => {
    const outcome = failed(fields);
    const unknown = { heat_value: '0', heat_bucket: 'COLD', calibrated_action: action, reason };
    expect(emitted(outcome, streams.calibrated)).toMatchObject(unknown);
    expect(emitted(outcome, streams.heatDecisions)).toMatchObject({ heat_level: 'unknown', reason: 'handler_failed' });
    expect(hashWrite(outcome)?.fields).toMatchObject({ action, downgrade_reason: reason });
    expect(outcome.decision?.reason).toBe(reason);
  });

  it('is counted once under its cause, and says what failed', () => {
    const outcome = failed({ action: 'FULL_CLOSE' }, 'shadow');
    expect(counted(outcome, 'p26_failures_total', { reason: 'handler_failed' })).toBe(1);
    expect(counted(outcome, 'p26_failures_total')).toBe(1);
    expect(counted(outcome, 'p26_proposals_processed_total')).toBe(1);
    expect(JSON.parse(emitted(outcome, streams.heatDecisions).debug_json ?? '')).toEqual({
      failure: 'boom',
      attempts: 3,
    });
    expect(hashWrite(outcome)).toBeUndefined();
  });
});
