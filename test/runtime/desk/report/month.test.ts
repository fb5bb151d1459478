import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BudgetReport, HeatReport, PlanReport } from '../../../../runtime/desk/report/gate-report.ts';
import type { GateReport } from '../../../../runtime/desk/report/index.ts';
import { adjustedByHand, byHand, log } from '../../../support/month-by-hand.ts';
import { Files, MONTH, may2021Csv, reportFrom } from '../../../support/month-report.ts';

let files: Files;
let candles: string;
beforeAll(async () => {
  files = await Files.make();
  candles = await files.write('candles.csv', may2021Csv());
});
afterAll(() => files.remove());

describe('the report on the heat gate over the recorded month', () => {
  it.each([24, 6, 31 * 24])('values every kept part as the closes do, for %i hours at most', async (hours) => {
    const report = await reportFrom<HeatReport & GateReport>(
      'heat-gate',
      '--file',
      MONTH,
      '--candles',
      candles,
      '--horizon',
      `${hours}h`,
    );
    const pnls = await byHand(hours);
    const sum = (of: readonly number[]) => of.reduce((total, one) => total + one, 0);
    expect(report.money).toMatchObject({ softened: 55, valued: 55, valued_share: 1, sources: { candle_file: 55 } });
    expect(report.money.pnl_usd).toBeCloseTo(sum(pnls), 4);
    expect(report.money.gained.usd).toBeCloseTo(sum(pnls.filter((pnl) => pnl > 0)), 4);
    expect(report.money.lost.exits).toBe(pnls.filter((pnl) => pnl < 0).length);
    const worst = [...pnls].sort((a, b) => a - b).slice(0, 10);
    expect(report.regrets.map(({ pnl_usd }) => pnl_usd)).toEqual(worst.map((pnl) => expect.closeTo(pnl, 4)));
    expect(sum(report.symbols.map(({ pnl_usd }) => pnl_usd))).toBeCloseTo(sum(pnls), 4);
  });

  it('comes to what the demo itself says softening would have cost', async () => {
    const { money } = await reportFrom<HeatReport & GateReport>('heat-gate', '--file', MONTH, '--candles', candles);
    expect(money.horizon_sec).toBe(24 * 3600);
    expect(money.pnl_usd).toBeCloseTo(-18_759.13, 2);
  });

  it.each([24, 6])('adjusts every kept part as a loop over the hours does, for %i hours at most', async (hours) => {
    const { counterfactuals, money } = await reportFrom<HeatReport & GateReport>(
      ...(['heat-gate', '--file', MONTH, '--candles', candles, '--horizon', `${hours}h`] as const),
    );
    const { pnlUsd, keptUsd, opposite, overlaps } = await adjustedByHand(hours);
    const { adjusted, direct } = counterfactuals;
    expect(adjusted.pnl_usd).toBeCloseTo(pnlUsd, 4);
    expect(adjusted.pnl_usd).not.toBeCloseTo(direct.pnl_usd, 0);
    expect(Object.values(adjusted.ended_usd).reduce((sum, usd) => sum + usd, 0)).toBeCloseTo(keptUsd, 4);
    expect(adjusted.overlaps).toMatchObject({ exits: overlaps, opposite });
    expect(direct).toMatchObject({ valued: 55, pnl_usd: money.pnl_usd });
    expect(counterfactuals.played).toEqual({ reason: expect.stringContaining('--play') });
  });

  it('counts what was softened by bucket and symbol, and draws the heat', async () => {
    const report = await reportFrom<HeatReport & GateReport>('heat-gate', '--file', MONTH, '--candles', candles);
    expect(report).toMatchObject({
      portfolio: 'demo',
      full_closes: 78,
      decided_by_heat: 58,
      softened: { exits: 55, share: 55 / 78, done: 0, would_be: 55 },
      thresholds: { heat_min: 0.25, heat_max: 0.65 },
      buckets: [
        { name: 'COLD', decisions: 29, changed: 29 },
        { name: 'WARM', decisions: 26, changed: 26 },
        { name: 'HOT', decisions: 3, changed: 0 },
      ],
    });
    expect(report.symbols.reduce((total, { changed }) => total + changed, 0)).toBe(55);
    expect(report.hours.reduce((total, { decisions }) => total + decisions, 0)).toBe(78);
    expect(report.hours.filter(({ level }) => level !== null)).toHaveLength(744);
  });

  it('has the drawdown of the equity as it was read', async () => {
    const { drawdown, path } = await reportFrom<HeatReport & GateReport>(
      'heat-gate',
      '--file',
      MONTH,
      '--candles',
      candles,
    );
    const equities = (await log()).flatMap(({ handler, facts }) =>
      handler === 'risk-governor' ? [Number(JSON.parse(facts).equity_usd)] : [],
    );
    let [peak, deepest] = [0, 0];
    for (const equity of equities) {
      peak = Math.max(peak, equity);
      deepest = Math.max(deepest, 1 - equity / peak);
    }
    expect(path).toHaveLength(744);
    expect(drawdown?.max_drawdown_without).toBeCloseTo(deepest, 9);
  });

  it('says of how many it does not know what they came to, where the log is all there is', async () => {
    const { money } = await reportFrom<HeatReport & GateReport>('heat-gate', '--file', MONTH);
    expect(money.valued).toBeGreaterThan(0);
    expect(money.not_valued).toEqual({ no_mark: 55 - money.valued });
    expect(money.sources).toEqual({ decision_log: money.valued });
  });

  it('looks at nothing after --until, where kept parts are still open', async () => {
    const until = '2021-05-20T00:00:00Z';
    const report = await reportFrom<HeatReport & GateReport>(
      'heat-gate',
      '--file',
      MONTH,
      '--candles',
      candles,
      '--until',
      until,
    );
    const untilSec = Date.parse(until) / 1000;
    expect(report.figures.to).toBeLessThanOrEqual(untilSec);
    expect(report.path.at(-1)?.at).toBe(untilSec);
    expect(report.money.ends.still_open).toBeGreaterThan(0);
  });
});

