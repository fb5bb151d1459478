import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BudgetReport, HeatReport, PlanReport } from '../../../../runtime/desk/report/gate-report.ts';
import type { GateReport } from '../../../../runtime/desk/report/index.ts';
import { loadMay2021 } from '../../../../runtime/market/player/market.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import { Files, MONTH, may2021Csv, reportFrom } from '../../../support/month-report.ts';

let files: Files;
let candles: string;
beforeAll(async () => {
  files = await Files.make();
  candles = await files.write('candles.csv', may2021Csv());
});
afterAll(() => files.remove());

type Logged = Record<'id' | 'handler' | 'verdict' | 'reason' | 'symbol' | 'plan_id' | 'facts' | 'input', string>;

async function log(): Promise<readonly Logged[]> {
  const lines = gunzipSync(await readFile(MONTH))
    .toString('utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Logged);
}

/** The kept parts of the month worked out by a loop over the log and the closes, in another way than the report. */
async function byHand(horizonHours: number): Promise<number[]> {
  const market = loadMay2021();
  const all = await log();
  const exits = all.filter(({ handler }) => handler === 'heat-gate');
  const hourOf = ({ id }: Logged) => (Number(id.split('-')[0]) - market.closedAtMs(0)) / HOUR_MS;
  return exits.flatMap((exit, at) => {
    if (exit.verdict !== 'DOWNGRADE') return [];
    const next = exits.slice(at + 1).find(({ symbol }) => symbol === exit.symbol);
    const from = hourOf(exit);
    const to = Math.min(next === undefined ? Infinity : hourOf(next), from + horizonHours, market.hours - 1);
    const plan = all.find(({ handler, plan_id }) => handler === 'governor' && plan_id === exit.plan_id);
    const qty = Number(JSON.parse(plan?.facts ?? '{}').position_qty);
    const kept = exit.reason === 'portfolio_heat_cold' ? 0.75 : 0.25;
    return [qty * kept * (market.close(exit.symbol, to) - market.close(exit.symbol, from))];
  });
}

interface Kept {
  readonly symbol: string;
  readonly plan: string;
  readonly from: number;
  readonly to: number;
  readonly price: number;
  /** Signed coins that are still kept. */
  qty: number;
}

/** The adjusted reading worked out hour by hour on coins, in another way than the report. */
async function adjustedByHand(horizonHours: number) {
  const market = loadMay2021();
  const all = await log();
  const hourOf = ({ id }: Logged) => (Number(id.split('-')[0]) - market.closedAtMs(0)) / HOUR_MS;
  const exits = all.filter(({ handler }) => handler === 'heat-gate');
  const kept = exits.flatMap((exit, at): Kept[] => {
    if (exit.verdict !== 'DOWNGRADE') return [];
    const next = exits.slice(at + 1).find(({ symbol }) => symbol === exit.symbol);
    const from = hourOf(exit);
    const to = Math.min(next === undefined ? Infinity : hourOf(next), from + horizonHours, market.hours - 1);
    const plan = all.find(({ handler, plan_id }) => handler === 'governor' && plan_id === exit.plan_id);
    const share = exit.reason === 'portfolio_heat_cold' ? 0.75 : 0.25;
    const qty = Number(JSON.parse(plan?.facts ?? '{}').position_qty) * share;
    return [{ symbol: exit.symbol, plan: exit.plan_id, from, to, price: market.close(exit.symbol, from), qty }];
  });
  const keptUsd = kept.reduce((sum, { qty, price }) => sum + Math.abs(qty) * price, 0);
  let pnlUsd = 0;
  const met = { overlaps: new Set<Kept>(), opposite: new Set<Kept>() };
  const end = (part: Kept, coins: number, hour: number) => {
    const signed = Math.sign(part.qty) * coins;
    pnlUsd += signed * (market.close(part.symbol, hour) - part.price);
    part.qty -= signed;
  };
  for (let hour = 0; hour < market.hours; hour += 1) {
    for (const part of kept) if (part.to === hour) end(part, Math.abs(part.qty), hour);
    const entries = all.filter(
      (one) =>
        one.handler === 'governor' && one.verdict === 'PERMIT' && /^entry/.test(one.plan_id) && hourOf(one) === hour,
    );
    for (const entry of entries) {
      const open = () => kept.filter(({ from, to, qty }) => from <= hour && to > hour && Math.abs(qty) > 1e-9);
      const { side, qty } = JSON.parse(entry.input);
      const facts = JSON.parse(entry.facts);
      for (const part of open().filter(({ symbol }) => symbol === entry.symbol)) {
        met.overlaps.add(part);
        if ((side === 'BUY') === part.qty > 0) continue;
        met.opposite.add(part);
        end(part, Math.min(Math.abs(part.qty), qty), hour);
      }
      const held = new Set([...facts.exposure.largest.map(({ symbol }: Kept) => symbol), entry.symbol]);
      const beside = open().filter(({ symbol }) => !held.has(symbol));
      for (const part of beside.slice(0, Math.max(0, held.size + beside.length - 9)))
        end(part, Math.abs(part.qty), hour);
      let over = facts.gross_notional_usd + facts.plan_notional_usd - 350_000;
      for (const { symbol, qty: coins } of open()) over += Math.abs(coins) * market.close(symbol, hour);
      for (const part of open()) {
        const coins = Math.min(Math.abs(part.qty), Math.max(0, over) / market.close(part.symbol, hour));
        over -= coins * market.close(part.symbol, hour);
        if (coins > 0) end(part, coins, hour);
      }
    }
  }
  return { pnlUsd, keptUsd, overlaps: met.overlaps.size, opposite: met.opposite.size };
}

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
