import { expect, test } from 'vitest';
import governor from '../../handlers/governor/index.ts';
import heatGate from '../../handlers/heat-gate/index.ts';

test.each([
  [{ action: 'FULL_CLOSE' }, 'heat-gate'],
  [{ harvest_action: 'PARTIAL_25' }, 'heat-gate'],
  [{ action: 'FULL_CLOSE', qty: '1' }, 'governor'],
  [{ action: 'FULL_CLOSE', notional_usd: '1' }, 'governor'],
  [{ action: 'FULL_CLOSE', side: 'SELL' }, 'governor'],
  [{ action: 'OPEN' }, 'governor'],
  [{}, 'governor'],
])('%j is for the %s', (entry, name) => {
  const claiming = [heatGate, governor].filter(({ whatIf }) => whatIf?.claims?.(entry));
  expect(claiming.map((gate) => gate.name)).toEqual([name]);
});

test.each([
  [{ action: 'OPEN' }, true],
  [{ harvest_action: 'OPEN' }, true],
  [{ action: 'OPEN', reduceOnly: 'true' }, false],
  [{ action: 'FULL_CLOSE' }, false],
])('of %j a largest size is looked for: %s', (entry, isAsked) => {
  expect(governor.whatIf?.size?.isAsked(entry)).toBe(isAsked);
});

test.each([
  ['PERMIT', true],
  ['WOULD_PERMIT', true],
  ['BLOCK', false],
  ['WOULD_BLOCK', false],
  ['IGNORED', false],
])('a plan with the verdict %s passes: %s', (verdict, passes) => {
  expect(governor.whatIf?.size?.passes({ verdict, reason: '' })).toBe(passes);
});

test.each([
  [12.5, 12.5],
  [0, undefined],
  [null, undefined],
])('one trade worth %j is worth %j for one', (value, price) => {
  const check = { gate: 'notional_per_trade', value, limit: 200, headroom: null, verdict: 'pass' } as const;
  expect(governor.whatIf?.size?.priceUsd({ verdict: '', reason: '', checks: [check] })).toBe(price);
});
