import { describe, expect, it } from 'vitest';
import { BudgetTick, RiskGovernorSettings, riskGovernorSettingNames } from '../../schemas/risk-governor.ts';

function problems(settings: Record<string, string>): readonly string[] {
  const parsed = RiskGovernorSettings.safeParse(settings);
  return parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

describe('settings of the risk governor', () => {
  it('have the defaults of the contract', () => {
    expect(RiskGovernorSettings.parse({})).toMatchObject({
      P28_MODE: 'shadow',
      BASE_RISK_PCT: 0.02,
      ALPHA_HEAT: 0.4,
      BETA_CLUSTER: 0.4,
      GAMMA_VOL: 0.2,
      MIN_BUDGET_K: 500,
      MAX_BUDGET_K: 10_000,
      STALE_SEC: 30,
      MAX_LKG_AGE_SEC: 900,
      BUDGET_HASH_TTL_SEC: 300,
      BUDGET_COMPUTE_INTERVAL_SEC: 10,
      P28_TEST_MODE: false,
      P28_PORT: 8049,
    });
  });

  it('are all documented by name', () => {
    expect(riskGovernorSettingNames).toEqual(expect.arrayContaining(Object.keys(RiskGovernorSettings.parse({}))));
  });

  it.each([
    [{ BASE_RISK_PCT: '2' }, 'BASE_RISK_PCT: expected a number above 0 and up to 1, got "2"'],
    [{ BASE_RISK_PCT: '0' }, 'BASE_RISK_PCT: expected a number above 0 and up to 1, got "0"'],
    [{ ALPHA_HEAT: '-0.1' }, 'ALPHA_HEAT: expected a number of at least 0, got "-0.1"'],
    [{ STALE_SEC: '0x10' }, 'STALE_SEC: expected a number above 0, got "0x10"'],
    [{ MIN_BUDGET_K: '20000' }, 'MIN_BUDGET_K: expected at most MAX_BUDGET_K (10000), got 20000'],
    [{ BUDGET_COMPUTE_INTERVAL_SEC: '61' }, 'BUDGET_COMPUTE_INTERVAL_SEC: expected a number from 0.1 to 60, got "61"'],
    [{ BUDGET_HASH_TTL_SEC: '9' }, 'BUDGET_HASH_TTL_SEC: expected at least BUDGET_COMPUTE_INTERVAL_SEC (10), got 9'],
    [{ P28_MODE: 'on' }, 'P28_MODE: expected shadow or enforce, got "on"'],
  ])('refuse %o', (settings, problem) => {
    expect(problems(settings)).toEqual([problem]);
  });

  it.each([
    [{ MIN_BUDGET_K: '500', MAX_BUDGET_K: '500' }],
    [{ BUDGET_HASH_TTL_SEC: '10' }],
    [{ BASE_RISK_PCT: '1' }],
    [{ P28_TEST_MODE: '1', HEAT_GATE_METRICS_URL: 'http://localhost:8056/metrics' }],
  ])('accept %o', (settings) => {
    expect(problems(settings)).toEqual([]);
  });
});

describe('a tick of the risk governor', () => {
  it('names itself and when it was due', () => {
    expect(BudgetTick.parse({ tick_id: '7', scheduled_ms: '1767268800000' })).toEqual({
      tickId: '7',
      scheduledMs: 1_767_268_800_000,
      symbols: undefined,
    });
  });

  it.each([
    ['without an id', { scheduled_ms: '1' }],
    ['with an empty id', { tick_id: '', scheduled_ms: '1' }],
    ['without a time', { tick_id: '7' }],
    ['with a time that is no number', { tick_id: '7', scheduled_ms: 'noon' }],
    ['with a negative time', { tick_id: '7', scheduled_ms: '-1' }],
    ['with a symbol that no key could hold', { tick_id: '7', scheduled_ms: '1', symbols: 'BTC:USDT' }],
    ['with an empty list of symbols', { tick_id: '7', scheduled_ms: '1', symbols: '' }],
    ['with 201 symbols', { tick_id: '7', scheduled_ms: '1', symbols: Array(201).fill('BTCUSDT').join(' ') }],
  ])('is a dead letter %s', (_words, entry) => {
    expect(BudgetTick.safeParse(entry).success).toBe(false);
  });
});
