import { describe, expect, it } from 'vitest';
import { type Given, order, STATE, verdict, verdictOf, worldOf } from '../../support/book-limits.ts';

const MARGIN = { GOV_MAX_MARGIN_PCT: '20' };

describe('margin', () => {
  const held = [{ symbol: 'B', usd: 3000 }];
  const dear = { ...STATE, maintenance_margin_usd: '10' };
  const cases: [words: string, plan: Record<string, string>, given: Given, verdict: string][] = [
    ['at the rate of what is held, at the limit', order('A', 1000), { held }, 'permit'],
    ['just above it', order('A', 1000.000001), { held }, 'margin_exceeded'],
    ['of a short, just above it', order('A', -1000.000001), { held }, 'margin_exceeded'],
    ['at the rate that is set where that is higher', order('A', 7600), { held, state: dear }, 'permit'],
    ['just above it', order('A', 7600.00001), { held, state: dear }, 'margin_exceeded'],
    [
      'of a flat account that says nothing of margin',
      order('A', 8000),
      { state: { ...STATE, maintenance_margin_usd: '', positions_count: '0' } },
      'permit',
    ],
    [
      'just above it',
      order('A', 8000.00001),
      { state: { ...STATE, maintenance_margin_usd: '', positions_count: '0' } },
      'margin_exceeded',
    ],
    [
      'of a CLOSE',
      order('B', -1, { action: 'FULL_CLOSE' }),
      { held, state: { ...STATE, maintenance_margin_usd: '999' } },
      'permit',
    ],
  ];

  it.each(cases)('%s', (_words, plan, given, expected) => {
    for (const mode of ['testnet', 'production']) expect(verdictOf(MARGIN, plan, { ...given, mode })).toBe(expected);
  });

  it('counts what was permitted and does not show yet', () => {
    const world = worldOf(MARGIN, { held });
    expect(verdict(world, order('A', 600, { plan_id: 'a' }))).toBe('permit');
    expect(verdict(world, order('C', 400.000001, { plan_id: 'b' }))).toBe('margin_exceeded');
    expect(verdict(world, order('C', 400, { plan_id: 'c' }))).toBe('permit');
    const check = world.permit('c')?.checks.find(({ gate }) => gate === 'margin');
    expect(check).toEqual({ gate: 'margin', value: 20, limit: 20, headroom: 0, verdict: 'pass' });
  });

  it('takes the rate of an order from its setting', () => {
    const higher = { ...MARGIN, GOV_MARGIN_RATE_PCT: '50' };
    expect(verdictOf(higher, order('A', 100), { held })).toBe('permit');
    expect(verdictOf(higher, order('A', 100.000001), { held })).toBe('margin_exceeded');
  });

  it.each(['', 'NaN', '-1'])('cannot be judged where the state says %j of it', (text) => {
    const world = worldOf(MARGIN, { held, state: { ...STATE, maintenance_margin_usd: text } });
    expect(verdict(world, order('A', 1))).toBe('caps_data_unavailable');
    const checks = world.block('p1')?.checks ?? [];
    expect(checks.find((check) => check.gate === 'caps_data')?.value).toBe('margin_unknown');
    expect(checks.find((check) => check.gate === 'margin')?.verdict).toBe('skipped');
  });

  it('gives a plan that may be resized what is left to the limit', () => {
    const world = worldOf(MARGIN, { held });
    expect(verdict(world, order('A', 3000, { resize: 'true' }))).toBe('permit');
    expect(world.permit('p1')).toMatchObject({ computed_qty: 1000, asked_qty: 3000 });
  });
});
