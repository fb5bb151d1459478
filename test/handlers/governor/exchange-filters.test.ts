import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Check } from '../../../handlers/contract/effects.ts';
import governor from '../../../handlers/governor/index.ts';
import { keys } from '../../../schemas/keys.ts';
import { OPEN_PLAN } from '../../support/governor-world.ts';
import { worldUnder } from '../../support/order-limits.ts';
import { recordOf } from '../../support/rejudge.ts';

const REPORT = { GOV_EXCHANGE_FILTERS: 'report' };
const MARKET = { tick_size: '0.1', step_size: '0.001', min_notional_usd: '50' };
type Fields = Record<string, string>;

/** What the three checks say of a plan that is permitted all the same, by their gates. */
function said(plan: Fields, market: Fields = MARKET, mode = 'production'): Record<string, Check> {
  const world = worldUnder(REPORT, { mark: '50000', market, mode });
  world.plan({ ...OPEN_PLAN, ...plan });
  const checks = world
    .permit('p1')
    ?.checks.filter(({ gate }) => ['tick_size', 'step_size', 'min_notional'].includes(gate));
  return Object.fromEntries((checks ?? []).map((check) => [check.gate, check]));
}

describe('what the exchange asks of an order', () => {
  it.each([
    ['a price in ticks', { price: '50000.1' }, 'tick_size', 'pass'],
    ['a price between ticks', { price: '50000.15' }, 'tick_size', 'would_refuse'],
    ['a price in ticks, as a double no multiple', { price: '1234567.1' }, 'tick_size', 'pass'],
    ['a price a ten-billionth from a tick', { price: '1.1000000001' }, 'tick_size', 'would_refuse'],
    ['no price', { price: '' }, 'tick_size', 'skipped'],
    ['a mark of its own alone, which is no price', { price: '', mark_price: '50000.15' }, 'tick_size', 'skipped'],
    ['a quantity in steps', { qty: '0.003' }, 'step_size', 'pass'],
    ['a quantity between steps', { qty: '0.0035' }, 'step_size', 'would_refuse'],
    ['a notional alone', { qty: '', notional_usd: '60' }, 'step_size', 'skipped'],
    ['the least size', {}, 'min_notional', 'pass'],
    ['just under the least size', { price: '49999.9' }, 'min_notional', 'would_refuse'],
    ['the least size by a notional', { qty: '', notional_usd: '50' }, 'min_notional', 'pass'],
    ['less by a notional', { qty: '', notional_usd: '49.99' }, 'min_notional', 'would_refuse'],
    ['the least size at the mark', { price: '' }, 'min_notional', 'pass'],
    ['less at the mark', { price: '', qty: '0.000999' }, 'min_notional', 'would_refuse'],
  ])('is told of %s, and refuses nothing', (_words, plan, gate, verdict) => {
    for (const mode of ['testnet', 'production', 'dry_run'])
      expect(said(plan, MARKET, mode)[gate]?.verdict).toBe(verdict);
  });

  it('is told with the figures', () => {
    expect(said({ price: '49999.95' })).toEqual({
      tick_size: { gate: 'tick_size', value: 49_999.95, limit: 0.1, headroom: null, verdict: 'would_refuse' },
      step_size: { gate: 'step_size', value: 0.001, limit: 0.001, headroom: null, verdict: 'pass' },
      min_notional: { gate: 'min_notional', value: 49.99995, limit: 50, headroom: -0.00005, verdict: 'would_refuse' },
    });
  });

  it.each([
    [{}],
    [{ tick_size: '0', step_size: '-1', min_notional_usd: 'x' }],
    [{ tick_size: '1e-11', step_size: 'NaN' }],
  ])('is not judged where nothing usable is known of it: %j', (market) => {
    const verdicts = Object.values(said({ price: '50000.15' }, market)).map(({ verdict }) => verdict);
    expect(verdicts).toEqual(['skipped', 'skipped', 'skipped']);
  });

  it('takes every whole multiple for one, and nothing between', () => {
    const tick = fc.record({ digits: fc.integer({ min: 0, max: 8 }), of: fc.constantFrom(1n, 2n, 5n, 25n) });
    fc.assert(
      fc.property(tick, fc.integer({ min: 1, max: 10_000_000 }), ({ digits, of }, count) => {
        const text = (units: bigint) => {
          const padded = units.toString().padStart(digits + 2, '0');
          return `${padded.slice(0, -digits - 1)}.${padded.slice(-digits - 1)}`;
        };
        const units = of * BigInt(count) * 10n;
        const verdictAt = (price: bigint) =>
          said({ price: text(price) }, { tick_size: text(of * 10n) }).tick_size?.verdict;
        expect(verdictAt(units)).toBe('pass');
        expect(verdictAt(units + 5n)).toBe('would_refuse');
      }),
    );
  });

  it('is read from the market state, and asked of no CLOSE', () => {
    const world = worldUnder(REPORT, { market: MARKET });
    world.plan({ ...OPEN_PLAN, action: 'FULL_CLOSE', price: '50000.15' });
    expect(world.permit('p1')?.checks.map(({ gate }) => gate)).not.toContain('tick_size');
  });

  it('is no change by the gate: nothing of it stands in the way of an activation', () => {
    const changed = (settings: Fields, plan: Fields) => {
      const world = worldUnder(settings, { market: MARKET, mode: 'testnet' });
      world.hashes.set(keys.budget('BTCUSDT'), {});
      const record = recordOf('governor', world.plan({ ...OPEN_PLAN, ...plan }), 'testnet');
      return governor.reading?.(record, governor.settings.parse(settings)).changed;
    };
    expect([changed(REPORT, { price: '50000.15' }), changed({ ...REPORT, GOV_MAX_QTY: '*:0' }, {})]).toEqual([
      false,
      true,
    ]);
  });

  it.each(['on', 'judge', ''])('cannot be asked for as %j', (text) => {
    expect(() => worldUnder({ GOV_EXCHANGE_FILTERS: text }).plan(OPEN_PLAN)).toThrow('expected off, or report, got');
  });
});
