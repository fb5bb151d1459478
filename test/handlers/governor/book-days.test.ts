import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { type Given, type Held, order, verdict, worldOf } from '../../support/book-limits.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';

const SHOCK = { GOV_MAX_SHOCK_PCT: '60', RISK_SHOCK: 'report' };
const CORRELATED = { GOV_MAX_CORRELATED_HEAT_PCT: '5', RISK_CORRELATED_HEAT: 'report' };
const EQUITY = 1000;
type Days = Readonly<Record<string, readonly [worst: number, best: number]>>;

/** A world with these fields in `state:risk`, so many seconds old. */
function world(
  settings: Record<string, string>,
  held: readonly Held[],
  risk: object | null,
  ageSec = 0,
  more: Given = {},
) {
  const made = worldOf(settings, { held, ...more });
  const fields = Object.entries(risk ?? {}).map(([name, value]) => [name, JSON.stringify(value)]);
  const timestamp = String(NOW_MS / 1000 - ageSec);
  if (risk !== null) made.hashes.set(keys.riskState, { ...Object.fromEntries(fields), timestamp });
  return made;
}

function checkOf(made: ReturnType<typeof world>, gate: string) {
  const { checks } = made.permit('p1') ?? made.block('p1') ?? { checks: [] };
  return checks.find((check) => check.gate === gate);
}

describe('worst days in the shock of an order', () => {
  const days: Days = { A: [-0.9, 2], B: [-0.2, 0.1], C: [-0.6, 3] };
  const shocked = (plan: Record<string, string>, held: readonly Held[] = [], ageSec = 0) => {
    const made = world(SHOCK, held, { days }, ageSec);
    return [verdict(made, plan), checkOf(made, 'shock')?.value];
  };

  it.each([
    ['a long in the worst day of its symbol', order('A', 600), [], 'permit', 60],
    ['the same beyond', order('A', 600.000001), [], 'shock_exceeded', 60.0000001],
    ['positions beside it', order('B', 301), [{ symbol: 'A', usd: 600 }], 'shock_exceeded', 60.02],
    ['a short in the best day of its symbol', order('A', -300), [], 'permit', 60],
    ['the same beyond', order('A', -300.000001), [], 'shock_exceeded', 60.0000002],
    ['a symbol without data in the worst day of all', order('Z', -200), [], 'permit', 60],
    ['the same beyond', order('Z', -200.000001), [], 'shock_exceeded', 60.0000003],
    [
      'both sides of a plan without one',
      order('A', 300.000001, { side: '', action: 'OPEN' }),
      [],
      'shock_exceeded',
      60.0000002,
    ],
    ['both sides of a hedged position', order('B', 1), [{ symbol: 'A', usd: 300, hedged: 1 }], 'shock_exceeded', 60.02],
  ] as const)('%s', (_words, plan, held, expected, value) => {
    expect(shocked({ ...plan }, held)).toEqual([expected, value]);
  });

  it('leaves a plan that may be resized what is within the limit', () => {
    const made = world(SHOCK, [], { days });
    expect(verdict(made, order('A', 900, { resize: 'true' }))).toBe('permit');
    expect(made.permit('p1')).toMatchObject({ computed_qty: 600, asked_qty: 900 });
  });

  it('is what a model of its own says, whatever the book', () => {
    const sized = fc.record({
      symbol: fc.constantFrom('A', 'B', 'C', 'Z'),
      usd: fc.integer({ min: -400, max: 400 }).filter((usd) => usd !== 0),
    });
    fc.assert(
      fc.property(fc.uniqueArray(sized, { maxLength: 4, selector: ({ symbol }) => symbol }), sized, (held, plan) => {
        const all = [...held, plan];
        const lost = all.map(({ symbol, usd }) => {
          const [fall, rise] = days[symbol] ?? [-0.9, 3];
          return usd > 0 ? -fall * usd : -rise * usd;
        });
        const sum = (of: readonly number[]) => of.reduce((total, one) => total + one, 0);
        const bySymbol = all.map(({ symbol }) =>
          sum(all.filter((one) => one.symbol === symbol).map(({ usd }) => Math.abs(usd))),
        );
        const half = (sign: number) => sum(all.map(({ usd }) => Math.max(0, sign * usd))) / 2;
        const worst = Math.max(sum(lost), half(1), half(-1), ...bySymbol);
        const [found, shown] = shocked(order(plan.symbol, plan.usd), held);
        expect(shown).toBeCloseTo((worst / EQUITY) * 100, 7);
        expect(found).toBe(Number(shown) > 60 ? 'shock_exceeded' : 'permit');
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['are not there', null, 0],
    ['are of another shape', { days: { A: ['x', 1] } }, 0],
    ['are over a quarter of an hour old', { days }, 901],
  ])('that %s open nothing, and close', (_words, risk, ageSec) => {
    const made = world(SHOCK, [], risk, ageSec);
    expect(verdict(made, order('A', 1))).toBe('caps_data_unavailable');
    expect(checkOf(made, 'caps_data')?.value).toBe('risk_unknown');
    expect(checkOf(made, 'shock')).toMatchObject({ verdict: 'skipped' });
    expect(
      verdict(world(SHOCK, [{ symbol: 'A', usd: 9 }], risk, ageSec), order('A', -9, { action: 'FULL_CLOSE' })),
    ).toBe('permit');
    expect(verdict(world(SHOCK, [], risk, ageSec), order('A', 700))).toBe('shock_exceeded');
  });

  it('are not asked for where the feeds tell no shock', () => {
    expect(verdict(world({ GOV_MAX_SHOCK_PCT: '60' }, [], null), order('A', 600))).toBe('permit');
  });
});

/** A covariance over a day, from loadings on three factors and a risk of its own: positive definite, row by row. */
const covariance = fc
  .array(fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: -30, max: 30 }))), { minLength: 4, maxLength: 4 })
  .map((loadings) =>
    loadings.map((one, row) =>
      loadings.map((other, column) => {
        const common = [0, 1, 2].reduce((sum, at) => sum + (one[at] ?? 0) * (other[at] ?? 0), 0);
        return (common + (row === column ? 1 + (one[3] ?? 0) ** 2 : 0)) / 1e6;
      }),
    ),
  );
