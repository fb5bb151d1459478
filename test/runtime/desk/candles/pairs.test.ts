import { describe, expect, test } from 'vitest';
import { pairsOf } from '../../../../runtime/desk/candles/pairs.ts';
import type { LoggedDecision } from '../../../../runtime/desk/decisions/decisions.ts';

const check = (verdict: string, limit = 5) => JSON.stringify([{ gate: 'cap', value: 6, limit, headroom: 1, verdict }]);

function decision(number: number, fields: Readonly<Record<string, string>>): LoggedDecision {
  const usual = { handler: 'governor', plan_id: 'p', symbol: 'XUSDT', verdict: 'PERMIT', reason: 'ok' };
  return { id: `3600000-${number}`, fields: { ...usual, ...fields } };
}

function differences(before: readonly LoggedDecision[], after: readonly LoggedDecision[]) {
  return pairsOf(before, after).map(({ record, difference }) => {
    return [record.planId, difference && [difference.from, difference.to, difference.verdictChanged]];
  });
}

describe('the decisions of two runs', () => {
  test('on the same plan are one pair, whatever their order', () => {
    const [one, other] = [decision(0, { plan_id: 'a' }), decision(1, { plan_id: 'b' })];
    expect(differences([one, other], [other, one])).toEqual([
      ['a', undefined],
      ['b', undefined],
    ]);
  });

  test('differ by verdict, by reason, or by a check that stands in the way in one of them', () => {
    const before = decision(0, { checks: check('pass') });
    const blocked = { verdict: 'BLOCK', reason: 'cap_exceeded' };
    expect(differences([before], [decision(0, { ...blocked, checks: check('refuse') })])).toEqual([
      ['p', ['PERMIT ok', 'BLOCK cap_exceeded', true]],
    ]);
    expect(differences([before], [decision(0, { checks: check('would_refuse') })])).toEqual([
      ['p', ['PERMIT ok, cap kept', 'PERMIT ok, cap exceeded', false]],
    ]);
    expect(differences([before], [decision(0, { checks: check('pass', 7) })])).toEqual([['p', undefined]]);
  });

  test('are asked in one run alone where a plan came up there alone', () => {
    const [gone, added] = [decision(0, { plan_id: 'gone' }), decision(0, { plan_id: 'added', verdict: 'BLOCK' })];
    expect(differences([gone], [added])).toEqual([
      ['gone', ['PERMIT ok', 'not asked', true]],
      ['added', ['not asked', 'BLOCK ok', true]],
    ]);
  });

  test('of different gates on one plan, and several about nothing of their own, are told apart', () => {
    const cycles = [0, 1].map((number) =>
      decision(number, { handler: 'risk-governor', plan_id: '', reason: `${number}` }),
    );
    const gate = decision(2, { handler: 'heat-gate' });
    const all = [...cycles, gate, decision(3, {})];
    expect(differences(all, all).filter(([, difference]) => difference !== undefined)).toEqual([]);
    expect(differences(all, cycles)).toHaveLength(4);
  });
});
