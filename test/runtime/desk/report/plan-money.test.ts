import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlannedOpenings } from '../../../../handlers/common/planned-openings.ts';
import type { BudgetReport, PlanReport } from '../../../../runtime/desk/report/gate-report.ts';
import { planMoneySections } from '../../../../runtime/desk/report/html/plan-money-section.ts';
import type { GateReport } from '../../../../runtime/desk/report/index.ts';
import type { MarkSource } from '../../../../runtime/desk/report/marks.ts';
import { planMoney } from '../../../../runtime/desk/report/plan-money.ts';
import { decisionRecord } from '../../../../schemas/decision.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import { fieldsOf } from '../../../../schemas/wire.ts';
import { blockedByHand } from '../../../support/month-by-hand.ts';
import { Files, MONTH, may2021Csv, reportCli, reportFrom } from '../../../support/month-report.ts';

let files: Files;
let candles: string;
beforeAll(async () => {
  files = await Files.make();
  candles = await files.write('candles.csv', may2021Csv());
});
afterAll(() => files.remove());

const sum = (of: readonly number[]) => of.reduce((total, one) => total + one, 0);

describe('the plans that the governor blocked in the recorded month', () => {
  it.each([24, 6])('come to what the closes say, for %i hours at most', async (hours) => {
    const { plan_money: money } = await reportFrom<PlanReport & GateReport>(
      ...(['governor', '--file', MONTH, '--candles', candles, '--horizon', `${hours}h`] as const),
    );
    const { direct, usd, once, pnlUsd } = await blockedByHand(hours);
    expect(direct.length).toBeGreaterThan(100);
    expect(money).toMatchObject({ plans: direct.length, valued: direct.length, horizon_sec: hours * 3600 });
    expect(money.usd).toBeCloseTo(usd, 4);
    expect(money.direct.pnl_usd).toBeCloseTo(sum(direct.map((one) => one.pnlUsd)), 3);
    expect(money.adjusted).toMatchObject({ plans: once, repeats: direct.length - once });
    expect(money.adjusted.pnl_usd).toBeCloseTo(pnlUsd, 3);
    expect(money.adjusted.pnl_usd).not.toBeCloseTo(money.direct.pnl_usd, 0);
    for (const row of money.by_reason) {
      const own = direct.filter(({ reason }) => reason === row.name);
      expect([row.name, row.plans]).toEqual([row.name, own.length]);
      expect(row.direct_usd).toBeCloseTo(sum(own.map((one) => one.pnlUsd)), 3);
    }
    expect(sum(money.by_reason.map(({ adjusted_usd }) => adjusted_usd))).toBeCloseTo(money.adjusted.pnl_usd, 6);
    expect(money.by_strategy.map(({ name, plans }) => [name, plans])).toEqual([['default', direct.length]]);
    expect(money.played).toEqual({ reason: expect.stringContaining('report governor --candles FILE --play') });
  });

  it('are told in sentences and tables, on a terminal and as a page', async () => {
    const { out } = await reportCli('governor', '--file', MONTH, '--candles', candles);
    expect(out).toMatch(/The blocked plans would have (lost|earned) \$[\d,.]+ \(direct, horizon 24 h\)/);
    expect(out).toContain('Blocked plans in money, by reason');
    expect(out).toContain('Blocked plans in money, by strategy');
    const without = await reportCli('governor', '--file', MONTH);
    expect(without.out).toMatch(/could not be valued|is not known: there are no prices/);
  });
});

it('plans over their budget are valued in the same way', async () => {
  const report = await reportFrom<BudgetReport & GateReport>('risk-governor', '--file', MONTH, '--candles', candles);
  expect(report.plan_money.plans).toBe(report.plans.over_budget);
  expect(sum(report.plan_money.by_reason.map(({ plans }) => plans))).toBe(report.plans.over_budget);
});

function record(fields: Readonly<Record<string, string>>) {
  return decisionRecord(fieldsOf(Object.entries(fields).flat()));
}

const PLAN = { handler: 'governor', verdict: 'BLOCK', reason: 'kill', symbol: 'A', action: 'OPEN_LONG' };
const facts = JSON.stringify({
  ...{ kill_on: false, trading_state: 'ACTIVE', armed: true, age_ms: 1, positions_known: true, positions: 0 },
  ...{ gross_notional_usd: 0, unpriced: 0, reserved_new: 0, reserved_usd: 0, reservations_readable: true },
  ...{ plan_notional_usd: 1000, execs_hour: 0, execs_5min: 0, since_exec_ms: null, last_exec_readable: true },
});
const plan = (more: Readonly<Record<string, string>> = {}) =>
  record({ ...PLAN, plan_id: 'p', input: '{"side":"BUY"}', facts, ...more });

/** 100 at hour 0, and 10 more each hour. */
const rising: MarkSource = {
  name: 'candle_file',
  async *pages(symbols) {
    for (const symbol of symbols) {
      yield Array.from({ length: 50 }, (_, hour) => {
        return { symbol, atMs: hour * HOUR_MS, price: 100 + 10 * hour, countsMs: HOUR_MS };
      });
    }
  },
};

