import { describe, expect, it } from 'vitest';
import { GOVERNOR_METRICS } from '../../../handlers/common/governor-metrics.ts';
import governor from '../../../handlers/governor/index.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { GovernorSettings } from '../../../schemas/governor.ts';
import { hashFact, NOW_MS } from '../../support/fake-ctx.ts';

interface World {
  readonly kill?: string | null;
  readonly state?: Record<string, string> | null;
  readonly mode?: string;
  readonly execs?: readonly { readonly member: string; readonly score: number }[];
  /** Losses in a row, over all symbols. */
  readonly losses?: number;
  readonly limits?: Record<string, string>;
}

function gaugesOf({ kill = null, state = null, mode = 'testnet', execs = [], losses = 0, limits = {} }: World) {
  const facts = {
    kill: { text: kill, wrongType: false },
    state: { fields: state, wrongType: false },
    dataLost: { fields: null, wrongType: false },
    lossLatch: hashFact(null),
    portfolio: hashFact({ timestamp: String(NOW_MS / 1000) }),
    streaks: hashFact({ '*': JSON.stringify({ losses, at_ms: NOW_MS }) }),
    pauses: hashFact(null),
    execs,
  };
  const settings = GovernorSettings.parse(limits);
  const ctx = { facts, settings, mode, nowMs: NOW_MS, portfolio: 'quantum' };
  return governor.observe?.gauges(ctx as never) ?? [];
}

describe('the gauges of the governor', () => {
  it.each([
    [null, 0],
    ['', 0],
    ['0', 0],
    ['1', 1],
    ['yes', 1],
  ])('a kill switch that holds %j shows %d', (kill, set) => {
    expect(gaugesOf({ kill })).toContainEqual({ metric: 'quantum_govern_kill_switch', set });
  });

  it.each([
    [null, 'ACTIVE', 1],
    [{ trading_state: 'HALTED', armed: '1' }, 'HALTED', 1],
    [{ trading_state: 'ACTIVE', armed: '0' }, 'ACTIVE', 0],
    [{ trading_state: 'nonsense', armed: '1' }, 'REDUCING', 1],
  ])('a state of %j shows %s, armed %d', (state, tradingState, armed) => {
    const gauges = gaugesOf({ state });
    const shown = gauges.filter(({ metric, set }) => metric === 'quantum_govern_trading_state' && set === 1);
    expect(shown).toEqual([{ metric: 'quantum_govern_trading_state', labels: { state: tradingState }, set: 1 }]);
    expect(gauges).toContainEqual({ metric: 'quantum_govern_armed', set: armed });
  });

  it.each([
    [3, 0, 0],
    [4, 1, 0],
    [5, 1, 1],
  ])('%d losses in a row of 5 are near their limit: %d, and hold: %d', (losses, near, held) => {
    const gauges = gaugesOf({ losses, limits: { GOV_MAX_CONSECUTIVE_LOSSES: '5' } });
    expect(gauges).toContainEqual({ metric: 'quantum_govern_loss_near', set: near });
    expect(gauges).toContainEqual({ metric: 'quantum_govern_loss_latched', set: held });
    expect(gaugesOf({ losses })).toContainEqual({ metric: 'quantum_govern_loss_near', set: 0 });
  });

  it.each(['testnet', 'production', 'dry_run'])('mode %s is the only one at 1', (mode) => {
    const shown = gaugesOf({ mode }).filter(({ metric, set }) => metric === 'quantum_govern_mode' && set === 1);
    expect(shown).toEqual([{ metric: 'quantum_govern_mode', labels: { mode }, set: 1 }]);
  });

  it('rates count permits that are younger than an hour and than five minutes', () => {
    const execs = [
      { member: 'BTCUSDT:1-0', score: NOW_MS - HOUR_MS + 1 },
      { member: 'BTCUSDT:2-0', score: NOW_MS - 1 },
    ];
    const gauges = gaugesOf({ execs });
    const labels = { symbol: 'BTCUSDT' };
    expect(gauges).toContainEqual({ metric: 'quantum_govern_exec_count_hour', labels, set: 2 });
    expect(gauges).toContainEqual({ metric: 'quantum_govern_exec_count_5min', labels, set: 1 });
  });

  it('every gauge is declared, and every declared gauge is set', () => {
    const declared = GOVERNOR_METRICS.filter(({ type }) => type === 'gauge').map(({ name }) => name);
    const set = gaugesOf({ execs: [{ member: 'BTCUSDT:2-0', score: NOW_MS - 1 }] }).map(({ metric }) => metric);
    expect(new Set(set)).toEqual(new Set(declared));
  });
});
