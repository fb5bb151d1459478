import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HeatReport, PlanReport } from '../../../../runtime/desk/report/gate-report.ts';
import type { GateReport } from '../../../../runtime/desk/report/index.ts';
import { FUNDING_BOUNDS, heldFunding } from '../../../../runtime/market/player/held-funding.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import type { FundingRate } from '../../../../schemas/funding.ts';
import { fundingText } from '../../../../schemas/funding-text.ts';
import {
  adjustedByHand,
  blockedByHand,
  byHand,
  fundingCsv,
  isFundingHour,
  keptHours,
  madeUpFunding,
  withExitCandidate,
} from '../../../support/month-by-hand.ts';
import { Files, MONTH, may2021Csv, reportCli, reportFrom } from '../../../support/month-report.ts';

let files: Files;
let candles: string;
let recorded: string;
beforeAll(async () => {
  files = await Files.make();
  candles = await files.write('candles.csv', may2021Csv());
  recorded = await files.write('funding.csv', fundingCsv(madeUpFunding));
});
afterAll(() => files.remove());

const sum = (of: readonly number[]) => of.reduce((total, one) => total + one, 0);
const month = (...more: readonly string[]) => ['--file', MONTH, '--candles', candles, ...more];
const heat = async (...more: readonly string[]) =>
  await reportFrom<HeatReport & GateReport>('heat-gate', ...month(...more));
const governor = async (...more: readonly string[]) =>
  await reportFrom<PlanReport & GateReport>('governor', ...month(...more));

