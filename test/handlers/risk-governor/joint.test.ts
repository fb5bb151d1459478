import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VIOLATION_MAX_AGE_MS } from '../../../schemas/governor.ts';
import {
  decided,
  jointly,
  type Limits,
  LOOSE,
  type Rejudged,
  said,
  secondRun,
  step,
} from '../../support/joint-runs.ts';
import { playedLog, type Step } from '../../support/joint-world.ts';
import { written } from '../../support/rejudge.ts';

/** Equity is 10,000: a budget of 300 for a symbol, whatever stresses it. */
const FIXED: Limits = {
  ...LOOSE,
  ...{ BASE_RISK_PCT: '0.03', MIN_BUDGET_K: '0', ALPHA_HEAT: '0', BETA_CLUSTER: '0', GAMMA_VOL: '0' },
};

const budgets = fc.record({
  BASE_RISK_PCT: fc.constantFrom('0.005', '0.015', '0.02', '0.025', '0.04', '0.3'),
  MIN_BUDGET_K: fc.constantFrom('0', '0', '100', '300'),
  MAX_BUDGET_K: fc.constantFrom('300', '10000'),
  GAMMA_VOL: fc.constantFrom('0', '0.2', '1'),
});
const caps = fc.record({
  GOV_MAX_OPEN_POSITIONS: fc.constantFrom('1', '2', '10'),
  GOV_MAX_NOTIONAL_PER_TRADE_USDT: fc.constantFrom('150', '250', '1000'),
  GOV_SYMBOL_COOLDOWN_SECONDS: fc.constantFrom('0', '0', '30'),
});
const limits = fc.tuple(budgets, caps).map((some): Limits => ({ ...FIXED, ...some[0], ...some[1] }));
const withCycles = fc.tuple(step, fc.constantFrom(true, true, false)).map(([one, cycle]): Step => ({ ...one, cycle }));
const mode = fc.constantFrom('enforce', 'enforce', 'shadow');

const open = (symbol: string, qty: number, more: Partial<Step> = {}): Step => ({
  ...{ waitSec: 1, symbol, qty, fate: 'filled', action: 'OPEN', strategy: 's', cycle: false },
  ...more,
});

function told({ record, ruling }: Rejudged): string {
  return `${record.handler} ${ruling?.verdict} ${ruling?.reason}`;
}

function plans(steps: readonly Step[], first: Limits, other: Limits, modes?: Record<string, string>) {
  const { rulings } = jointly(playedLog(steps, { settings: { ...FIXED, ...first } }), { ...FIXED, ...other }, modes);
  return rulings.filter(({ record }) => record.handler === 'governor').map(told);
}

const PERMIT = 'governor PERMIT ok';
const BLOCK = 'governor BLOCK p28_budget_violation';

