import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decided, jointly, type Limits, LOOSE, type Rejudged, said, secondRun, step } from '../support/joint-runs.ts';
import { playedLog, type Step } from '../support/joint-world.ts';
import { written } from '../support/rejudge.ts';

/** Equity is 10,000, and a position of 100 adds 0.005 to heat: cold below 0.012, hot from 0.03 on. */
const SIGMA = 0.5;
const FIXED: Limits = { ...LOOSE, HEAT_MIN: '0.012', HEAT_MAX: '0.03', ALPHA_HEAT: '0', GAMMA_VOL: '0' };

const limits = fc
  .record({
    HEAT_MIN: fc.constantFrom('0.004', '0.008', '0.012'),
    HEAT_MAX: fc.constantFrom('0.016', '0.03', '0.1'),
    GOV_MAX_NOTIONAL_PER_TRADE_USDT: fc.constantFrom('150', '250', '1000', '1000'),
    GOV_MAX_TOTAL_NOTIONAL_USDT: fc.constantFrom('600', '5000', '5000'),
    GOV_MAX_SYMBOL_NOTIONAL_USDT: fc.constantFrom('*:300', '*:5000'),
    BASE_RISK_PCT: fc.constantFrom('0.02', '0.3'),
  })
  .map((some): Limits => ({ ...FIXED, ...some }));
const mode = fc.constantFrom('enforce', 'enforce', 'shadow');
const modes = fc.record({ exits: mode, budgets: fc.constant('enforce') });
const closing = fc
  .tuple(step, fc.constantFrom('OPEN', 'OPEN', 'OPEN', 'FULL_CLOSE', 'FULL_CLOSE', 'PARTIAL_50'), fc.boolean())
  .map(([one, action, cycle]): Step => ({ ...one, action, cycle }) as Step);
const moving = fc.tuple(closing, fc.constantFrom(1, 0.9, 1.2)).map(([one, move]): Step => ({ ...one, move }));

const open = (symbol: string, qty: number, more: Partial<Step> = {}): Step => ({
  ...{ waitSec: 20, symbol, qty, fate: 'filled', action: 'OPEN', strategy: 's' },
  ...more,
});
const close = (symbol: string, more: Partial<Step> = {}) => open(symbol, 1, { action: 'FULL_CLOSE', ...more });

function told({ record, ruling }: Rejudged): string {
  return `${record.handler} ${ruling?.verdict} ${ruling?.reason}`;
}

function ruled({ ruling }: Rejudged) {
  if (ruling === undefined) return undefined;
  const { verdict, reason, checks } = written(ruling);
  return said(verdict, reason, checks);
}

/** How many rulings of a joint replay a second run bears out: all up to the first that rests on what is not known. */
function borneOut(
  steps: readonly Step[],
  [one, other]: readonly [Limits, Limits],
  [was, is]: readonly [Both, Both],
  beside: readonly string[] = [],
) {
  const first = playedLog(steps, { settings: one, sigma: SIGMA, ...was });
  const { rulings } = jointly(first, other, { 'heat-gate': is.exits, 'risk-governor': is.budgets });
  const at = rulings.findIndex(({ lost }) => lost !== undefined && !beside.includes(lost));
  const known = at === -1 ? rulings : rulings.slice(0, at);
  const second = decided(secondRun(steps, first, { settings: other, sigma: SIGMA, ...is }));
  expect(known.map(ruled)).toEqual(
    second.slice(0, known.length).map(({ verdict, reason, checks }) => said(verdict, reason, checks)),
  );
  return { known: known.length, of: rulings.length };
}

interface Both {
  readonly exits: string;
  readonly budgets: string;
}