describe('how sure the report on the month is', () => {
  it('says an interval by the day of each exit, and by horizon the sums of a loop over the closes', async () => {
    const { uncertainty } = await reportFrom<HeatReport & GateReport>(
      'heat-gate',
      '--file',
      MONTH,
      '--candles',
      candles,
    );
    for (const { horizon_sec, pnl_usd } of uncertainty.horizons) {
      const sum = (await byHand(horizon_sec / 3600)).reduce((total, one) => total + one, 0);
      expect(pnl_usd).toBeCloseTo(sum, 4);
    }
    expect(uncertainty.direct).toMatchObject({
      exits: 55,
      days: 31,
      blocks: 15,
      block_days: 2,
      distinguishable: false,
    });
    const { low, high } = uncertainty.direct.interval_usd ?? { low: 0, high: 0 };
    expect(low).toBeLessThan(-18_759.13);
    expect(high).toBeGreaterThan(0);
    for (const by of ['heat bucket', 'volatility', 'side']) {
      const of = uncertainty.splits.filter((row) => row.by === by);
      expect(of.reduce((sum, { exits }) => sum + exits, 0)).toBe(55);
      expect(of.reduce((sum, { pnl_usd }) => sum + pnl_usd, 0)).toBeCloseTo(-18_759.127682, 4);
    }
  });
});

describe('the reports on the others', () => {
  it('the governor: plans by reason and by check', async () => {
    const report = await reportFrom<PlanReport & GateReport>('governor', '--file', MONTH);
    expect(report.opens).toEqual({ plans: 225, blocked: 143, would_block: 0 });
    expect(report.closes).toEqual({ plans: 78, blocked: 0 });
    expect(report.reasons.map(({ reason, blocked }) => [reason, blocked])).toEqual([
      ['total_notional_exceeded', 60],
      ['max_positions_reached', 30],
      ['symbol_cooldown', 24],
      ['kill_score_critical', 13],
      ['p28_budget_violation', 10],
      ['notional_per_trade_exceeded', 6],
    ]);
    expect(report.checks).toHaveLength(12);
    const worth = report.reasons.reduce((sum, { notional_usd }) => sum + notional_usd, 0);
    expect(report.refused_usd).toBeCloseTo(worth, 4);
  });

  it('the risk governor: cycles and plans over budget', async () => {
    const report = await reportFrom<BudgetReport & GateReport>('risk-governor', '--file', MONTH);
    expect(report.figures).toMatchObject({ decisions: 744, changed: 501 });
    expect(report.plans).toMatchObject({ judged: 225, over_budget: 10, blocked: 10, would_block: 0 });
    expect(report.hours).toHaveLength(744);
    expect(report.violations.spells).toBeGreaterThanOrEqual(report.violations.of_one_cycle);
  });
});
