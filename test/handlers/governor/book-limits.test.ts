import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import governor from '../../../handlers/governor/index.ts';
import { type Held, order, STATE, verdict, verdictOf, worldOf } from '../../support/book-limits.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';

const LEVERAGE = { GOV_MAX_LEVERAGE: '2' };
const SHOCK = { GOV_MAX_SHOCK_PCT: '60' };
const MARGIN = { GOV_MAX_MARGIN_PCT: '20' };

describe('leverage', () => {
  const cases: [words: string, plan: Record<string, string>, held: readonly Held[], verdict: string][] = [
    ['at the limit by the plan alone', order('A', 2000), [], 'permit'],
    ['just above it', order('A', 2000.000001), [], 'leverage_exceeded'],
    [
      'at it with both sides',
      order('A', 500),
      [
        { symbol: 'B', usd: 1000 },
        { symbol: 'C', usd: -500 },
      ],
      'permit',
    ],
    [
      'above it with both',
      order('A', 500.000001),
      [
        { symbol: 'B', usd: 1000 },
        { symbol: 'C', usd: -500 },
      ],
      'leverage_exceeded',
    ],
    ['of a CLOSE', order('B', -1, { action: 'FULL_CLOSE' }), [{ symbol: 'B', usd: 9000 }], 'permit'],
  ];

  it.each(cases)('%s', (_words, plan, held, expected) => {
    for (const mode of ['testnet', 'production']) expect(verdictOf(LEVERAGE, plan, { held, mode })).toBe(expected);
  });

  it('counts what was permitted and does not show yet', () => {
    const world = worldOf(LEVERAGE, {});
    expect(verdict(world, order('A', 1500, { plan_id: 'a' }))).toBe('permit');
    expect(verdict(world, order('B', 500.000001, { plan_id: 'b' }))).toBe('leverage_exceeded');
    expect(verdict(world, order('B', 500, { plan_id: 'c' }))).toBe('permit');
    const check = world.permit('c')?.checks.find(({ gate }) => gate === 'leverage');
    expect(check).toEqual({ gate: 'leverage', value: 2, limit: 2, headroom: 0, verdict: 'pass' });
  });
});

describe('shock', () => {
  const four = (usd: number) => ['B', 'C', 'D', 'E'].map((symbol) => ({ symbol, usd: usd / 4 }));
  const cases: [words: string, plan: Record<string, string>, held: readonly Held[], verdict: string][] = [
    ['of longs that fall by half, at the limit', order('A', 200), four(1000), 'permit'],
    ['just above it', order('A', 200.000001), four(1000), 'shock_exceeded'],
    ['of shorts that rise by half, at the limit', order('A', -200), four(-1000), 'permit'],
    ['just above it', order('A', -200.000001), four(-1000), 'shock_exceeded'],
    ['of the other side, which is no hedge and no burden', order('A', -500), four(1200), 'permit'],
    ['of the largest position that is lost, at the limit', order('A', 100), [{ symbol: 'A', usd: 500 }], 'permit'],
    ['just above it', order('A', 100.000001), [{ symbol: 'A', usd: 500 }], 'shock_exceeded'],
    ['of the largest one, a short', order('A', -100.000001), [{ symbol: 'A', usd: -500 }], 'shock_exceeded'],
    ['of another position that is the largest', order('A', 1), [{ symbol: 'B', usd: 600.000001 }], 'shock_exceeded'],
    [
      'of a position without a side, which is on both',
      order('A', 200.000001),
      four(1000).map((one) => ({ ...one, sideless: true as const })),
      'shock_exceeded',
    ],
    [
      'the same for a short',
      order('A', -200.000001),
      four(1000).map((one) => ({ ...one, sideless: true as const })),
      'shock_exceeded',
    ],
    [
      'of positions with both sides open, net long: gross, on both',
      order('A', -200.000001),
      four(1000).map((one) => ({ ...one, hedged: 1 as const })),
      'shock_exceeded',
    ],
    [
      'the same net short, for a long',
      order('A', 200.000001),
      four(1000).map((one) => ({ ...one, hedged: -1 as const })),
      'shock_exceeded',
    ],
    ['the same at the limit', order('A', 200), four(1000).map((one) => ({ ...one, hedged: -1 as const })), 'permit'],
    [
      'of a plan without a side, which is on both',
      order('A', 200.000001, { side: '', action: 'OPEN' }),
      four(-1000),
      'shock_exceeded',
    ],
    ['of a CLOSE', order('B', -1, { action: 'FULL_CLOSE' }), four(9000), 'permit'],
  ];

  it.each(cases)('%s', (_words, plan, held, expected) => {
    for (const mode of ['testnet', 'production']) expect(verdictOf(SHOCK, plan, { held, mode })).toBe(expected);
  });

  it('counts what was permitted in the same symbol as one position', () => {
    const world = worldOf(SHOCK, {});
    expect(verdict(world, order('A', 400, { plan_id: 'a' }))).toBe('permit');
    expect(verdict(world, order('A', 200.000001, { plan_id: 'b' }))).toBe('shock_exceeded');
    expect(verdict(world, order('A', 200, { plan_id: 'c' }))).toBe('permit');
    const check = world.permit('c')?.checks.find(({ gate }) => gate === 'shock');
    expect(check).toEqual({ gate: 'shock', value: 60, limit: 60, headroom: 0, verdict: 'pass' });
  });

  it('is what a model of its own says, whatever the book', () => {
    const some = fc.array(
      fc.record({ symbol: fc.constantFrom('A', 'B', 'C', 'D'), usd: fc.integer({ min: -600, max: 600 }) }),
      { maxLength: 4 },
    );
    const planned = fc.record({
      symbol: fc.constantFrom('A', 'B', 'Z'),
      usd: fc.integer({ min: -600, max: 600 }).filter((usd) => usd !== 0),
    });
    fc.assert(
      fc.property(some, planned, (positions, { symbol, usd }) => {
        const held = [...new Map(positions.map((one) => [one.symbol, one])).values()].filter((one) => one.usd !== 0);
        const all = [...held, { symbol, usd }];
        const longs = all.reduce((sum, one) => sum + Math.max(0, one.usd), 0);
        const shorts = all.reduce((sum, one) => sum + Math.max(0, -one.usd), 0);
        const bySymbol = all.map((one) =>
          all.filter((other) => other.symbol === one.symbol).reduce((sum, other) => sum + Math.abs(other.usd), 0),
        );
        const lost = Math.max(longs / 2, shorts / 2, ...bySymbol) / 1000;
        expect(verdictOf(SHOCK, order(symbol, usd), { held })).toBe(lost > 0.6 ? 'shock_exceeded' : 'permit');
      }),
      { numRuns: 300 },
    );
  });
});