async function moneyOf(steps: readonly (readonly [hour: number, ReturnType<typeof record>])[], feeBps = 0) {
  const plans = new PlannedOpenings();
  for (const [hour, one] of steps) plans.take(hour * HOUR_MS, one, one.verdict === 'BLOCK' ? one.reason : undefined);
  const rules = { horizonMs: 10 * HOUR_MS, endMs: 40 * HOUR_MS, feeBps };
  return await planMoney(plans.found, [rising], {
    openings: [],
    rules,
    fromMs: 0,
    tries: null,
    played: { reason: 'not asked for' },
  });
}

it('plans that no price values come to what is not known, and not to $0', async () => {
  const plans = new PlannedOpenings();
  plans.take(0, plan(), 'kill');
  const rules = { horizonMs: HOUR_MS, endMs: 40 * HOUR_MS, feeBps: 0 };
  const money = await planMoney(plans.found, [], {
    openings: [],
    rules,
    fromMs: 0,
    tries: null,
    played: { reason: 'not asked for' },
  });
  const told = JSON.stringify(planMoneySections(money).map(({ text }) => text));
  expect(told).toContain('Direct not known: ');
  expect(told).toContain('Adjusted not known: ');
});

describe('a blocked plan', () => {
  const exit = (more: Readonly<Record<string, string>> = {}) =>
    record({ handler: 'heat-gate', verdict: 'PASS', symbol: 'A', action: 'FULL_CLOSE', ...more });
  const close = (action: string, more: Readonly<Record<string, string>> = {}) =>
    record({ handler: 'governor', verdict: 'PERMIT', symbol: 'A', action, ...more });

  it.each([
    ['the horizon, where no exit comes', [], 1000],
    ['the next exit of the symbol', [[3, exit()]], 300],
    ['a plan that closes', [[4, close('FULL_CLOSE_PROPOSED')]], 400],
    ['a plan that reduces', [[5, close('SELL', { input: '{"reduce_only":true}' })]], 500],
    ['no exit of another symbol', [[3, exit({ symbol: 'B' })]], 1000],
    ['no exit of another strategy', [[3, exit({ strategy: 'trend' })]], 1000],
    ['no close of a part', [[3, close('PARTIAL_50')]], 1000],
    ['no stop that is moved', [[3, close('MOVE_SL')]], 1000],
    ['no exit after the horizon', [[11, exit()]], 1000],
    ['the exit, whatever becomes of it', [[2, exit({ verdict: 'DOWNGRADE' })]], 200],
  ] as const)('is followed to %s', async (_what, exits, usd) => {
    const { direct, adjusted } = await moneyOf([[0, plan()], ...exits]);
    expect(direct.pnl_usd).toBeCloseTo(usd, 8);
    expect(adjusted.pnl_usd).toBeCloseTo(usd, 8);
  });

  it('of a seller earns the other way, and pays both fees of what it trades', async () => {
    const short = await moneyOf([[0, plan({ input: '{"side":"SELL"}' })]], 10);
    // Sold at 100 for 1,000, bought back at 200 for 2,000.
    expect(short.direct.pnl_usd).toBeCloseTo(-1000 - 0.001 * (1000 + 2000), 8);
    expect(short.adjusted.pnl_usd).toBeCloseTo(short.direct.pnl_usd, 8);
    const long = await moneyOf([[0, plan()]], 10);
    expect(long.direct.pnl_usd).toBeCloseTo(1000 - 0.001 * (1000 + 2000), 8);
  });

  it('that is asked for again while it would be held counts once in the adjusted reading', async () => {
    const money = await moneyOf([
      [0, plan()],
      [1, plan({ plan_id: 'again' })],
      [2, plan({ plan_id: 'other-side', input: '{"side":"SELL"}' })],
      [3, plan({ plan_id: 'other', strategy: 'trend' })],
      [10, plan({ plan_id: 'anew' })],
    ]);
    expect(money.adjusted).toMatchObject({ plans: 4, repeats: 1 });
    expect(money.by_strategy.map(({ name, plans }) => [name, plans])).toEqual([
      ['default', 4],
      ['trend', 1],
    ]);
  });

  it('without a side, a worth or a price is not valued, and named', async () => {
    const { plans, valued, not_valued, direct } = await moneyOf([
      [0, plan({ input: '{}', action: 'ENTER' })],
      [0, plan({ facts: '{}' })],
      [60, plan()],
    ]);
    expect({ plans, valued, not_valued }).toEqual({
      ...{ plans: 3, valued: 0, not_valued: { no_side: 1, no_position: 1, no_mark: 1 } },
    });
    expect(direct).toMatchObject({ pnl_usd: 0, interval_usd: null, distinguishable: null });
  });

  it('is one that opens: a refused close, a repeat and what is ignored are none', async () => {
    const { plans } = await moneyOf([
      [0, plan({ action: 'FULL_CLOSE' })],
      [0, plan({ verdict: 'DUPLICATE' })],
      [0, plan({ verdict: 'PERMIT' })],
      [0, plan({ action: 'HOLD' })],
    ]);
    expect(plans).toBe(0);
  });
});