describe('a joint replay of budgets', () => {
  it('holds plans to the budgets that a cycle would have given, at the dollar', () => {
    const steps = [open('LA', 3, { cycle: true }), open('LB', 3, { waitSec: 5 })];
    expect(plans(steps, {}, {})).toEqual([PERMIT, PERMIT]);
    expect(plans(steps, {}, { BASE_RISK_PCT: '0.02999' })).toEqual([BLOCK, BLOCK]);
    expect(plans(steps, { BASE_RISK_PCT: '0.02' }, {})).toEqual([PERMIT, PERMIT]);
    expect(plans(steps, { BASE_RISK_PCT: '0.02' }, { BASE_RISK_PCT: '0.0200001' })).toEqual([BLOCK, BLOCK]);
  });

  it('lets them count where they would be in force, and nowhere else', () => {
    const steps = [open('LA', 3, { cycle: true })];
    expect(plans(steps, { BASE_RISK_PCT: '0.02' }, { BASE_RISK_PCT: '0.02' }, { 'risk-governor': 'shadow' })).toEqual([
      PERMIT,
    ]);
    const { rulings } = jointly(
      playedLog(steps, { settings: { ...FIXED, BASE_RISK_PCT: '0.02' }, budgets: 'shadow' }),
      { ...FIXED, BASE_RISK_PCT: '0.02' },
      { 'risk-governor': 'enforce' },
    );
    expect(rulings.map(told)).toEqual(['risk-governor BUDGETS fresh_state', BLOCK]);
  });

  it('finds no position over its budget that would not be held, and reports it to no plan', () => {
    const held = { GOV_MAX_NOTIONAL_PER_TRADE_USDT: '250' };
    const steps = [open('LA', 3), open('LA', 2, { waitSec: 20, cycle: true })];
    const first = { BASE_RISK_PCT: '0.02' };
    const { rulings } = jointly(playedLog(steps, { settings: { ...FIXED, ...first } }), {
      ...FIXED,
      ...first,
      ...held,
    });
    expect(rulings.map(told)).toEqual([
      'governor BLOCK notional_per_trade_exceeded',
      'risk-governor BUDGETS fresh_state',
      PERMIT,
    ]);
    expect(rulings[1]?.ruling?.checks).toMatchObject([{ gate: 'over_budget', value: 0, verdict: 'pass' }]);
  });

  it('reports a position over its budget to the plans of the next half minute, to the millisecond, whichever side closed it', () => {
    const again = (waitSec: number) => [
      open('LA', 3),
      open('LA', 1, { waitSec: 10, cycle: true, action: 'FULL_CLOSE' }),
      open('LA', 1, { waitSec }),
    ];
    const [tight, wide] = [{ BASE_RISK_PCT: '0.02' }, { BASE_RISK_PCT: '0.03' }];
    const CLOSED = [PERMIT, PERMIT];
    const LIMIT_SEC = VIOLATION_MAX_AGE_MS / 1000;
    for (const [first, other, reported] of [
      [wide, tight, BLOCK],
      [tight, wide, PERMIT],
      [tight, tight, BLOCK],
    ] as const) {
      expect(plans(again(LIMIT_SEC - 0.001), first, other)).toEqual([...CLOSED, reported]);
      expect(plans(again(LIMIT_SEC), first, other)).toEqual([...CLOSED, PERMIT]);
    }
  });

  it('says where heat stays that of the log, and where a budget is not told', () => {
    const steps = [open('LA', 3), open('LB', 1, { waitSec: 20, cycle: true })];
    const other = { ...FIXED, GOV_MAX_NOTIONAL_PER_TRADE_USDT: '250', ALPHA_HEAT: '0.4' };
    const log = playedLog(steps, { settings: { ...FIXED, ALPHA_HEAT: '0.4' }, sigma: 0.1 });
    expect(jointly(log, other).rulings.map(({ lost }) => lost)).toEqual([undefined, 'heat_as_logged', undefined]);
    const without = log.map(({ id, fields }) => ({
      id,
      fields: {
        ...fields,
        facts: fields.facts?.replaceAll('"symbol":"LB","budget_usd"', '"symbol":"LC","budget_usd"'),
      },
    }));
    const { rulings } = jointly(without as typeof log, { ...FIXED, ALPHA_HEAT: '0.4', BASE_RISK_PCT: '0.02' });
    expect(rulings.map(({ lost }) => lost)).toEqual([undefined, undefined, 'budget_unknown']);
  });

  it('under the limits they were judged by is the log, to the byte', () => {
    fc.assert(
      fc.property(fc.array(withCycles, { minLength: 1, maxLength: 30 }), limits, mode, (steps, own, budgetMode) => {
        const log = playedLog(steps, { settings: { ...own, ALPHA_HEAT: '0.4' }, budgets: budgetMode, sigma: 0.05 });
        const { rulings } = jointly(log, { ...own, ALPHA_HEAT: '0.4' });
        expect(rulings.map(({ ruling, lost }) => [ruling && written(ruling), lost])).toEqual(
          decided(log).map(({ verdict, reason, checks }) => [{ verdict, reason, checks }, undefined]),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is what a second run of the same proposals under the other limits decides, cycles and plans', () => {
    fc.assert(
      fc.property(
        fc.array(withCycles, { minLength: 2, maxLength: 30 }),
        fc.tuple(limits, limits),
        fc.tuple(mode, mode),
        (steps, [one, other], [was, is]) => {
          const first = playedLog(steps, { settings: one, budgets: was });
          const { rulings } = jointly(first, other, { 'risk-governor': is });
          const second = decided(secondRun(steps, first, { settings: other, budgets: is }));
          const found = rulings.map(({ ruling }) => ruling && written(ruling));
          expect(found.map((ruling) => ruling && said(ruling.verdict, ruling.reason, ruling.checks))).toEqual(
            second.map(({ verdict, reason, checks }) => said(verdict, reason, checks)),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it('with heat is what a second run decides where the same is held, whatever the weights', () => {
    const weighed = fc
      .tuple(limits, fc.constantFrom('0', '0.4', '1'))
      .map(([some, ALPHA_HEAT]) => ({ ...some, ALPHA_HEAT }));
    fc.assert(
      fc.property(
        fc.array(withCycles, { minLength: 2, maxLength: 20 }),
        fc.tuple(weighed, weighed),
        (steps, [one, other]) => {
          const first = playedLog(steps, { settings: one, sigma: 0.5 });
          const { rulings } = jointly(first, { ...other });
          const apart = rulings.findIndex(({ lost }) => lost !== undefined);
          const known = apart === -1 ? rulings : rulings.slice(0, apart);
          const second = decided(secondRun(steps, first, { settings: other, sigma: 0.5 }));
          expect(known.map(({ ruling }) => ruling && said(...parts(written(ruling))))).toEqual(
            second.slice(0, known.length).map((record) => said(...parts(record))),
          );
        },
      ),
      { numRuns: 100 },
    );
  });
});

function parts({ verdict, reason, checks }: { verdict: string; reason: string; checks: string }) {
  return [verdict, reason, checks] as const;
}
