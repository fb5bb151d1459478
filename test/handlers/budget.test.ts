import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BudgetLimits,
  budgetAnswer,
  budgetOf,
  checkBudget,
  clamp01,
  injectedState,
  overBudget,
  stressOf,
} from '../../handlers/common/budget.ts';
import { budgetVerdictCount } from '../../handlers/common/budget-metrics.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { NOW_MS } from '../support/fake-ctx.ts';

const WEIGHTS = { ALPHA_HEAT: 0.4, BETA_CLUSTER: 0.4, GAMMA_VOL: 0.2 };
const LIMITS: BudgetLimits = { BASE_RISK_PCT: 0.02, MIN_BUDGET_K: 500, MAX_BUDGET_K: 10_000 };

describe('stress and budget', () => {
  it.each([
    { equity: 100_000, heat: 0.65, volRegime: 0.33, stress: 0.326, budget: 1348 },
    { equity: 100_000, heat: 0.15, volRegime: 0.33, stress: 0.126, budget: 1748 },
    { equity: 100_000, heat: 0, volRegime: 0, stress: 0, budget: 2000 },
    { equity: 100_000, heat: 7, volRegime: 1, stress: 0.6, budget: 800 },
    { equity: 100_000, heat: -1, volRegime: 0, stress: 0, budget: 2000 },
  ])('at equity $equity, heat $heat and volatility $volRegime stress is $stress and the budget $budget', (row) => {
    const stress = stressOf({ heat: row.heat, clusterStress: 0, volRegime: row.volRegime }, WEIGHTS);
    expect(stress).toBe(row.stress);
    expect(budgetOf(row.equity, stress, LIMITS)).toBe(row.budget);
  });

  it('adds all three parts and never passes 1', () => {
    expect(stressOf({ heat: 1, clusterStress: 1, volRegime: 1 }, WEIGHTS)).toBe(1);
    expect(
      stressOf({ heat: 1, clusterStress: 1, volRegime: 1 }, { ALPHA_HEAT: 3, BETA_CLUSTER: 3, GAMMA_VOL: 3 }),
    ).toBe(1);
  });

  it.each([
    ['at the lower limit', 25_000, 500],
    ['below the lower limit', 24_999, 500],
    ['just above the lower limit', 25_001, 500.02],
    ['at the upper limit', 500_000, 10_000],
    ['above the upper limit', 500_001, 10_000],
    ['just below the upper limit', 499_999, 9999.98],
  ])('a budget %s (equity %s) is %s', (_words, equity, budget) => {
    expect(budgetOf(equity, 0, LIMITS)).toBe(budget);
  });

  it('is written at the 10 digits at which it is judged', () => {
    expect(clamp01(0.1 + 0.2)).toBe(0.3);
    expect(stressOf({ heat: 1 / 3, clusterStress: 0, volRegime: 0 }, WEIGHTS)).toBe(0.1333333333);
  });

  it('always lies between the limits, and never rises with heat, cluster stress or volatility', () => {
    const part = fc.double({ min: -10, max: 10, noNaN: true });
    const regime = fc.constantFrom(0, 0.33, 0.67, 1);
    const equity = fc.double({ min: 0.01, max: 1e15, noNaN: true });
    const inputs = fc.record({ heat: part, clusterStress: part, volRegime: regime });
    fc.assert(
      fc.property(inputs, inputs, equity, (a, b, equityUsd) => {
        const calmer = {
          heat: Math.min(a.heat, b.heat),
          clusterStress: Math.min(a.clusterStress, b.clusterStress),
          volRegime: Math.min(a.volRegime, b.volRegime),
        };
        const calm = budgetOf(equityUsd, stressOf(calmer, WEIGHTS), LIMITS);
        const tense = budgetOf(equityUsd, stressOf(a, WEIGHTS), LIMITS);
        expect(tense).toBeLessThanOrEqual(calm);
        for (const budget of [calm, tense]) {
          expect(budget).toBeGreaterThanOrEqual(LIMITS.MIN_BUDGET_K);
          expect(budget).toBeLessThanOrEqual(LIMITS.MAX_BUDGET_K);
        }
      }),
    );
  });
});

