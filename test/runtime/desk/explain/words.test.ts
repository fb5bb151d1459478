import { expect, test } from 'vitest';
import { checkCells, figure } from '../../../../runtime/desk/explain/check-words.ts';
import { endOf } from '../../../../runtime/desk/explain/plan-end.ts';
import { governorWords, heatWords } from '../../../../runtime/desk/explain/reasons.ts';
import { dollars } from '../../../../schemas/amount-text.ts';
import { type LoggedCheck, recordedChecks } from '../../../../schemas/decision.ts';
import { closeGates, dataGaps, governorGates, governorReasons } from '../../../../schemas/governor.ts';
import { heatCauses } from '../../../../schemas/heat-gate.ts';

function check(fields: Partial<LoggedCheck>): LoggedCheck {
  return { gate: 'plan_age', value: 1, limit: 2, headroom: 1, verdict: 'pass', ...fields };
}

test.each(governorReasons)('%s is told in words of its own', (reason) => {
  const words = governorWords(reason, [check({ verdict: 'refuse' })], 'BTCUSDT');
  expect(words).not.toBe(reason);
  expect(words).not.toMatch(/undefined|null|NaN/);
});

test.each(heatCauses)('the heat that is unknown for %s is told in words', (cause) => {
  expect(heatWords(`fail_closed_${cause}`)).toMatch(/^the heat was not known, because .* COLD$/);
});

test.each([
  [
    check({ gate: 'p28_budget', value: 1500, limit: 1000, verdict: 'refuse' }),
    'worth $1,500.00; the risk budget of X is $1,000.00',
  ],
  [
    check({ gate: 'p28_budget', value: 900, limit: 1000, verdict: 'refuse' }),
    'X was over its risk budget less than 30 s before',
  ],
])('a budget refuses by its figures or by a violation: %j', (one, words) => {
  expect(governorWords('p28_budget_violation', [one], 'X')).toContain(words);
});

test.each(dataGaps)('the gap %s is told in words', (gap) => {
  const words = governorWords(
    'caps_data_unavailable',
    [check({ gate: 'caps_data', value: gap, verdict: 'refuse' })],
    'X',
  );
  expect(words).not.toContain(gap);
});

test.each([...governorGates, ...closeGates])('the check %s has a name of its own', (gate) => {
  expect(checkCells(check({ gate }))[0]).not.toBe(gate);
});

test.each([
  [
    check({ gate: 'notional_per_trade', value: 43362.7339, limit: 200, headroom: -43162.7339, verdict: 'refuse' }),
    ['size of the plan', '$43,362.73', '$200.00', '-$43,162.73', 'REFUSES'],
  ],
  [
    check({ gate: 'symbol_cooldown', value: null, limit: 60, headroom: null }),
    ['time since the last permit', '-', '60 s', '-', 'pass'],
  ],
  [
    check({ gate: 'caps_data', value: '', limit: 'closed', headroom: null }),
    ['figures that are missing', 'none', 'fail closed', '-', 'pass'],
  ],
  [
    check({ gate: 'another', value: 0.123456, verdict: 'would_refuse' }),
    ['another', '0.1235', '2', '1', 'would refuse'],
  ],
])('%j is a row', (one, cells) => {
  expect(checkCells(one).slice(0, 5)).toEqual(cells);
});

test('money is to the cent, other figures to four digits', () => {
  expect([
    dollars(0),
    dollars(-0.004),
    dollars(-0.125),
    dollars(1_234_567.5),
    figure(1e-7),
    figure(true),
    figure('off'),
  ]).toEqual(['$0.00', '$0.00', '-$0.13', '$1,234,567.50', '0', 'true', 'off']);
});

test.each([undefined, '', '{', '{}', '[{"gate":1}]'])('checks that cannot be read are none: %j', (text) => {
  expect(recordedChecks(text)).toEqual([]);
});

test.each([
  [{ permitted: true, blocked: false }, 'forgotten'],
  [{ permitted: false, blocked: true }, 'forgotten'],
  [{ permitted: false, blocked: false }, 'unknown'],
])('a plan without any station, of which the keys say %j, is %s', (keys, end) => {
  expect(endOf([], { symbol: '', ...keys }).end).toBe(end);
});
