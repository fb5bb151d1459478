import { describe, expect, it } from 'vitest';
import riskGovernor from '../../handlers/risk-governor/index.ts';
import { bitcoin, budgets, counted, emitted, type Given, run, TICK } from '../support/budget-cycle.ts';
import { NOW_MS } from '../support/fake-ctx.ts';

const NOW_SEC = NOW_MS / 1000;

describe('a budget cycle', () => {
  it('writes the first worked budget: equity 100 000 at heat 0.65 is $1348', () => {
    expect(budgets(run(bitcoin(50_000, 1.3)))).toEqual({
      BTCUSDT: {
        symbol: 'BTCUSDT',
        budget_usd: '1348',
        stress_factor: '0.326',
        equity_usd: '100000',
        portfolio_heat: '0.65',
        cluster_stress: '0',
        vol_regime: '0.33',
        mode: 'shadow',
        timestamp: String(NOW_SEC),
        base_risk_pct: '0.02',
      },
    });
  });

  it('writes the second worked budget: equity 100 000 at heat 0.15 is $1748', () => {
    expect(budgets(run(bitcoin(50_000, 0.3))).BTCUSDT).toMatchObject({ budget_usd: '1748', stress_factor: '0.126' });
  });

  it('keeps each hash 300 s, replaces it whole, and counts it written or not', () => {
    const hash = run(bitcoin(1, 0.1)).effects.find((effect) => effect.do === 'hset' && effect.key.includes('budget'));
    expect(hash).toMatchObject({ ttlSec: 300, replace: true, ifNewer: true });
    const labels = { symbol: 'BTCUSDT' };
    expect(hash?.bestEffort?.applied?.[0]).toEqual({ metric: 'p28_budget_computed_total', labels });
    expect(hash?.bestEffort?.failed).toEqual([{ metric: 'p28_redis_write_fail_total' }]);
  });

  it('takes the published heat before the first snapshot', () => {
    expect(budgets(run({ planned: ['BTCUSDT'], heat: '0.65' })).BTCUSDT).toMatchObject({ portfolio_heat: '0.65' });
  });

  it('counts symbols that went silent in the heat', () => {
    const silent = { symbol: 'BTCUSDT', notional: 50_000, sigma: 1.3, atMs: NOW_MS - 901_000 };
    const outcome = run({ book: [silent, { symbol: 'ETHUSDT', notional: 0 }] });
    expect(budgets(outcome).BTCUSDT).toMatchObject({ portfolio_heat: '0.65' });
  });

  it('adds cluster stress and volatility of the symbol', () => {
    const outcome = run({
      planned: ['ETHUSDT'],
      clusterMap: { ETHUSDT: 'majors' },
      hashes: {
        'cluster:stress': { majors: { stress: '0.5' } },
        'state:market': { ETHUSDT: { vol_regime: 'HIGH_VOL' } },
      },
    });
    expect(budgets(outcome).ETHUSDT).toMatchObject({
      cluster_stress: '0.5',
      vol_regime: '0.67',
      stress_factor: '0.334',
      budget_usd: '1332',
    });
  });

  it('knows a position closed that a fresh portfolio state without positions came after', () => {
    const before = { book: [{ symbol: 'BTCUSDT', notional: 50_000, sigma: 0.01, atMs: NOW_MS - 1000 }] };
    expect(Object.keys(budgets(run(before)))).toEqual(['BTCUSDT']);
    expect(budgets(run({ ...before, positionsCount: '0' }))).toEqual({});
    const planned = run({ ...before, positionsCount: '0', planned: ['BTCUSDT'] });
    expect(emitted(planned, 'budget.violation')).toEqual([]);
    expect(emitted(run({ ...before, positionsCount: '1' }), 'budget.violation')).toHaveLength(1);
  });

  it('does nothing but remember the state when no symbol is active', () => {
    const outcome = run({});
    expect(outcome.decision).toMatchObject({ verdict: 'NO_BUDGETS', reason: 'no_active_symbols' });
    expect(outcome.effects).toMatchObject([{ key: 'state:portfolio:lkg' }]);
  });
});

