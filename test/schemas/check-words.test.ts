import { expect, test } from 'vitest';
import { dollars } from '../../schemas/amount-text.ts';
import { checkCells, figure } from '../../schemas/check-words.ts';
import { type LoggedCheck, recordedChecks } from '../../schemas/decision.ts';
import { closeGates, governorGates } from '../../schemas/governor.ts';

function check(fields: Partial<LoggedCheck>): LoggedCheck {
  return { gate: 'plan_age', value: 1, limit: 2, headroom: 1, verdict: 'pass', ...fields };
}

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
