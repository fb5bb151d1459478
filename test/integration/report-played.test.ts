import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CandleReplay } from '../../runtime/desk/candles/index.ts';
import type { BudgetReport, HeatReport, PlanReport } from '../../runtime/desk/report/gate-report.ts';
import { PLAY_SETTINGS } from '../../runtime/market/player/settings.ts';
import { runCli } from '../support/cli.ts';
import { Files, MONTH, may2021Csv } from '../support/month-report.ts';

const TIMEOUT_MS = 300_000;
const NO_REDIS = 'redis://127.0.0.1:1';
/** Long enough for exits to be softened, short enough to be played some times. */
const DAYS = ['--since', '2021-05-01', '--until', '2021-05-05T12:00:00Z'];

let files: Files;
let candles: string;
beforeAll(async () => {
  files = await Files.make();
  candles = await files.write('candles.csv', may2021Csv());
});
afterAll(() => files.remove());

/** Under which the governor blocks nothing of these days. */
const NO_LIMITS = {
  GOV_MAX_OPEN_POSITIONS: '1000',
  GOV_MAX_NOTIONAL_PER_TRADE_USDT: '1000000000',
  GOV_MAX_TOTAL_NOTIONAL_USDT: '1000000000',
  GOV_SYMBOL_COOLDOWN_SECONDS: '0',
  GOV_KILL_SCORE_CRITICAL: '1000',
};

/** What a replay over the candles comes to under a policy. */
async function playedBy(policy: object, more: Readonly<Record<string, string>> = {}) {
  const file = await files.write('policy.json', JSON.stringify(policy));
  const { out } = await cliIn(more, 'replay', '--json', '--candles', candles, '--policy', file, ...DAYS);
  const { under_policy: under } = JSON.parse(out) as CandleReplay;
  if (!under) throw new Error('expected a play under the policy, got none');
  return under;
}

/** The blocked plans of a gate, played. */
async function playedPlans(gate: 'governor' | 'risk-governor', more: Readonly<Record<string, string>> = {}) {
  const play = ['--play', '--strategy', 'demo', '--starts', '1'];
  const report = await cliIn(more, 'report', gate, '--json', '--file', MONTH, '--candles', candles, ...DAYS, ...play);
  expect(report).toMatchObject({ code: 0, err: '' });
  const { played } = (JSON.parse(report.out) as PlanReport | BudgetReport).plan_money;
  if ('reason' in played) throw new Error(`expected it to be played, got ${played.reason}`);
  return played;
}

async function cli(...argv: string[]) {
  return await cliIn({}, ...argv);
}

async function cliIn(more: Readonly<Record<string, string>>, ...argv: string[]) {
  const environment = { ...PLAY_SETTINGS, ...more, PATH: process.env.PATH ?? '' };
  return await runCli(NO_REDIS, argv, { environment });
}

describe('the played reading of a report', () => {
  it(
    'is what two replays over the candles come to, from each starting hour',
    async () => {
      const policy = await files.write('enforce.json', '{"heat-gate":{"mode":"enforce"}}');
      const report = await cli(
        ...['report', 'heat-gate', '--json', '--file', MONTH, '--candles', candles, ...DAYS],
        ...['--play', '--strategy', 'demo', '--starts', '2'],
      );
      expect(report).toMatchObject({ code: 0, err: '' });
      const { played } = (JSON.parse(report.out) as HeatReport).counterfactuals;
      if (!('pnl_usd' in played)) throw new Error(`expected it to be played, got ${played.reason}`);
      const gains: number[] = [];
      for (const since of ['2021-05-01T00:00:00Z', '2021-05-01T01:00:00Z']) {
        const replay = await cli(
          ...['replay', '--json', '--candles', candles, '--policy', policy],
          ...['--since', since, '--until', '2021-05-05T12:00:00Z'],
        );
        const { in_force, under_policy } = JSON.parse(replay.out) as CandleReplay;
        gains.push((under_policy?.equity.end_usd ?? 0) - in_force.equity.end_usd);
        if (gains.length > 1) continue;
        expect(played.original).toMatchObject({
          end_equity_usd: in_force.equity.end_usd,
          entries_permitted: in_force.plans.entry_permits,
        });
        expect(played.softened.exits_proposed).toBe(under_policy?.exits.proposed);
      }
      expect(gains[0]).not.toBe(0);
      expect(played.starts).toEqual(
        gains.map((usd, hours_later) => ({ hours_later, pnl_usd: expect.closeTo(usd, 2) })),
      );
      expect(played.pnl_usd).toBeCloseTo(gains[0] ?? 0, 2);
    },
    TIMEOUT_MS,
  );

  it(
    'of blocked plans is what a month without limits comes to, less the month as it is judged',
    async () => {
      const judged = await playedBy({});
      const unlimited = await playedBy({ governor: { settings: NO_LIMITS }, 'risk-governor': { mode: 'shadow' } });
      expect(unlimited.plans.blocks_by_reason).toEqual({});
      expect(Object.keys(judged.plans.blocks_by_reason).length).toBeGreaterThan(1);
      const played = await playedPlans('governor');
      expect(played.judged).toMatchObject({
        end_equity_usd: judged.equity.end_usd,
        blocks: judged.plans.blocks_by_reason,
      });
      expect(played.unblocked).toMatchObject({
        end_equity_usd: unlimited.equity.end_usd,
        entries_asked: unlimited.plans.entries,
      });
      expect(played.pnl_usd).toBeCloseTo(unlimited.equity.end_usd - judged.equity.end_usd, 2);
      expect(played.pnl_usd).not.toBe(0);
    },
    TIMEOUT_MS,
  );

  it(
    'of budgets is what a month comes to whose budgets block nothing, less the month as it is judged',
    async () => {
      const played = await playedPlans('risk-governor', { BASE_RISK_PCT: '0.25' });
      expect(played.judged.blocks.p28_budget_violation).toBeGreaterThan(0);
      const withoutBudgets = await playedBy({ 'risk-governor': { mode: 'shadow' } }, { BASE_RISK_PCT: '0.25' });
      expect(withoutBudgets.plans.blocks_by_reason.p28_budget_violation).toBe(undefined);
      expect(played.unblocked.end_equity_usd).toBeCloseTo(withoutBudgets.equity.end_usd, 2);
      expect(played.unblocked.blocks).toEqual(withoutBudgets.plans.blocks_by_reason);
    },
    TIMEOUT_MS,
  );

  it.each([
    ['without candles', ['heat-gate', '--file', MONTH, '--play'], 'expected --candles with --play, got none'],
    ['with a strategy alone', ['heat-gate', '--file', MONTH, '--strategy', 'demo'], 'expected --play with --strategy'],
    ['from no hour', ['heat-gate', '--file', MONTH, '--starts', '0'], 'expected a whole number from 1 to 100, got "0"'],
  ])('%s is refused', async (_name, argv, message) => {
    const { code, err } = await cli('report', ...argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('of too few hours is refused', async () => {
    const few = ['--since', '2021-05-01', '--until', '2021-05-02T12:00:00Z'];
    const argv = ['report', 'heat-gate', '--file', MONTH, '--candles', candles, '--play', '--strategy', 'demo', ...few];
    const { code, err } = await cli(...argv);
    expect(code).toBe(2);
    expect(err).toContain('expected 44 hours at least, got 36');
  });
});
