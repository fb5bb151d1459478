import { describe, expect, it } from 'vitest';
import heatGate from '../../handlers/heat-gate/index.ts';
import { heatDecisionFields } from '../../schemas/harvest.ts';
import { keys, streams } from '../../schemas/keys.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { ETH, emitted, type HeatWorld, hashWrite, judgeProposal, OTHERS } from '../support/heat.ts';

const fullClose = { plan_id: '8188151ac8e76b73', symbol: 'ETHUSDT', action: 'FULL_CLOSE' };
const warm: HeatWorld = { portfolio: { equity_usd: '3000' }, views: { book: [ETH, OTHERS] } };
const hot: HeatWorld = { ...warm, portfolio: { equity_usd: '1000' } };
const enforce: HeatWorld = { mode: 'enforce' };

describe('harvest.calibrated', () => {
  it('has the gate fields, in order, and takes over the other fields of the proposal', () => {
    const outcome = judgeProposal({ ...fullClose, trace_id: 't-9', R_net: '2' }, warm);
    expect(Object.entries(emitted(outcome, streams.calibrated))).toEqual([
      ['trace_id', 't-9'],
      ['plan_id', '8188151ac8e76b73'],
      ['symbol', 'ETHUSDT'],
      ['original_action', 'FULL_CLOSE'],
      ['calibrated_action', 'PARTIAL_75'],
      ['heat_value', '0.2941666667'],
      ['heat_bucket', 'WARM'],
      ['mode', 'shadow'],
      ['calibrated', 'true'],
      ['reason', 'portfolio_heat_warm'],
      ['timestamp', String(NOW_MS / 1000)],
    ]);
    expect(outcome.effects[0]).toMatchObject({
      source: {
        omit: ['plan_id', 'symbol', 'trace_id', 'action', 'harvest_action'],
        rename: expect.arrayContaining(['original_action', 'heat_value', 'mode', 'reason', 'timestamp']),
      },
    });
  });

  it('derives a missing trace id from the stream id, the same each time', () => {
    const traceIds = [1, 2].map(
      () => emitted(judgeProposal(fullClose, { sourceId: '1771294976212-3' }), streams.calibrated).trace_id,
    );
    expect(traceIds).toEqual(['p26-1771294976212-3', 'p26-1771294976212-3']);
  });

  it.each([
    ['FULL_CLOSE_PROPOSED', warm, 'PARTIAL_75', 'PARTIAL_75_PROPOSED'],
    ['FULL_CLOSE', warm, 'PARTIAL_75', 'PARTIAL_75'],
    ['FULL_CLOSE_PROPOSED', hot, 'FULL_CLOSE_PROPOSED', 'FULL_CLOSE_PROPOSED'],
    ['PARTIAL_50_PROPOSED', warm, 'PARTIAL_50_PROPOSED', 'PARTIAL_50_PROPOSED'],
  ])('writes a softened action plain, and one that passes as spelled: %s', (action, world, plain, outAction) => {
    const outcome = judgeProposal({ ...fullClose, action }, { ...world, mode: 'enforce' });
    expect(emitted(outcome, streams.calibrated).calibrated_action).toBe(plain);
    expect(emitted(outcome, streams.heatDecisions)).toMatchObject({ in_action: action, out_action: outAction });
    expect(hashWrite(outcome)?.fields).toMatchObject({ action: plain, harvest_action: plain, original_action: action });
  });
});

describe('harvest.heat.decision', () => {
  it('has exactly the 13 fields', () => {
    const portfolio = { equity_usd: '3000', timestamp: String(NOW_MS / 1000 - 3) };
    const fields = emitted(judgeProposal(fullClose, { ...warm, portfolio }), streams.heatDecisions);
    expect(Object.keys(fields)).toEqual([...heatDecisionFields]);
    expect(fields).toMatchObject({
      ts_epoch: String(NOW_MS / 1000),
      symbol: 'ETHUSDT',
      plan_id: '8188151ac8e76b73',
      heat_level: 'warm',
      heat_score: '0.2941666667',
      heat_action: 'DOWNGRADE_FULL_TO_PARTIAL',
      recommended_partial: '0.75',
      reason: 'ok',
      inputs_age_sec: '3',
      mode: 'shadow',
    });
    expect(JSON.parse(fields.debug_json ?? '')).toMatchObject({ equity_usd: 3000, book: { risk_usd: 882.5 } });
  });

  it('recommends nothing for an exit that passes, and has no age without a time', () => {
    const fields = emitted(judgeProposal(fullClose, hot), streams.heatDecisions);
    expect(fields).toMatchObject({
      heat_level: 'hot',
      heat_action: 'NONE',
      recommended_partial: '',
      inputs_age_sec: '',
    });
  });
});

