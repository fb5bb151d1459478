import { describe, expect, it } from 'vitest';
import { limitProblems } from '../../../../runtime/desk/overview/limit-problems.ts';
import type { LimitNow } from '../../../../schemas/api/overview.ts';

function limit(different: Partial<LimitNow>): LimitNow {
  return {
    ...{ name: 'total_notional', label: 'Total notional', value: 2000, limit: 2000, headroom: 0, unit: 'usd' },
    ...{ state: 'reached', applies: true, symbol: null },
    ...different,
  };
}

const WORDS = { total_notional: { name: 'all positions', setting: 'GOV_MAX_TOTAL_NOTIONAL_USDT' } };

describe('a limit of the governor', () => {
  it('is a warning at its limit, and critical above it', () => {
    expect(limitProblems([limit({})], WORDS)).toEqual([
      {
        key: 'limit total_notional',
        severity: 'warning',
        what: 'Total notional: limit reached, $2,000.00 of $2,000.00: plans that open a position are refused',
        do: 'It goes on by itself once there is room again; another limit: portcullis policy set GOV_MAX_TOTAL_NOTIONAL_USDT=… --gate governor',
        since: null,
        setting: 'GOV_MAX_TOTAL_NOTIONAL_USDT',
      },
    ]);
    const [above] = limitProblems([limit({ value: 2000.01, headroom: -0.01 })], WORDS);
    expect(above).toMatchObject({ severity: 'critical', what: expect.stringContaining('limit breached, $2,000.01') });
  });

  it('names its symbol, and counts without dollars', () => {
    const hourly = limit({
      name: 'hourly_limit',
      value: 3,
      limit: 3,
      unit: 'count',
      symbol: 'ETHUSDT',
      label: 'Permits',
    });
    expect(limitProblems([hourly], WORDS)).toMatchObject([
      {
        what: 'Permits (ETHUSDT): limit reached, 3 of 3: plans that open a position are refused',
        do: expect.not.stringContaining('policy'),
      },
    ]);
  });

  it.each([
    ['near', { state: 'near', value: 1999, headroom: 1 }],
    ['not in force in this mode', { applies: false }],
    ['not known', { state: 'unknown', value: null, headroom: null }],
  ] as const)('is none where it is %s', (_, different) => {
    expect(limitProblems([limit(different)], WORDS)).toEqual([]);
  });
});
