import { describe, expect, it } from 'vitest';
import { otherPositions } from '../../handlers/common/otherwise/positions.ts';
import { NOTHING_CARRIED } from '../../handlers/contract/carried.ts';
import heatGate from '../../handlers/heat-gate/index.ts';
import { logEntry } from '../../runtime/engine/commit/request.ts';
import { decisionRecord } from '../../schemas/decision.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { judgeProposal } from '../support/heat.ts';

/** A heat of 0.027: cold by the default thresholds. */
function logged(mode: string, action = 'FULL_CLOSE') {
  const { decision } = judgeProposal({ plan_id: 'p', symbol: 'ETHUSDT', action }, { mode });
  if (decision === undefined) throw new Error('expected a decision, got none');
  const about = { sourceStream: 's', sourceId: '1-0', portfolio: 'quantum', policyVersion: '', nowMs: NOW_MS };
  const texts = logEntry(decision, { ...about, handler: 'heat-gate', mode });
  return decisionRecord(fieldsOf(texts.map((text) => (typeof text === 'string' ? text : text.join('')))));
}

function jointly(record: ReturnType<typeof logged>, settings: Record<string, string>, mode = record.mode) {
  const under = { settings: heatGate.settings.parse(settings), mode };
  return heatGate.joint?.({ atMs: NOW_MS, record }, under, NOTHING_CARRIED);
}

describe('an exit in a joint replay', () => {
  const WARM = { HEAT_MIN: '0.02', HEAT_MAX: '0.5' };
  const HOT = { HEAT_MIN: '0.01', HEAT_MAX: '0.02' };

  it.each([
    ['enforce', {}, 'enforce', 'portfolio_heat_cold', undefined],
    ['enforce', WARM, 'enforce', 'portfolio_heat_warm', 'exit_otherwise'],
    ['enforce', HOT, 'enforce', 'portfolio_heat_hot', 'exit_otherwise'],
    ['enforce', {}, 'shadow', 'portfolio_heat_cold', 'exit_otherwise'],
    ['shadow', {}, 'enforce', 'portfolio_heat_cold', 'exit_otherwise'],
    ['shadow', WARM, 'shadow', 'portfolio_heat_warm', undefined],
    ['shadow', HOT, 'enforce', 'portfolio_heat_hot', undefined],
  ])('logged in %s, under %j in %s is %s, and lost is %s', (was, settings, is, reason, lost) => {
    const found = jointly(logged(was), settings, is);
    expect(found?.ruling?.reason).toBe(reason);
    expect(found?.lost).toBe(lost);
    expect(found?.carried).toBe(NOTHING_CARRIED);
  });

  it('says that it is judged at the heat of the log where positions would be others', () => {
    const parts = [{ strategy: 's', missing: 1, extra: 0 }];
    const carried = otherPositions.put(NOTHING_CARRIED, new Map([['ETHUSDT', { parts, price: 1800 }]]));
    const under = { settings: heatGate.settings.parse({}), mode: 'shadow' };
    const lost = (action: string) =>
      heatGate.joint?.({ atMs: NOW_MS, record: logged('shadow', action) }, under, carried).lost;
    expect([lost('FULL_CLOSE'), lost('PARTIAL_50')]).toEqual(['heat_as_logged', undefined]);
  });
});