describe('the last-known-good state of a cycle', () => {
  const two = { planned: ['BTCUSDT', 'ETHUSDT'] };

  it.each([
    ['29 s', { stateAgeSec: 29, rememberedAgeSec: 1 }, '100000', [0, 0, 0]],
    ['30 s, a remembered one of 899 s', { stateAgeSec: 30, rememberedAgeSec: 899 }, '50000', [2, 0, 2]],
    ['30 s, a remembered one of 900 s', { stateAgeSec: 30, rememberedAgeSec: 900 }, undefined, [0, 2, 2]],
    ['30 s, none remembered', { stateAgeSec: 30 }, undefined, [0, 2, 2]],
  ])('at a state of %s', (_words, ages, equity, counts) => {
    const outcome = run({ ...two, ...ages });
    expect(budgets(outcome).BTCUSDT?.equity_usd).toBe(equity);
    const metrics = ['p28_lkg_cache_used_total', 'p28_portfolio_too_old_total', 'p28_stale_input_total'];
    expect(metrics.map((metric) => counted(outcome, metric))).toEqual(counts);
  });

  it('is written only from a fresh state', () => {
    const remembers = (given: Given) =>
      run(given).effects.some((effect) => 'key' in effect && effect.key.endsWith('lkg'));
    expect(remembers({ ...two, stateAgeSec: 29 })).toBe(true);
    expect(remembers({ ...two, stateAgeSec: 30, rememberedAgeSec: 60 })).toBe(false);
  });

  it('without any usable state leaves trading alone and says so', () => {
    const outcome = run({ ...two, stateAgeSec: 901 });
    expect(outcome.effects).toEqual([]);
    expect(outcome.decision).toMatchObject({ verdict: 'NO_BUDGETS', reason: 'portfolio_too_old' });
    expect(outcome.log?.[0]?.text).toBe('P2.8: portfolio state too old - no budgets for 2 symbols, trading goes on');
  });
});

describe('a tick that comes late', () => {
  it('by three intervals still computes budgets', () => {
    const outcome = run({ planned: ['BTCUSDT'], nowMs: NOW_MS + 30_000, rememberedAgeSec: 0 });
    expect(budgets(outcome).BTCUSDT?.timestamp).toBe(String(NOW_SEC + 30));
  });

  it('by more does nothing but count', () => {
    const outcome = run({ planned: ['BTCUSDT'], nowMs: NOW_MS + 30_001, rememberedAgeSec: 0 });
    expect(outcome.effects).toEqual([]);
    expect(outcome.decision).toMatchObject({ verdict: 'SKIPPED', reason: 'tick_too_old' });
    expect(outcome.counts).toEqual([{ metric: 'p28_ticks_skipped_total' }]);
  });
});

describe('the risk governor in operation', () => {
  const settings = riskGovernor.settings.parse({});
  const about = { facts: {}, settings, nowMs: NOW_MS, portfolio: 'quantum' };

  it.each([
    ['shadow', 0],
    ['enforce', 1],
  ])('shows %s mode as %s', (mode, value) => {
    expect(riskGovernor.observe?.gauges({ ...about, mode })).toEqual([{ metric: 'p28_enforce_mode', set: value }]);
  });

  it('starts with the lines that operators look for', () => {
    expect(riskGovernor.observe?.startLines?.({ ...about, mode: 'shadow' }, 'quantum')).toEqual([
      'P2.8 Portfolio Risk Governor started (mode=shadow, port=8049)',
      'Starting budget compute loop',
    ]);
  });

  it('runs every 10 s unless told otherwise', () => {
    expect(riskGovernor.on.kind === 'every' && riskGovernor.on.intervalMs(settings)).toBe(10_000);
  });

  it('writes nothing when a cycle fails, and says that trading goes on', () => {
    const tick = riskGovernor.message.parse(TICK);
    const ctx = { ...about, mode: 'enforce', sourceId: `${NOW_MS}-0`, source: TICK };
    const outcome = riskGovernor.onFailure(tick, { reason: 'timeout', attempts: 3 }, ctx);
    expect(outcome.effects).toEqual([]);
    expect(outcome.decision).toEqual({
      verdict: 'NO_BUDGETS',
      reason: 'handler_failed',
      facts: '{"failure":"timeout","attempts":3}',
    });
    expect(outcome.log?.[0]).toMatchObject({ level: 'error', text: expect.stringContaining('trading goes on') });
  });
});