describe('a joint replay of exits', () => {
  const COLD = { ...FIXED, HEAT_MIN: '0.03', HEAT_MAX: '0.1' };
  const WARM = { ...FIXED, HEAT_MIN: '0.01', HEAT_MAX: '0.1' };
  const HOT = { ...FIXED, HEAT_MIN: '0.005', HEAT_MAX: '0.01' };
  const exitsBehind = (first: Limits, other: Limits, is = 'enforce', was = 'enforce') => {
    const steps = [open('LA', 2), close('LA'), open('LB', 2)];
    const log = playedLog(steps, { settings: first, sigma: SIGMA, exits: was });
    return jointly(log, other, { 'heat-gate': is }).rulings;
  };

  it.each([
    ['that keeps more', WARM, COLD, 150],
    ['that keeps less', COLD, WARM, 50],
    ['that keeps nothing', COLD, HOT, 0],
    ['that keeps what the log closed', HOT, COLD, 150],
    ['that keeps the same', WARM, WARM, 50],
  ])('holds the plan behind one %s to what is left, at the dollar', (_, first, other, leftUsd) => {
    const reasonAt = (cap: number) =>
      exitsBehind(first, { ...other, GOV_MAX_TOTAL_NOTIONAL_USDT: `${cap}` }).at(-1)?.ruling?.reason;
    expect(reasonAt(leftUsd + 200)).toBe('ok');
    expect(reasonAt(leftUsd + 199.999)).toBe('total_notional_exceeded');
  });

  it('keeps nothing in shadow, and what it would keep once it is in force', () => {
    const tight = { ...COLD, GOV_MAX_TOTAL_NOTIONAL_USDT: '349' };
    expect(exitsBehind(COLD, tight, 'shadow', 'enforce').map(told).at(-1)).toBe('governor PERMIT ok');
    expect(exitsBehind(COLD, tight, 'enforce', 'shadow').map(told).at(-1)).toBe(
      'governor BLOCK total_notional_exceeded',
    );
  });

  it('judges the exits behind a plan that is blocked at the heat without it, at the limit', () => {
    const steps = [open('LA', 4), open('LB', 2), close('LB')];
    const log = playedLog(steps, { settings: WARM, sigma: SIGMA, exits: 'enforce' });
    const exitAt = (HEAT_MIN: string) =>
      jointly(log, { ...WARM, HEAT_MIN, GOV_MAX_NOTIONAL_PER_TRADE_USDT: '300' })
        .rulings.map(told)
        .at(-2);
    expect(exitAt('0.01')).toBe('heat-gate DOWNGRADE portfolio_heat_warm');
    expect(exitAt('0.010001')).toBe('heat-gate DOWNGRADE portfolio_heat_cold');
  });

  it('says that it does not know a heat behind two late fills of a symbol, of which one would not be there', () => {
    const steps = [open('LA', 1, { fate: 'late' }), open('LA', 3, { fate: 'late' }), open('SD', 1), close('LA')];
    const tight = { ...WARM, GOV_MAX_NOTIONAL_PER_TRADE_USDT: '150' };
    const both = { exits: 'enforce', budgets: 'enforce' };
    expect(borneOut(steps, [WARM, tight], [both, both])).toEqual({ known: 3, of: 5 });
  });

  it('says where a plan does not close what its exit was softened to, and that a kept part has no price of now', () => {
    const log = playedLog([open('LA', 4), close('LA'), open('LB', 1)], {
      settings: COLD,
      sigma: SIGMA,
      exits: 'enforce',
    });
    const instead = log.map(({ id, fields }) => ({
      id,
      fields:
        fields.handler === 'governor' && fields.action === 'PARTIAL_25' ? { ...fields, action: 'PARTIAL_50' } : fields,
    }));
    expect(jointly(instead as typeof log, WARM).rulings.map(({ lost }) => lost)).toEqual([
      undefined,
      undefined,
      'exit_otherwise',
      undefined,
    ]);
    expect(exitsBehind(HOT, COLD).map(({ lost }) => lost)).toEqual([undefined, undefined, undefined, 'at_last_price']);
    expect(exitsBehind(COLD, HOT).map(({ lost }) => lost)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('under the limits they were judged by is the log, to the byte', () => {
    fc.assert(
      fc.property(fc.array(moving, { minLength: 1, maxLength: 30 }), limits, modes, (steps, own, both) => {
        const log = playedLog(steps, { settings: own, sigma: SIGMA, ...both });
        const { rulings } = jointly(log, own);
        expect(rulings.map(({ ruling, lost }) => [ruling && written(ruling), lost])).toEqual(
          decided(log).map(({ verdict, reason, checks }) => [{ verdict, reason, checks }, undefined]),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is what a second run decides, whatever marks do, up to what the log does not tell', () => {
    let [known, of] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(moving, { minLength: 2, maxLength: 30 }),
        fc.tuple(limits, limits),
        fc.tuple(modes, modes),
        (steps, rules, both) => {
          const found = borneOut(steps, rules, both);
          known += found.known;
          of += found.of;
        },
      ),
      { numRuns: 100 },
    );
    expect(known / of).toBeGreaterThan(0.5);
  });

  it('at marks that stand still is that also where positions are taken at the last price', () => {
    let [known, of] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(closing, { minLength: 2, maxLength: 30 }),
        fc.tuple(limits, limits),
        fc.tuple(modes, modes),
        (steps, rules, both) => {
          const found = borneOut(steps, rules, both, ['at_last_price']);
          known += found.known;
          of += found.of;
        },
      ),
      { numRuns: 100 },
    );
    expect(known / of).toBeGreaterThan(0.5);
  });
});
