import { describe, expect, it } from 'vitest';
import heatGate from '../../handlers/heat-gate/index.ts';
import { HeatSettings } from '../../schemas/heat-gate.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { ETH, type HeatWorld, heatFacts, OTHERS } from '../support/heat.ts';

const both = { book: [ETH, OTHERS] };
const observe = heatGate.observe;

function ctx(world: HeatWorld) {
  return {
    facts: heatFacts(world),
    settings: HeatSettings.parse({}),
    mode: world.mode ?? 'shadow',
    nowMs: NOW_MS,
    portfolio: 'quantum',
  };
}

describe('the gauges of the heat gate', () => {
  it('show the heat, its bucket, the mode and the heat clamped to 1', () => {
    expect(observe?.gauges(ctx({ portfolio: { equity_usd: '500' }, views: both, mode: 'enforce' }))).toEqual([
      { metric: 'p26_heat_value', set: 1.765 },
      { metric: 'p26_bucket', labels: { state: 'COLD' }, set: 0 },
      { metric: 'p26_bucket', labels: { state: 'WARM' }, set: 0 },
      { metric: 'p26_bucket', labels: { state: 'HOT' }, set: 1 },
      { metric: 'p26_enforce_mode', set: 1 },
      { metric: 'portfolio_heat_composite_normalized', set: 1 },
    ]);
  });

  it('show a heat of 0 and COLD when it is unknown', () => {
    const gauges = observe?.gauges(ctx({ portfolio: null }));
    expect(gauges).toContainEqual({ metric: 'p26_heat_value', set: 0 });
    expect(gauges).toContainEqual({ metric: 'p26_bucket', labels: { state: 'COLD' }, set: 1 });
    expect(gauges).toContainEqual({ metric: 'p26_enforce_mode', set: 0 });
  });

  it('are all declared', () => {
    const declared = new Set(heatGate.metrics.filter(({ type }) => type === 'gauge').map(({ name }) => name));
    expect(new Set(observe?.gauges(ctx({})).map(({ metric }) => metric))).toEqual(declared);
  });
});

describe('the start of the heat gate', () => {
  it('says what the seeds say', () => {
    expect(observe?.startLines?.(ctx({ portfolio: { equity_usd: '1000' }, views: both }), 'quantum')).toEqual([
      'P2.6 Portfolio Heat Gate - Hedge Fund OS',
      'Mode: SHADOW',
      'Heat Thresholds: COLD < 0.25 < WARM < 0.65 < HOT',
      'Input: quantum:stream:harvest.proposal',
      'Output: quantum:stream:harvest.calibrated',
      'Portfolio Heat Gate started',
      'Initial Portfolio Heat: 0.8825 (HOT)',
    ]);
  });

  it('says where its output is beside another system', () => {
    expect(observe?.startLines?.(ctx({ portfolio: null }), 'beside')).toContain(
      'Output: beside:stream:harvest.calibrated',
    );
  });

  it('says why the heat is unknown', () => {
    expect(observe?.startLines?.(ctx({ portfolio: null }), 'quantum')?.at(-1)).toBe(
      'Initial Portfolio Heat: 0.0000 (COLD), unknown: portfolio_state_missing',
    );
  });
});
