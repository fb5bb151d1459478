import { describe, expect, it } from 'vitest';
import heatMonitor from '../../handlers/heat-monitor.ts';
import { HeatSettings } from '../../schemas/heat-gate.ts';
import { judge, NOW_MS } from '../support/fake-ctx.ts';
import { ETH, type HeatWorld, hashWrite, heatFacts, OTHERS } from '../support/heat.ts';

const WARM: HeatWorld = { portfolio: { equity_usd: '3000.50' }, views: { book: [ETH, OTHERS] } };

function published(world: HeatWorld) {
  return hashWrite(ticked(world));
}

function ticked(world: HeatWorld, before: Record<string, string> | null = null) {
  const facts = { ...heatFacts(world), published: { fields: before, wrongType: false } };
  return judge(heatMonitor, { tick_id: 't1', scheduled_ms: String(NOW_MS) }, { facts });
}

function history(world: HeatWorld, before: Record<string, string> | null) {
  return ticked(world, before).effects.filter((effect) => effect.do === 'emit');
}

describe('the heat monitor', () => {
  it.each<[string, HeatWorld, Record<string, string>]>([
    [
      'the heat',
      { portfolio: { equity_usd: '3000.50' }, views: { book: [ETH, OTHERS] } },
      { heat: '0.2941176471', bucket: 'WARM', reason: 'portfolio_heat_warm', equity_usd: '3000.5' },
    ],
    [
      'why it is unknown',
      { portfolio: { equity_usd: '3000' }, views: {} },
      { heat: '0', bucket: 'COLD', reason: 'fail_closed_no_positions', equity_usd: '3000' },
    ],
    [
      'no equity where there is none',
      { portfolio: null },
      { heat: '0', bucket: 'COLD', reason: 'fail_closed_portfolio_state_missing', equity_usd: '' },
    ],
  ])('publishes %s', (_what, world, fields) => {
    expect(published(world)).toEqual({
      do: 'hset',
      key: 'state:heat',
      scope: 'shared',
      fields: { ...fields, timestamp: String(NOW_MS / 1000) },
    });
  });

  it('keeps what it publishes in the history, with the gross notional', () => {
    const fields = {
      heat: '0.2941176471',
      bucket: 'WARM',
      reason: 'portfolio_heat_warm',
      equity_usd: '3000.5',
      timestamp: String(NOW_MS / 1000),
      gross_notional_usd: '7925',
    };
    expect(history(WARM, null)).toEqual([{ do: 'emit', stream: 'heat.history', fields }]);
  });

  it('keeps no gross notional while a position has none', () => {
    const { notional: _unknown, ...unpriced } = ETH;
    const [entry] = history({ ...WARM, views: { book: [unpriced, OTHERS] } }, null);
    expect(entry).toMatchObject({ fields: { reason: 'portfolio_heat_cold', gross_notional_usd: '' } });
  });

  const SLOT_SEC = Math.floor(NOW_MS / 10_000) * 10;
  it.each([
    ['the first of ten seconds', SLOT_SEC - 1, 'portfolio_heat_warm', 1],
    ['another heat of the same ten seconds', SLOT_SEC, 'portfolio_heat_warm', 0],
    ['another bucket within them', SLOT_SEC, 'portfolio_heat_cold', 1],
    ['a heat that was not known before', SLOT_SEC, 'fail_closed_no_positions', 1],
  ])('puts %s into the history or leaves it out', (_what, beforeSec, reason, entries) => {
    expect(history(WARM, { reason, timestamp: String(beforeSec) })).toHaveLength(entries);
  });

  it('begins the history again where the time of the published heat cannot be read', () => {
    expect(history(WARM, { reason: 'portfolio_heat_warm', timestamp: 'x' })).toHaveLength(1);
  });

  it.each([
    ['2', 2000],
    ['0.5', 500],
    ['10', 10_000],
    ['60', 10_000],
    ['0.001', 100],
  ])('runs every P26_POLL_SEC=%s, within 10 s and no more than ten times a second', (seconds, intervalMs) => {
    const { on } = heatMonitor;
    expect(on.kind === 'every' && on.intervalMs(HeatSettings.parse({ P26_POLL_SEC: seconds }))).toBe(intervalMs);
  });

  it('writes nothing when it fails, so that its readers see it age', () => {
    const settings = HeatSettings.parse({});
    const ctx = { settings, mode: 'shadow', nowMs: NOW_MS, sourceId: '1-0', portfolio: 'quantum', source: {} };
    expect(heatMonitor.onFailure({ tick_id: 't1' }, { reason: 'x', attempts: 3 }, ctx).effects).toEqual([]);
  });
});
