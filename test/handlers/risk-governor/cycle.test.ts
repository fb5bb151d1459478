import { describe, expect, it } from 'vitest';
import { bitcoin, budgets, counted, emitted, run } from '../../support/budget-cycle.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';

const NOW_SEC = NOW_MS / 1000;

describe('a budget violation', () => {
  it('is published once, with the figures that were compared', () => {
    const events = emitted(run(bitcoin(50_000, 1.3)), 'budget.violation');
    expect(events.map(({ json }) => JSON.parse(json ?? ''))).toEqual([
      {
        event_type: 'budget.violation',
        symbol: 'BTCUSDT',
        position_notional: 50_000,
        budget_usd: 1348,
        over_budget: 48_652,
        mode: 'shadow',
        timestamp: NOW_SEC,
      },
    ]);
  });

  // Without risk in the book and with NORMAL_VOL, stress is 0.066 and the budget 1868.
  it.each([
    ['at the budget', 1868, 0],
    ['just above it', 1868.0000000001, 1],
    ['short, just above it', -1868.01, 1],
    ['below it', 1867.99, 0],
  ])('of a position %s: %s dollars make %s', (_words, notional, events) => {
    const outcome = run(bitcoin(notional, 1e-14));
    expect(budgets(outcome).BTCUSDT).toMatchObject({ budget_usd: '1868' });
    expect(emitted(outcome, 'budget.violation')).toHaveLength(events);
  });

  it.each([
    ['enforce', 50_000, 'p28_budget_blocks_total', 'p28_budget_allow_total'],
    ['shadow', 50_000, 'p28_budget_allow_total', 'p28_budget_blocks_total'],
    ['enforce', 1, 'p28_budget_allow_total', 'p28_budget_blocks_total'],
  ])('in %s mode, a position of %s counts %s and not %s', (mode, notional, metric, other) => {
    const outcome = run({ ...bitcoin(notional, 0.1), mode });
    expect([counted(outcome, metric), counted(outcome, other)]).toEqual([1, 0]);
    expect(budgets(outcome).BTCUSDT?.mode).toBe(mode);
  });

  it('is not found where a position has no price', () => {
    const outcome = run({ book: [{ symbol: 'BTCUSDT', qty: 5, side: 'LONG' }] });
    expect(Object.keys(budgets(outcome))).toEqual(['BTCUSDT']);
    expect(emitted(outcome, 'budget.violation')).toEqual([]);
    expect(JSON.parse(outcome.decision?.facts ?? '')).toMatchObject({ unpriced: 1 });
  });

  it('names five symbols in the log and the number of the others', () => {
    const book = Array.from({ length: 7 }, (_unused, at) => ({ symbol: `S${at}`, notional: 50_000 + at, sigma: 0.01 }));
    expect(run({ book }).log?.[0]?.text).toMatch(/^P2\.8 over budget \(mode=shadow\): S6 \$50006 > .* and 2 more$/);
  });
});

describe('a cycle with many symbols', () => {
  const names = (count: number) => Array.from({ length: count }, (_unused, at) => `S${at}`);

  it('is done at once with 200', () => {
    const outcome = run({ planned: names(200) });
    expect(Object.keys(budgets(outcome))).toHaveLength(200);
    expect(JSON.parse(outcome.decision?.facts ?? '')).toMatchObject({ symbols: 200, more: 136 });
  });

  it('is split with 201, and its chunks give each symbol one budget', () => {
    const given = { planned: names(201) };
    const triggers = emitted(run(given), 'tick.risk-governor');
    expect(triggers).toHaveLength(2);
    expect(budgets(run(given))).toEqual({});
    const chunks = triggers.map((tick) => Object.keys(budgets(run({ ...given, tick: { ...tick } }))));
    expect(chunks.map((chunk) => chunk.length)).toEqual([200, 1]);
    expect(chunks.flat().sort()).toEqual(names(201).sort());
  });

  it('counts a stale state once a symbol, over all chunks', () => {
    const given = { planned: names(201), stateAgeSec: 30, rememberedAgeSec: 40 };
    const split = run(given);
    expect(counted(split, 'p28_lkg_cache_used_total')).toBe(0);
    const chunks = emitted(split, 'tick.risk-governor').map((tick) => run({ ...given, tick: { ...tick } }));
    expect(chunks.map((chunk) => counted(chunk, 'p28_lkg_cache_used_total'))).toEqual([200, 1]);
  });
});
