import { describe, expect, it } from 'vitest';
import { formatNumber } from '../../../schemas/number.ts';
import { OPEN_PLAN } from '../../support/governor-world.ts';
import { type Around, verdictUnder, worldUnder } from '../../support/order-limits.ts';

type Case = [words: string, settings: string, plan: Record<string, string>, around: Around, verdict: string];

describe('the quantity of a plan', () => {
  const alone = { qty: '', price: '' };
  const cases: Case[] = [
    ['at the limit', 'BTCUSDT:0.001', {}, {}, 'permit'],
    ['just above it', 'BTCUSDT:0.001', { qty: '0.0010000001' }, {}, 'max_qty_exceeded'],
    ['above it, negative', 'BTCUSDT:0.001', { qty: '-0.0010000001' }, {}, 'max_qty_exceeded'],
    ['above that of all others, in a symbol of its own', '*:0.0001,BTCUSDT:1', {}, {}, 'permit'],
    ['above that of all others', 'ETHUSDT:1,*:0.0001', {}, {}, 'max_qty_exceeded'],
    ['in a symbol without a limit', 'ETHUSDT:0', {}, {}, 'permit'],
    ['of a symbol with none at all', 'BTCUSDT:0', {}, {}, 'max_qty_exceeded'],
    ['by a notional at the mark', '*:2', { ...alone, notional_usd: '200' }, { mark: '100' }, 'permit'],
    ['by a notional above it', '*:2', { ...alone, notional_usd: '200.01' }, { mark: '100' }, 'max_qty_exceeded'],
    [
      'by a notional, at the lower price',
      '*:2',
      { qty: '', price: '99', notional_usd: '200' },
      { mark: '100' },
      'max_qty_exceeded',
    ],
    [
      'by a notional, at a higher price',
      '*:2',
      { qty: '', price: '900', notional_usd: '200' },
      { mark: '100' },
      'permit',
    ],
    ['by a notional without any price', '*:2', { ...alone, notional_usd: '200' }, {}, 'caps_data_unavailable'],
    ['the same in a symbol without a limit', 'ETHUSDT:2', { ...alone, notional_usd: '200' }, {}, 'permit'],
    ['of a CLOSE', '*:0', { action: 'FULL_CLOSE' }, {}, 'permit'],
  ];

  it.each(cases)('%s', (_words, limits, plan, around, verdict) => {
    for (const mode of ['testnet', 'production']) {
      expect(verdictUnder({ GOV_MAX_QTY: limits }, plan, { ...around, mode })).toBe(verdict);
    }
  });
});

describe('position, reservations and plan of a symbol', () => {
  const settings = { GOV_MAX_SYMBOL_NOTIONAL_USDT: '*:100,ETHUSDT:5', GOV_SYMBOL_COOLDOWN_SECONDS: '0' };
  const plan = (qty: number) => ({ qty: formatNumber(qty), price: '1' });
  const cases: [words: string, plan: Record<string, string>, around: Around, verdict: string][] = [
    ['at the limit by the plan alone', plan(100), {}, 'permit'],
    ['just above it', plan(100.00000001), {}, 'symbol_notional_exceeded'],
    ['at it with a long position', plan(40), { held: { qty: 60, markPrice: 1 } }, 'permit'],
    ['above it with one', plan(40.00000001), { held: { qty: 60, markPrice: 1 } }, 'symbol_notional_exceeded'],
    ['above it with a short one', plan(40.00000001), { held: { qty: -60, markPrice: 1 } }, 'symbol_notional_exceeded'],
    ['with a position without a price', plan(1), { held: { qty: 60 } }, 'caps_data_unavailable'],
    ['above it all the same without its price', plan(101), { held: { qty: 60 } }, 'symbol_notional_exceeded'],
    ['of a CLOSE', { action: 'FULL_CLOSE' }, { held: { qty: 600, markPrice: 1 } }, 'permit'],
  ];

  it.each(cases)('%s', (_words, fields, around, verdict) => {
    expect(verdictUnder(settings, fields, around)).toBe(verdict);
  });

  it('count what was permitted and does not show yet, of that symbol alone', () => {
    const world = worldUnder(settings);
    world.settings = { ...world.settings, GOV_MAX_EXEC_PER_5MIN: '9', GOV_MAX_EXEC_PER_HOUR: '9' };
    const open = (planId: string, symbol: string, qty: number) => {
      world.plan({ ...OPEN_PLAN, plan_id: planId, symbol, ...plan(qty) });
      return world.block(planId)?.reason ?? 'permit';
    };
    expect([open('a', 'BTCUSDT', 60), open('b', 'ETHUSDT', 5), open('c', 'ETHUSDT', 0.00000001)]).toEqual([
      'permit',
      'permit',
      'symbol_notional_exceeded',
    ]);
    expect([open('d', 'BTCUSDT', 40.00000001), open('e', 'BTCUSDT', 40)]).toEqual([
      'symbol_notional_exceeded',
      'permit',
    ]);
    const check = world.permit('e')?.checks.find(({ gate }) => gate === 'symbol_notional');
    expect(check).toEqual({ gate: 'symbol_notional', value: 100, limit: 100, headroom: 0, verdict: 'pass' });
  });
});
