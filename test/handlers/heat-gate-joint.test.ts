import { describe, expect, it } from 'vitest';
import { afterExit, afterFollowed, otherExits, unfollowedExits } from '../../handlers/common/otherwise/exits.ts';
import { type OtherPosition, otherPositions } from '../../handlers/common/otherwise/positions.ts';
import { NOTHING_CARRIED } from '../../handlers/contract/carried.ts';
import heatGate from '../../handlers/heat-gate/index.ts';
import { logEntry } from '../../runtime/engine/commit/request.ts';
import { decisionRecord } from '../../schemas/decision.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { type HeatWorld, judgeProposal } from '../support/heat.ts';

/** A heat of 0.027: cold by the default thresholds. */
function logged(mode: string, action = 'FULL_CLOSE', world: HeatWorld = {}) {
  const { decision } = judgeProposal({ plan_id: 'p', symbol: 'ETHUSDT', action }, { ...world, mode });
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
    ['enforce', {}, 'enforce', 'portfolio_heat_cold', []],
    ['enforce', WARM, 'enforce', 'portfolio_heat_warm', [{ logged: 0.25, here: 0.75 }]],
    ['enforce', HOT, 'enforce', 'portfolio_heat_hot', [{ logged: 0.25, here: 1 }]],
    ['enforce', {}, 'shadow', 'portfolio_heat_cold', [{ logged: 0.25, here: 1 }]],
    ['shadow', {}, 'enforce', 'portfolio_heat_cold', [{ logged: 1, here: 0.25 }]],
    ['shadow', WARM, 'shadow', 'portfolio_heat_warm', []],
    ['shadow', HOT, 'enforce', 'portfolio_heat_hot', []],
  ])('logged in %s, under %j in %s is %s, and closes otherwise %j', (was, settings, is, reason, shares) => {
    const found = jointly(logged(was), settings, is);
    expect(found?.ruling?.reason).toBe(reason);
    expect(found?.lost).toBe(undefined);
    expect(otherExits.in(found?.carried ?? NOTHING_CARRIED).waiting).toMatchObject(shares);
  });

  it('lets an exit that no plan follows within an hour go, and counts it', () => {
    const at = (minutes: number) => NOW_MS + minutes * 60_000;
    const exit = (planId: string, minutes: number) => ({
      planId,
      symbol: 'ETHUSDT',
      atMs: at(minutes),
      logged: 1,
      here: 0.25,
    });
    const [first, again] = [exit('p1', 0), exit('p1', 1)];
    const begun = { waiting: [], unfollowed: 0 };
    const twice = afterExit(afterExit(begun, first), again);
    expect(twice).toEqual({ waiting: [again], unfollowed: 0 });
    const next = exit('p2', 61);
    expect(unfollowedExits(afterExit(twice, exit('p2', 60.9)))).toBe(2);
    expect(afterExit(twice, next)).toEqual({ waiting: [next], unfollowed: 1 });
    expect(unfollowedExits(afterFollowed(afterExit(twice, next), next))).toBe(1);
  });

  describe('at the heat as it would be', () => {
    const exitWith = (other: Partial<OtherPosition>, record = logged('shadow'), symbol = 'ETHUSDT') => {
      const parts = [{ strategy: 's', missing: 1, extra: 0 }];
      const carried = otherPositions.put(NOTHING_CARRIED, new Map([[symbol, { parts, price: 1800, ...other }]]));
      const under = { settings: heatGate.settings.parse({}), mode: 'shadow' };
      const found = heatGate.joint?.({ atMs: NOW_MS, record }, under, carried);
      return [found?.ruling?.checks?.[0]?.value, found?.lost];
    };

    it('leaves out what would not be held, whole or in part', () => {
      expect(exitWith({ seenQty: 1 })).toEqual([0, undefined]);
      expect(exitWith({ seenQty: 4 })).toEqual([0.02025, undefined]);
      expect(exitWith({ seenQty: 4 }, logged('shadow', 'PARTIAL_50'))).toEqual([0.02025, undefined]);
    });

    it('is that of the log where the log does not tell how much is held, or what it moves in a day', () => {
      expect(exitWith({ seenQty: undefined })).toEqual([0.027, 'heat_as_logged']);
      expect(exitWith({ seenQty: 0, parts: [{ strategy: 's', missing: 0, extra: 1 }] }, undefined, 'BTCUSDT')).toEqual([
        0.027,
        'heat_as_logged',
      ]);
    });

    it('is not known where it was not for want of an account, whatever is held', () => {
      const record = logged('shadow', 'FULL_CLOSE', { portfolio: null });
      expect(exitWith({ seenQty: 1 }, record)).toEqual([null, undefined]);
    });
  });
});