describe('the live hash', () => {
  it('is not touched in shadow', () => {
    expect(hashWrite(judgeProposal(fullClose))).toBeUndefined();
  });

  it('is merged in enforce, changed or not', () => {
    expect(hashWrite(judgeProposal(fullClose, enforce))).toMatchObject({
      key: keys.liveProposal('ETHUSDT'),
      ttlSec: 300,
      ifNewer: true,
      unlessNewer: { field: 'last_update_epoch', atMs: NOW_MS },
      fields: {
        action: 'PARTIAL_25',
        harvest_action: 'PARTIAL_25',
        original_action: 'FULL_CLOSE',
        heat_value: '0.027',
        heat_bucket: 'COLD',
        calibrated: '1',
        calibrated_by: 'p26_heat_gate',
        downgrade_reason: 'portfolio_heat_cold',
        trace_id: `p26-${NOW_MS}-0`,
        plan_id: '8188151ac8e76b73',
        symbol: 'ETHUSDT',
        ts: String(NOW_MS / 1000),
      },
      bestEffort: {
        applied: [{ metric: 'p26_hash_writes_total' }],
        failed: [{ metric: 'p26_hash_write_fail_total' }],
      },
    });
    const held = judgeProposal({ ...fullClose, action: 'HOLD' }, enforce);
    expect(hashWrite(held)).toMatchObject({ fields: { action: 'HOLD', downgrade_reason: 'non_full_close_unchanged' } });
    expect(hashWrite(held)).not.toHaveProperty('replace');
  });

  it.each([
    ['300 s old by its stream id', {}, `${NOW_MS - 300_000}-0`, true],
    ['older by its stream id', {}, `${NOW_MS - 300_001}-0`, false],
    ['300 s old by its own time', { timestamp: String(NOW_MS / 1000 - 300) }, `${NOW_MS}-0`, true],
    ['older by its own time', { ts_epoch: String(NOW_MS / 1000 - 301) }, `${NOW_MS}-0`, false],
    ['young by its own time in an old entry', { timestamp: String(NOW_MS / 1000) }, `${NOW_MS - 900_000}-0`, true],
    ['ahead of the clock', { timestamp: String(NOW_MS / 1000 + 6) }, `${NOW_MS}-0`, false],
  ])('of a proposal that is %s', (_what, time, sourceId, written) => {
    const outcome = judgeProposal({ ...fullClose, ...time }, { ...enforce, sourceId });
    expect(hashWrite(outcome) !== undefined).toBe(written);
    expect(emitted(outcome, streams.calibrated).mode).toBe('enforce');
  });
});

describe('what is counted and logged', () => {
  it('is each proposal, its lag, and each downgrade by its reason', () => {
    const outcome = judgeProposal(fullClose, { ...warm, sourceId: `${NOW_MS - 40}-0` });
    expect(outcome.counts).toEqual([
      { metric: 'p26_proposals_processed_total' },
      { metric: 'p26_stream_lag_ms', observe: 40 },
      {
        metric: 'p26_actions_downgraded_total',
        labels: { from_action: 'FULL_CLOSE', to_action: 'PARTIAL_75', reason: 'portfolio_heat_warm' },
      },
    ]);
  });

  it('is declared, every label value that is known from the start at 0', () => {
    const declared = new Map(heatGate.metrics.map((spec) => [spec.name, spec]));
    const outcome = judgeProposal(fullClose, { portfolio: null, mode: 'enforce' });
    for (const count of outcome.counts ?? []) {
      const initial = declared.get(count.metric)?.initial;
      if (count.labels !== undefined) expect(initial).toContainEqual(count.labels);
      expect(declared.has(count.metric)).toBe(true);
    }
    expect(declared.get('p26_failures_total')?.initial).toHaveLength(12);
  });

  it('is a comparison in shadow, and what was enforced in enforce', () => {
    const texts = (world: HeatWorld) => (judgeProposal(fullClose, world).log ?? []).map(({ text }) => text);
    expect(texts(warm)).toEqual([
      'SHADOW-COMPARE: 8188151a | proposal=FULL_CLOSE vs calibrated=PARTIAL_75 | heat=0.2942 WARM | downgraded=True reason=portfolio_heat_warm',
      'DOWNGRADE: 8188151a | ETHUSDT FULL_CLOSE -> PARTIAL_75 | heat=0.2942 WARM | reason=portfolio_heat_warm',
    ]);
    expect(texts({ ...hot, mode: 'enforce' })).toEqual([
      'ENFORCE: 8188151a | proposal=FULL_CLOSE vs calibrated=FULL_CLOSE | heat=0.8825 HOT | downgraded=False reason=portfolio_heat_hot',
    ]);
  });

  it.each<[string, HeatWorld, string, string, string, string]>([
    ['FULL_CLOSE', warm, 'DOWNGRADE', 'portfolio_heat_warm', 'pass', 'would_refuse'],
    ['FULL_CLOSE', { ...warm, mode: 'enforce' }, 'DOWNGRADE', 'portfolio_heat_warm', 'pass', 'refuse'],
    ['FULL_CLOSE', hot, 'PASS', 'portfolio_heat_hot', 'pass', 'pass'],
    ['PARTIAL_50', hot, 'PASS', 'partial_unchanged', 'skipped', 'skipped'],
    [
      'FULL_CLOSE',
      { portfolio: null },
      'DOWNGRADE',
      'fail_closed_portfolio_state_missing',
      'would_refuse',
      'would_refuse',
    ],
  ])('is decided with its checks: %s in %j', (action, world, verdict, reason, min, max) => {
    const { decision } = judgeProposal({ ...fullClose, action }, world);
    expect(decision).toMatchObject({ verdict, reason, action, symbol: 'ETHUSDT', planId: '8188151ac8e76b73' });
    expect(decision?.checks?.map((check) => check.verdict)).toEqual([min, max]);
    expect(JSON.parse(decision?.facts ?? '').thresholds).toEqual({ heat_min: 0.25, heat_max: 0.65 });
  });

  it('says how far the heat is from each threshold', () => {
    expect(judgeProposal(fullClose, warm).decision?.checks).toEqual([
      { gate: 'heat_min', value: 0.2941666667, limit: 0.25, headroom: 0.0441666667, verdict: 'pass' },
      { gate: 'heat_max', value: 0.2941666667, limit: 0.65, headroom: -0.3558333333, verdict: 'would_refuse' },
    ]);
  });
});
