import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../schemas/duration.ts';
import { candlesOf, walk } from '../support/candles.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { hashWrite } from '../support/heat.ts';
import { entry, type Given, lively, outcomeOf, stateOf } from '../support/market-reading.ts';

describe('a symbol that is traded no more', () => {
  const delisted = { ...entry, trading: 'false' };
  const before = { ...stateOf({ candles: lively }) };

  it('keeps its last sigma while it is held, and is marked', () => {
    const given = { candles: [], entry: { ...delisted, held: 'true' }, before };
    const { sigma, sigma_1d, sigma_horizon_sec, vol_regime } = before;
    const kept = { sigma, sigma_1d, sigma_horizon_sec, vol_regime, reason: 'not_trading' };
    const outcome = outcomeOf(given);
    const state = hashWrite(outcome)?.fields ?? {};
    expect(state).toMatchObject(kept);
    expect(outcome.log).toEqual([
      { level: 'warn', text: 'Market state: BTCUSDT keeps its last sigma while it is held (not_trading)' },
    ]);
    expect(stateOf({ ...given, before: { ...state }, nowMs: NOW_MS + 30 * 86_400_000 })).toMatchObject(kept);
    expect(outcomeOf({ ...given, before: { ...state } }).log).toEqual([]);
  });

  it('has that of its candles where nobody remembers the last one', () => {
    const { sigma } = before;
    const held = { ...delisted, held: 'true' };
    expect(stateOf({ candles: lively, entry: held })).toMatchObject({ sigma, reason: 'not_trading' });
    expect(stateOf({ candles: [], entry: held })).not.toHaveProperty('sigma');
  });

  it.each([undefined, '', 'false', 'x'])('has none once it is not held: %j', (held) => {
    const state = stateOf({ candles: lively, entry: { ...delisted, ...(held !== undefined && { held }) }, before });
    expect(state).not.toHaveProperty('sigma_1d');
    expect(state.reason).toBe('not_trading');
  });
});

describe('a symbol that is held and has no volatility of now', () => {
  const heldEntry = { ...entry, held: 'true' };
  const before = { ...stateOf({ candles: lively }) };
  const { sigma, sigma_1d, sigma_horizon_sec, vol_regime } = before;
  const stale = candlesOf(walk(60, 7), NOW_MS - 3 * HOUR_MS);
  const still = candlesOf(
    Array.from({ length: 60 }, () => 100),
    NOW_MS,
  );

  it.each<[string, Given]>([
    ['no_candles', { candles: [] }],
    ['candles_stale', { candles: stale, nowMs: NOW_MS + 1 }],
    ['too_few_observations', { candles: candlesOf(walk(24, 7), NOW_MS) }],
    ['no_movement', { candles: still, settings: { MARKET_FROZEN_CANDLES: '1000' } }],
  ])('keeps its last one with the reason %s, says so once, and has none once it is closed', (reason, given) => {
    const kept = { sigma, sigma_1d, sigma_horizon_sec, vol_regime, reason };
    const outcome = outcomeOf({ ...given, entry: heldEntry, before });
    expect(hashWrite(outcome)?.fields).toMatchObject(kept);
    expect(outcome.log).toEqual([
      { level: 'warn', text: `Market state: BTCUSDT keeps its last sigma while it is held (${reason})` },
    ]);
    const later = outcomeOf({ ...given, entry: heldEntry, before: { ...hashWrite(outcome)?.fields } });
    expect(hashWrite(later)?.fields).toMatchObject(kept);
    expect(later.log).toEqual([]);
    expect(stateOf({ ...given, before })).not.toHaveProperty('sigma');
  });

  it('has that of its stale candles where nobody remembers the last one, and none of too few', () => {
    const state = stateOf({ candles: stale, nowMs: NOW_MS + 1, entry: heldEntry });
    expect(state).toMatchObject({ sigma: stateOf({ candles: stale }).sigma, reason: 'candles_stale' });
    const few = candlesOf(walk(24, 7), NOW_MS);
    expect(stateOf({ candles: few, entry: heldEntry })).not.toHaveProperty('sigma');
  });

  it('has the one of now as soon as there is one, be it lower', () => {
    const high = { ...before, sigma: '0.9', sigma_1d: '4.4', reason: 'candles_stale' };
    expect(stateOf({ candles: lively, entry: heldEntry, before: high })).toMatchObject({ sigma, reason: 'ok' });
  });
});