describe('funding of the recorded month', () => {
  it.each([24, 6, 31 * 24])(
    'is taken off each kept part as a loop over its hours does, for %i hours at most',
    async (hours) => {
      const { money, counterfactuals, uncertainty, path, drawdown } = await heat(
        '--funding',
        recorded,
        '--horizon',
        `${hours}h`,
      );
      const [pnls, without] = [await byHand(hours, madeUpFunding), await byHand(hours)];
      expect(money.pnl_usd).toBeCloseTo(sum(pnls), 4);
      expect(money.funding).toMatchObject({ not_recorded: 0, moves_usd: { low: 0, high: 0 } });
      expect(money.funding.paid_usd).toBeCloseTo(sum(without) - sum(pnls), 4);
      expect(Math.abs(money.funding.paid_usd)).toBeGreaterThan(10);
      const adjusted = [await adjustedByHand(hours, madeUpFunding), await adjustedByHand(hours)] as const;
      expect(counterfactuals.adjusted.pnl_usd).toBeCloseTo(adjusted[0].pnlUsd, 4);
      expect(counterfactuals.adjusted.funding.paid_usd).toBeCloseTo(adjusted[1].pnlUsd - adjusted[0].pnlUsd, 4);
      for (const { horizon_sec, pnl_usd } of uncertainty.horizons) {
        expect(pnl_usd).toBeCloseTo(sum(await byHand(horizon_sec / 3600, madeUpFunding)), 4);
      }
      expect(path.at(-1)?.kept_pnl_usd).toBeCloseTo(money.pnl_usd, 4);
      expect(Number(drawdown?.end_equity_with_usd) - Number(drawdown?.end_equity_without_usd)).toBeCloseTo(
        money.pnl_usd,
        4,
      );
    },
  );

  it.each([24, 6])('that is not recorded moves the sums by what the rates say, for %i hours at most', async (hours) => {
    const bps = ['--funding-bps', '-1:3', '--horizon', `${hours}h`];
    const { money, counterfactuals } = await heat(...bps);
    const parts = await keptHours(hours);
    const move = (rate: number, side: number) =>
      sum(parts.filter((part) => part.side === side).map(({ usd, hours: paid }) => usd * rate * paid.length));
    expect(money.pnl_usd).toBeCloseTo(sum(await byHand(hours)), 4);
    expect(money.funding).toEqual({
      low_rate: -0.0001,
      high_rate: 0.0003,
      paid_usd: 0,
      not_recorded: parts.filter(({ hours: paid }) => paid.length > 0).length,
      moves_usd: {
        low: expect.closeTo(-move(0.0003, 1) - move(0.0001, -1), 4),
        high: expect.closeTo(move(0.0001, 1) + move(0.0003, -1), 4),
      },
    });
    const { adjusted } = counterfactuals;
    expect(adjusted.funding.moves_usd.low).toBeGreaterThanOrEqual(money.funding.moves_usd.low);
    expect(adjusted.funding.moves_usd.high).toBeLessThanOrEqual(money.funding.moves_usd.high);
    expect(adjusted.pnl_usd).toBeCloseTo((await adjustedByHand(hours)).pnlUsd, 4);
  });

  it('is taken off blocked plans in both readings, and moves them where it is not recorded', async () => {
    const { plan_money: money } = await governor('--funding', recorded);
    const [paid, free] = [await blockedByHand(24, madeUpFunding), await blockedByHand(24)];
    expect(money.direct.pnl_usd).toBeCloseTo(sum(paid.direct.map(({ pnlUsd }) => pnlUsd)), 3);
    expect(money.direct.funding.paid_usd).toBeCloseTo(
      sum(free.direct.map(({ pnlUsd }) => pnlUsd)) - money.direct.pnl_usd,
      3,
    );
    expect(money.adjusted.pnl_usd).toBeCloseTo(paid.pnlUsd, 3);
    expect(money.adjusted.funding.paid_usd).toBeCloseTo(free.pnlUsd - paid.pnlUsd, 3);
    for (const row of money.by_reason) {
      const own = paid.direct.filter(({ reason }) => reason === row.name);
      expect(row.direct_usd).toBeCloseTo(sum(own.map(({ pnlUsd }) => pnlUsd)), 3);
    }
    const { funding } = (await governor()).plan_money.direct;
    const most = 0.0005 * sum(free.direct.map(({ usd, hours }) => usd * hours.length));
    expect(funding.moves_usd).toEqual({ low: expect.closeTo(-most, 3), high: expect.closeTo(most, 3) });
    expect(funding.not_recorded).toBe(free.direct.filter(({ hours }) => hours.length > 0).length);
  });

  it('pays the fees of a blocked plan on what it is worth, and not on its funding', async () => {
    const { plan_money: free } = await governor('--fee-bps', '10');
    const { plan_money: paid } = await governor('--fee-bps', '10', '--funding', recorded);
    expect(paid.direct.pnl_usd).toBeCloseTo(free.direct.pnl_usd - paid.direct.funding.paid_usd, 3);
    expect(paid.adjusted.pnl_usd).toBeCloseTo(free.adjusted.pnl_usd - paid.adjusted.funding.paid_usd, 3);
  });

  it('of a candidate that lets every exit pass whole is that of the kept parts, the other way round', async () => {
    const all = (await withExitCandidate()).map((one) => JSON.stringify(one)).join('\n');
    const file = await files.write('exits.jsonl', all);
    const { money, candidate } = await reportFrom<HeatReport & GateReport>(
      ...(['heat-gate', '--file', file, '--candles', candles, '--funding', recorded] as const),
    );
    expect(candidate?.money?.pnl_usd).toBeCloseTo(-money.pnl_usd, 4);
    expect(candidate?.money?.funding.paid_usd).toBeCloseTo(-money.funding.paid_usd, 4);
    const open = await reportFrom<HeatReport & GateReport>(
      'heat-gate',
      '--file',
      file,
      '--candles',
      candles,
      '--funding-bps',
      '0:5',
    );
    const { low, high } = open.money.funding.moves_usd;
    expect(open.candidate?.money?.funding.moves_usd).toEqual({
      low: expect.closeTo(-high, 4),
      high: expect.closeTo(-low, 4),
    });
  });

  it('recorded of half of the month is in the sum, and the rest moves it', async () => {
    const half = await files.write(
      'half.csv',
      fundingCsv(madeUpFunding, (hour) => isFundingHour(hour) && hour < 500),
    );
    const { money } = await heat('--funding', half);
    const halfOf = (symbol: string, hour: number) => (hour < 500 ? madeUpFunding(symbol, hour) : 0);
    expect(money.pnl_usd).toBeCloseTo(sum(await byHand(24, halfOf)), 4);
    const missing = (await keptHours(24)).map(({ usd, hours }) => usd * hours.filter((hour) => hour >= 500).length);
    expect(money.funding.not_recorded).toBe(missing.filter((usd) => usd > 0).length);
    expect(money.funding.moves_usd.high).toBeCloseTo(0.0005 * sum(missing), 4);
  });

  it('is said behind the headlines on the terminal, in the page and for plans', async () => {
    const page = files.path('heat.html');
    const { out } = await reportCli('heat-gate', ...month('--html', page));
    expect(out).toMatch(
      /29 lost \$[\d,.]+; funding, not recorded for \d+ of 55 exits, moves it by -\$[\d,.]+ to \$[\d,.]+ \(at -0\.05 % to 0\.05 % every 8 h\)\./,
    );
    expect((await reportCli('governor', ...month())).out).toMatch(
      /; funding, not recorded for \d+ of \d+ plans, moves it by/,
    );
    const { out: known } = await reportCli('heat-gate', ...month('--funding', recorded));
    expect(known).toMatch(/29 lost \$[\d,.]+; funding of \$[\d,.]+ (paid|received) is in it\./);
    expect(known).not.toContain('not recorded for');
  });

  it.each([['-5'], ['5:-5'], ['a:b'], ['1:2:3'], ['-1001:0'], ['0:NaN']])(
    '--funding-bps %s is refused',
    async (bps) => {
      const { code, err } = await reportCli('heat-gate', ...month('--funding-bps', bps));
      expect(code).toBe(2);
      expect(err).toContain('expected two numbers of -1000 to 1000, such as -5:5, got');
    },
  );
});

