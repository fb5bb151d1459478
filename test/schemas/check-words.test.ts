import { expect, test } from 'vitest';
import governor from '../../handlers/governor/index.ts';
import heatGate from '../../handlers/heat-gate/index.ts';
import { dollars } from '../../schemas/amount-text.ts';
import { checkCells, figure, toldChecks } from '../../schemas/check-words.ts';
import { type LoggedCheck, recordedChecks } from '../../schemas/decision.ts';
import { closeGates, governorGates } from '../../schemas/governor-gates.ts';

function check(fields: Partial<LoggedCheck>): LoggedCheck {
  return { gate: 'plan_age', value: 1, limit: 2, headroom: 1, verdict: 'pass', ...fields };
}

const WORDS = { ...governor.checks, ...heatGate.checks };

function cellsOf(one: LoggedCheck): readonly string[] {
  return toldChecks([one], WORDS).flatMap(checkCells);
}

test.each([...governorGates, ...closeGates, 'heat_min', 'heat_max'])('the check %s has a name of its own', (gate) => {
  expect(cellsOf(check({ gate }))[0]).not.toBe(gate);
});

test('every setting that sets a limit is one of its gate', () => {
  for (const { checks = {}, settingNames } of [governor, heatGate]) {
    const named = Object.values(checks).flatMap(({ setting }) => setting ?? []);
    expect(named.filter((setting) => !settingNames.includes(setting))).toEqual([]);
  }
});

test.each(['toString', 'constructor', '__proto__'])('a check called %s is told by that name', (gate) => {
  expect(cellsOf(check({ gate }))).toEqual([gate, '1', '2', '1', 'pass', '']);
});

test('a figure in any other unit has it behind', () => {
  const drawdown = { name: 'drawdown', unit: '%', setting: 'DRAWDOWN_MAX_PCT' };
  const told = toldChecks([check({ gate: 'drawdown', value: 12.5, limit: 10, headroom: -2.5, verdict: 'refuse' })], {
    drawdown,
  });
  expect(told.flatMap(checkCells)).toEqual(['drawdown', '12.5 %', '10 %', '-2.5 %', 'REFUSES', 'DRAWDOWN_MAX_PCT']);
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
  expect(cellsOf(one).slice(0, 5)).toEqual(cells);
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
