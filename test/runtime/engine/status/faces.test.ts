import { expect, onTestFinished, test, vi } from 'vitest';
import type { ReasonWords } from '../../../../handlers/contract/words.ts';
import governor from '../../../../handlers/governor/index.ts';
import heatGate from '../../../../handlers/heat-gate/index.ts';
import { faceFailures, readerOf, reasonWords, type WordedGate } from '../../../../runtime/engine/status/faces.ts';
import { decisionRecord, type LoggedCheck } from '../../../../schemas/decision.ts';
import { dataGaps, governorReasons } from '../../../../schemas/governor.ts';
import { heatCauses } from '../../../../schemas/heat-gate.ts';

function check(fields: Partial<LoggedCheck>): LoggedCheck {
  return { gate: 'plan_age', value: 1, limit: 2, headroom: 1, verdict: 'pass', ...fields };
}

function wordsOf(gate: WordedGate | undefined, reason: string, ...checks: readonly LoggedCheck[]): string {
  return reasonWords(gate, { reason, checks, symbol: 'X' });
}

function ownGate(reasons: Readonly<Record<string, ReasonWords>>): WordedGate {
  return { gate: 'drawdown-gate', reasons };
}

test.each(governorReasons)('%s is told in words of its own', (reason) => {
  const words = wordsOf(governor, reason, check({ verdict: 'refuse' }));
  expect(words).not.toBe(reason);
  expect(words).not.toMatch(/undefined|null|NaN/);
});

test.each(heatCauses)('the heat that is unknown for %s is told in words', (cause) => {
  expect(wordsOf(heatGate, `fail_closed_${cause}`)).toMatch(/^the heat was not known, because .* COLD$/);
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
  expect(wordsOf(governor, 'p28_budget_violation', one)).toContain(words);
});

test.each(dataGaps)('the gap %s is told in words', (gap) => {
  const words = wordsOf(governor, 'caps_data_unavailable', check({ gate: 'caps_data', value: gap, verdict: 'refuse' }));
  expect(words).not.toContain(gap);
});

test.each([
  'portfolio_heat_cold',
  'portfolio_heat_warm',
  'portfolio_heat_hot',
  'partial_unchanged',
  'non_full_close_unchanged',
  'protective_exit_unchanged',
  'equity_doubted',
])('the heat gate tells %s in words', (reason) => {
  expect(wordsOf(heatGate, reason)).toMatch(/^(?:the portfolio was|only a full close|an exit that protects|a reading)/);
});

test.each(['ok', 'no_such_reason', 'toString', 'constructor'])(
  'a reason without words, %s, stands as it is',
  (reason) => {
    expect([wordsOf(governor, reason), wordsOf(heatGate, reason)]).toEqual([reason, reason]);
  },
);

test('words may be made of the check that refused, and of the symbol', () => {
  const gate = ownGate({ drawdown_exceeded: (refused, symbol) => `${symbol}: ${refused?.value} of ${refused?.limit}` });
  const refused = check({ value: 12, limit: 10, verdict: 'would_refuse' });
  expect(wordsOf(gate, 'drawdown_exceeded', check({}), refused)).toBe('X: 12 of 10');
});

test('of a gate without words, and of none, a reason has blanks', () => {
  expect([wordsOf({ gate: 'governor' }, 'not_executed'), wordsOf(undefined, 'not_executed')]).toEqual([
    'not executed',
    'not executed',
  ]);
});

test('words that throw give way to plain ones, and each time is told of', () => {
  const told = vi.fn();
  faceFailures.subscribe(told);
  onTestFinished(() => void faceFailures.unsubscribe(told));
  const error = new Error('no words');
  const gate = ownGate({
    drawdown_exceeded: () => {
      throw error;
    },
  });
  expect([wordsOf(gate, 'drawdown_exceeded'), wordsOf(gate, 'drawdown_exceeded')]).toEqual([
    'drawdown exceeded',
    'drawdown exceeded',
  ]);
  const failure = { gate: 'drawdown-gate', face: 'reasons', error };
  expect(told.mock.calls.map(([message]) => message)).toEqual([failure, failure]);
});

test.each<[string, () => unknown]>([
  ['a promise', () => Promise.reject(new Error('later'))],
  ['no words', () => ''],
  ['a number', () => 7],
  ['nothing', () => undefined],
])('words that are %s give way to plain ones, and end nothing', async (_what, say) => {
  const told = vi.fn();
  faceFailures.subscribe(told);
  onTestFinished(() => void faceFailures.unsubscribe(told));
  expect(wordsOf(ownGate({ drawdown_exceeded: () => say() as string }), 'drawdown_exceeded')).toBe('drawdown exceeded');
  expect(told).toHaveBeenCalledOnce();
  await new Promise(setImmediate);
});

test.each<[string, () => unknown]>([
  ['a promise', () => Promise.reject(new Error('later'))],
  ['half of one', () => ({})],
  ['nothing at all', () => null],
])('a reading that is %s gives way to the plain one', async (_what, say) => {
  const gate = { ...heatGate, reading: () => say() as never };
  const { reading: _, ...plain } = heatGate;
  const record = decisionRecord({ handler: 'heat-gate', verdict: 'KEEP', reason: 'portfolio_heat_hot', symbol: 'X' });
  expect(readerOf(gate)(record)).toEqual(readerOf(plain)(record));
  await new Promise(setImmediate);
});