describe('held funding', () => {
  const part = { symbol: 'X', fromMs: 8 * HOUR_MS, fromPrice: 100, side: 1 as const, markAt: () => undefined };
  const rate = (hours: number, one: number, mark?: number): FundingRate => ({ atMs: hours * HOUR_MS, rate: one, mark });

  it('counts payments after its beginning up to the moment, on the notional of their marks', () => {
    const rates = [rate(8, 0.5), rate(16, 0.001, 110), rate(24, -0.002, 90)];
    const held = heldFunding(part, { rates, whole: [[0, 24 * HOUR_MS]] }, FUNDING_BOUNDS);
    const at = [8, 15.999, 16, 23, 24].map((hours) => held.paidBy(hours * HOUR_MS));
    expect(at).toEqual([0, 0, 0.0011, 0.0011, 0.0011 - 0.0018].map((share) => expect.closeTo(share, 12)));
    expect(heldFunding({ ...part, side: -1 }, { rates }, FUNDING_BOUNDS).paidBy(16 * HOUR_MS)).toBeCloseTo(-0.0011, 12);
    expect(
      heldFunding({ ...part, markAt: () => 120 }, { rates: [rate(16, 0.001)] }, FUNDING_BOUNDS).paidBy(Infinity),
    ).toBeCloseTo(0.0012, 12);
  });

  it('misses each 00:00, 08:00 and 16:00 UTC that is neither within what is whole nor near a payment', () => {
    const missing = (whole: readonly (readonly [number, number])[], rates: readonly FundingRate[], hours: number) =>
      heldFunding(part, { rates, whole }, FUNDING_BOUNDS).missingBy(hours * HOUR_MS);
    expect([15.999, 16, 24, 48].map((hours) => missing([], [], hours))).toEqual([0, 1, 2, 5]);
    expect(missing([[8 * HOUR_MS, 24 * HOUR_MS - 1]], [], 48)).toBe(4);
    expect(missing([[8 * HOUR_MS, 24 * HOUR_MS]], [], 48)).toBe(3);
    expect(missing([], [{ atMs: 16 * HOUR_MS + 60_000, rate: 0, mark: undefined }], 24)).toBe(1);
    expect(missing([], [{ atMs: 16 * HOUR_MS + 60_001, rate: 0, mark: undefined }], 24)).toBe(2);
    const { low, high } = heldFunding({ ...part, side: -1 }, {}, { low: 0.0001, high: 0.0003 }).movesBy(24 * HOUR_MS);
    expect([low, high]).toEqual([expect.closeTo(0.0002, 12), expect.closeTo(0.0006, 12)]);
  });
});

it.each([
  [{ paid_usd: 0, not_recorded: 0, moves_usd: { low: 0, high: 0 } }, ''],
  [{ paid_usd: -12.5, not_recorded: 0, moves_usd: { low: 0, high: 0 } }, '; funding of $12.50 received is in it'],
  [
    { paid_usd: 3, not_recorded: 12, moves_usd: { low: -35, high: 35 } },
    '; funding of $3.00 paid is in it; funding, not recorded for 12 of 43 exits, moves it by -$35.00 to $35.00 (at -0.05 % to 0.05 % every 8 h)',
  ],
])('in words: %o', (funding, words) => {
  expect(fundingText({ low_rate: -0.0005, high_rate: 0.0005, ...funding }, 43)).toBe(words);
  expect(fundingText(undefined, 43)).toBe('');
});