describe('being over budget', () => {
  it.each([
    [1348, 1348, 0],
    [1348.0000000001, 1348, 0.0000000001],
    [1347.99, 1348, 0],
    [-50_000, 1348, 48_652],
    [0, 0, 0],
  ])('a notional of %s against a budget of %s is over by %s', (notional, budget, over) => {
    expect(overBudget(notional, budget)).toBe(over);
  });

  it.each([
    [true, 'enforce', 'p28_budget_blocks_total'],
    [true, 'shadow', 'p28_budget_allow_total'],
    [false, 'enforce', 'p28_budget_allow_total'],
    [false, 'shadow', 'p28_budget_allow_total'],
  ])('violated %s in %s mode counts %s', (violated, mode, metric) => {
    expect(budgetVerdictCount('BTCUSDT', violated, mode)).toEqual({ metric, labels: { symbol: 'BTCUSDT' } });
  });
});

const NOW_SEC = NOW_MS / 1000;
const hashOf = (fields: Record<string, string>) => fieldsOf(Object.entries(fields).flat());

describe('POST /budget/check', () => {
  const context = { mode: 'enforce', nowMs: NOW_MS, maxAgeSec: 300 };
  const noData = {
    violation: false,
    budget_usd: null,
    over_budget: 0,
    mode: 'enforce',
    enforce: true,
    reason: 'no_budget_data_fail_open',
  };

  it('finds a violation above the budget and none at it', () => {
    const hash = hashOf({ budget_usd: '1348', timestamp: String(NOW_SEC), mode: 'shadow' });
    expect(checkBudget(hash, 50_000, context)).toEqual({
      violation: true,
      budget_usd: 1348,
      over_budget: 48_652,
      mode: 'enforce',
      enforce: true,
    });
    expect(checkBudget(hash, 1348, context)).toEqual({
      violation: false,
      budget_usd: 1348,
      over_budget: 0,
      mode: 'enforce',
      enforce: true,
    });
  });

  it('says in shadow mode that nothing is enforced', () => {
    const hash = hashOf({ budget_usd: '1348', timestamp: String(NOW_SEC) });
    const check = checkBudget(hash, 50_000, { ...context, mode: 'shadow' });
    expect(check).toMatchObject({ violation: true, mode: 'shadow', enforce: false });
  });

  it.each([
    ['without a hash', null],
    ['without a budget', hashOf({ symbol: 'BTCUSDT' })],
    ['with a budget that is no number', hashOf({ budget_usd: 'NaN' })],
    ['with a negative budget', hashOf({ budget_usd: '-1' })],
    ['with a hash over 300 s old', hashOf({ budget_usd: '1348', timestamp: String(NOW_SEC - 301) })],
    ['with a hash from more than 5 s ahead', hashOf({ budget_usd: '1348', timestamp: String(NOW_SEC + 6) })],
  ])('allows %s', (_words, hash) => {
    expect(checkBudget(hash, 50_000, context)).toEqual(noData);
  });

  it.each([
    ['300 s old', { timestamp: String(NOW_SEC - 300) }],
    ['without a time', {}],
  ])('uses a hash %s', (_words, time) => {
    expect(checkBudget(hashOf({ budget_usd: '1348', ...time }), 1349, context).violation).toBe(true);
  });
});

describe('the other answers of P2.8', () => {
  it('gives the stored strings of a budget, or says that there are none', () => {
    const hash = hashOf({ symbol: 'BTCUSDT', budget_usd: '1348' });
    expect(budgetAnswer(hash)).toEqual({ symbol: 'BTCUSDT', budget_usd: '1348' });
    expect(budgetAnswer(null)).toEqual({ error: 'no_budget_data' });
  });

  it('injects a state that is 0 s old and lives 120 s', () => {
    expect(injectedState(100_000, 2.5, NOW_MS + 999)).toEqual({
      fields: { equity_usd: '100000', drawdown: '2.5', timestamp: String(NOW_SEC) },
      ttlSec: 120,
      body: {
        success: true,
        injected: { equity_usd: 100_000, drawdown: 2.5, timestamp: NOW_SEC },
        message: 'portfolio state injected for 120 s',
      },
    });
  });
});