const SYMBOLS = ['A', 'B', 'C', 'D'] as const;

function times(matrix: readonly (readonly number[])[], weights: readonly number[]): readonly number[] {
  return matrix.map((row) => row.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), 0));
}

/** √(wᵀΣw), all of it anew. */
function moved(matrix: readonly (readonly number[])[], weights: readonly number[]): number {
  return Math.sqrt(
    Math.max(
      0,
      times(matrix, weights).reduce((sum, value, at) => sum + value * (weights[at] ?? 0), 0),
    ),
  );
}

/** The field as the feed keeps it. */
function stored(matrix: readonly (readonly number[])[], weights: readonly number[], more: object = {}) {
  const together = times(matrix, weights);
  const rows = SYMBOLS.map((symbol, at) => [symbol, [weights[at], together[at], Math.sqrt(matrix[at]?.[at] ?? 0)]]);
  return { correlation: { variance: moved(matrix, weights) ** 2, alone: 0, rows: Object.fromEntries(rows), ...more } };
}

const heldOf = (weights: readonly number[]): readonly Held[] =>
  SYMBOLS.flatMap((symbol, at) => (weights[at] === 0 ? [] : [{ symbol, usd: weights[at] ?? 0 }]));
const amounts = fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 4, maxLength: 4 });

describe('the correlated heat of an order', () => {
  it('is that of the book with it, computed anew, for any book and order', () => {
    const planned = fc.tuple(
      fc.nat({ max: 3 }),
      fc.integer({ min: -400, max: 400 }).filter((usd) => usd !== 0),
    );
    fc.assert(
      fc.property(covariance, amounts, planned, (matrix, weights, [at, usd]) => {
        const made = world(CORRELATED, heldOf(weights), stored(matrix, weights));
        const after = weights.map((weight, place) => (place === at ? weight + usd : weight));
        const expected = (moved(matrix, after) / EQUITY) * 100;
        const found = verdict(made, order(SYMBOLS[at] ?? '', usd));
        expect(checkOf(made, 'correlated_heat')?.value).toBeCloseTo(expected, 6);
        if (Math.abs(expected - 5) > 1e-6) expect(found).toBe(expected > 5 ? 'correlated_heat_exceeded' : 'permit');
      }),
      { numRuns: 150 },
    );
  });

  it('is never below it where the book has changed since', () => {
    fc.assert(
      fc.property(covariance, amounts, amounts, (matrix, before, now) => {
        const made = world(CORRELATED, heldOf(now), stored(matrix, before));
        verdict(made, order('A', 10));
        const after = now.map((weight, place) => (place === 0 ? weight + 10 : weight));
        const value = Number(checkOf(made, 'correlated_heat')?.value);
        expect(value).toBeGreaterThanOrEqual((moved(matrix, after) / EQUITY) * 100 - 1e-7);
      }),
      { numRuns: 150 },
    );
  });

  const one = (usd: number, together: number | null, sigma = 0.1) => ({
    correlation: { variance: 100, alone: 2, rows: { A: [usd, together, sigma], B: [0, null, 0.2] } },
  });
  it.each([
    ['a hedge counts as one', order('A', -50), one(100, 1), 'permit', 100 - 100 + 25],
    [
      'what is at the limit',
      order('A', 280),
      { correlation: { variance: 400, alone: 2, rows: { A: [100, 2, 0.1] } } },
      'permit',
      2304,
    ],
    [
      'what is beyond',
      order('A', 280.01),
      { correlation: { variance: 400, alone: 2, rows: { A: [100, 2, 0.1] } } },
      'correlated_heat_exceeded',
      2304.096,
    ],
  ] as const)('%s', (_words, plan, risk, expected, variance) => {
    const made = world(CORRELATED, [{ symbol: 'A', usd: 100 }], risk);
    expect(verdict(made, { ...plan })).toBe(expected);
    expect(checkOf(made, 'correlated_heat')?.value).toBeCloseTo((Math.sqrt(variance) + 2) / 10, 3);
  });

  it('leaves a plan that may be resized what is within the limit', () => {
    const risk = { correlation: { variance: 400, alone: 2, rows: { A: [100, 2, 0.1] } } };
    const made = world(CORRELATED, [{ symbol: 'A', usd: 100 }], risk);
    expect(verdict(made, order('A', 500, { resize: 'true' }))).toBe('permit');
    expect(made.permit('p1')).toMatchObject({ computed_qty: 280, asked_qty: 500 });
  });

  it('adds all that a symbol adds whose correlation is not known, and what is reserved', () => {
    const made = world(CORRELATED, [{ symbol: 'A', usd: 100 }], one(100, 1));
    expect(verdict(made, order('B', 20, { plan_id: 'first' }))).toBe('permit');
    expect(verdict(made, order('B', 30))).toBe('permit');
    expect(checkOf(made, 'correlated_heat')?.value).toBeCloseTo((10 + 2 + 4 + 6) / 10, 9);
  });

  it('is the worse of both sides for a plan without one', () => {
    const made = world(CORRELATED, [{ symbol: 'A', usd: 100 }], one(100, 1));
    verdict(made, order('A', 50, { side: '', action: 'OPEN' }));
    expect(checkOf(made, 'correlated_heat')?.value).toBeCloseTo((Math.sqrt(100 + 100 + 25) + 2) / 10, 9);
  });

  it.each([
    ['nobody tells it', null, 0],
    ['it is over 30 s old', one(100, 1), 31],
    ['it cannot be read', { correlation: { variance: -1, alone: 0, rows: {} } }, 0],
    ['the volatility of a symbol that is held is not known', { correlation: { variance: 1, alone: 0, rows: {} } }, 0],
  ])('opens nothing while %s, and closes', (_words, risk, ageSec) => {
    const held = [{ symbol: 'A', usd: 100 }];
    const made = world(CORRELATED, held, risk, ageSec);
    expect(verdict(made, order('A', 1))).toBe('caps_data_unavailable');
    expect(checkOf(made, 'caps_data')?.value).toBe('risk_unknown');
    expect(checkOf(made, 'correlated_heat')).toMatchObject({ verdict: 'skipped' });
    expect(verdict(world(CORRELATED, held, risk, ageSec), order('A', -9, { action: 'FULL_CLOSE' }))).toBe('permit');
  });

  it('is no check while it is off', () => {
    const made = world({}, [], one(100, 1));
    expect(verdict(made, order('A', 1))).toBe('permit');
    expect(checkOf(made, 'correlated_heat')).toBeUndefined();
  });
});
