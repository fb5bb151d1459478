import { describe, expect, it } from 'vitest';
import heatBridge from '../../handlers/heat-bridge.ts';
import { heatDecisionFields } from '../../schemas/harvest.ts';
import { HeatBridgeSettings } from '../../schemas/heat-bridge.ts';
import { streams } from '../../schemas/keys.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { judge, NOW_MS } from '../support/fake-ctx.ts';
import { emitted, judgeProposal } from '../support/heat.ts';
import { liveSample } from '../support/live.ts';

const decision = { plan_id: 'P1', symbol: 'BTCUSDT', ts_epoch: String(NOW_MS / 1000 - 2), heat_action: 'HOLD_CLOSE' };

function bridge(entry: Record<string, string>, settings: Record<string, string> = {}) {
  return judge(heatBridge, entry, { facts: {}, settings });
}

describe('HeatBridge', () => {
  it('writes the three lookups, with the 13 fields exactly, missing ones empty', () => {
    const fields = {
      ...Object.fromEntries(heatDecisionFields.map((name) => [name, ''])),
      ...decision,
    };
    const outcome = bridge({ ...decision, unknown_field: 'x' });
    expect(outcome.effects).toEqual([
      { do: 'hset', key: 'harvest:heat:by_plan:P1', fields, ttlSec: 1800, replace: true },
      {
        do: 'hset',
        key: 'harvest:heat:latest:BTCUSDT',
        fields: { ...fields, last_plan_id: 'P1' },
        ttlSec: 1800,
        replace: true,
        ifNewer: true,
      },
      { do: 'set', key: 'harvest:heat:latest_plan_id:BTCUSDT', value: 'P1', ttlSec: 1800, ifNewer: true },
    ]);
    expect(outcome.effects[0]).toMatchObject({ fields: expect.not.objectContaining({ last_plan_id: 'P1' }) });
  });

  it('keeps the lookups and the marker as long as its settings say', () => {
    const settings = { P27_TTL_PLAN_SEC: '60', P27_TTL_SYMBOL_SEC: '90', P27_DEDUPE_TTL_SEC: '5' };
    const outcome = bridge(decision, settings);
    expect(outcome.effects.map((effect) => 'ttlSec' in effect && effect.ttlSec)).toEqual([60, 90, 90]);
    expect(outcome.dedupe).toMatchObject({ key: 'dedupe:p27:P1', ttlSec: 5 });
  });

  it('counts what it wrote, its lag and the time it stands at', () => {
    expect(bridge(decision).counts).toEqual([
      { metric: 'p27_in_messages_total' },
      { metric: 'p27_lag_ms', set: 2000 },
      { metric: 'p27_last_ts_epoch', set: NOW_MS / 1000 - 2 },
      { metric: 'p27_written_total', labels: { kind: 'by_plan' } },
      { metric: 'p27_written_total', labels: { kind: 'latest_symbol' } },
    ]);
  });

  it('counts a duplicate as a message and as a skip', () => {
    expect(bridge(decision).dedupe?.counts.map(({ metric }) => metric)).toEqual([
      'p27_in_messages_total',
      'p27_lag_ms',
      'p27_last_ts_epoch',
      'p27_dedupe_skips_total',
    ]);
  });

  it('takes the time of the stream id where an entry has none', () => {
    const { ts_epoch: _none, ...rest } = decision;
    expect(bridge(rest).counts).toContainEqual({ metric: 'p27_lag_ms', set: 0 });
  });

  it('takes an entry without an action, and one with values it does not know', () => {
    expect(bridge({ plan_id: 'P1', symbol: 'S', heat_level: '??', in_action: 'a b' }).effects).toHaveLength(3);
  });

  it.each([{ symbol: 'S' }, { plan_id: 'P' }, { plan_id: 'a:b', symbol: 'S' }, { plan_id: 'P', symbol: '' }])(
    'does not take %j',
    (entry) => {
      expect(heatBridge.message.safeParse(fieldsOf(Object.entries(entry).flat())).success).toBe(false);
    },
  );

  it('bridges what the heat gate writes', () => {
    const gate = emitted(judgeProposal({ plan_id: 'P1', symbol: 'S', action: 'FULL_CLOSE' }), streams.heatDecisions);
    expect(bridge({ ...gate }).effects[0]).toMatchObject({ fields: gate });
  });

  it('bridges a live entry with those 13 fields', () => {
    const { fields } = liveSample('harvest.proposal');
    const { action: _action, ...thirteen } = { ...fields };
    expect(bridge({ ...fields }).effects[0]).toMatchObject({ fields: thirteen });
  });

  it('writes nothing and counts an error when it fails', () => {
    const ctx = {
      settings: HeatBridgeSettings.parse({}),
      mode: '',
      nowMs: NOW_MS,
      sourceId: `${NOW_MS}-0`,
      portfolio: 'quantum',
      source: fieldsOf(Object.entries(decision).flat()),
    };
    const outcome = heatBridge.onFailure({ planId: 'P1', symbol: 'S' }, { reason: 'x', attempts: 3 }, ctx);
    expect(outcome.effects).toEqual([]);
    expect(outcome.counts).toContainEqual({ metric: 'p27_errors_total', labels: { stage: 'write' } });
    expect(outcome.dedupe).toBeUndefined();
  });

  it('counts every turn of its loop, and its failures by stage', () => {
    const { turn, readFailed, writeFailed, unreadable } = heatBridge.laneCounts ?? {};
    expect(turn).toEqual([{ metric: 'p27_loops_total' }]);
    expect(readFailed).toEqual([{ metric: 'p27_errors_total', labels: { stage: 'read' } }]);
    expect(writeFailed).toEqual([{ metric: 'p27_errors_total', labels: { stage: 'write' } }]);
    expect(unreadable).toEqual([
      { metric: 'p27_in_messages_total' },
      { metric: 'p27_errors_total', labels: { stage: 'read' } },
    ]);
  });

  it('turns its loop at least every P27_POLL_MS', () => {
    expect(heatBridge.pollMs?.(HeatBridgeSettings.parse({ P27_POLL_MS: '250' }))).toBe(250);
  });

  it('declares seven families, ten series', () => {
    const series = heatBridge.metrics.map((spec) => spec.initial?.length ?? 1);
    expect(heatBridge.metrics).toHaveLength(7);
    expect(series.reduce((sum, count) => sum + count, 0)).toBe(10);
  });
});