describe.each([
  ['leverage', LEVERAGE],
  ['shock', SHOCK],
  ['margin', MARGIN],
])('%s', (gate, settings) => {
  const small = order('A', 1);
  it.each([
    ['no portfolio state', null],
    ['an old one', { ...STATE, timestamp: String(NOW_MS / 1000 - 121) }],
    ['no equity', { ...STATE, equity_usd: '' }],
    ['no number', { ...STATE, equity_usd: 'NaN' }],
    ['an equity of 0', { ...STATE, equity_usd: '0' }],
    ['one below it', { ...STATE, equity_usd: '-1' }],
  ])('cannot be judged with %s', (_words, state) => {
    const held = [{ symbol: 'B', usd: 1 }];
    const world = worldOf(settings, { state, held });
    expect(verdict(world, small)).toBe('caps_data_unavailable');
    const checks = world.block('p1')?.checks ?? [];
    expect(checks.find((check) => check.gate === 'caps_data')?.value).toBe('equity_unknown');
    expect(checks.find((check) => check.gate === gate)?.verdict).toBe('skipped');
    expect(verdictOf(settings, order('B', -1, { action: 'FULL_CLOSE' }), { state, held })).toBe('permit');
  });

  it('goes by the lower equity while one is in doubt', () => {
    const held = [{ symbol: 'B', usd: 500 }];
    expect(verdictOf(settings, small, { held })).toBe('permit');
    const state = { ...STATE, equity_low_usd: '200' };
    expect(verdictOf(settings, small, { held, state })).toBe(`${gate}_exceeded`);
  });

  it('refuses what is above it all the same where something is missing, and passes nothing then', () => {
    const world = worldOf(settings, { held: [] });
    world.views = { book: [{ symbol: 'B', qty: 5 }] };
    expect(verdict(world, order('A', 9000, { plan_id: 'a' }))).toBe(`${gate}_exceeded`);
    expect(verdict(world, order('A', 1, { plan_id: 'b' }))).toBe('caps_data_unavailable');
    expect(world.block('b')?.checks.find((check) => check.gate === gate)?.verdict).toBe('skipped');
  });

  it('is no check while it is off', () => {
    const world = worldOf({}, {});
    expect(verdict(world, small)).toBe('permit');
    expect(world.permit('p1')?.checks.map((check) => check.gate)).not.toContain(gate);
  });

  it.each(['0', '-1', 'NaN', '1e9', 'much'])('is refused as %s', (text) => {
    const [name] = Object.keys(settings);
    expect(governor.settings.safeParse({ [name ?? '']: text }).error?.issues.map(({ path }) => path)).toEqual([[name]]);
  });
});
