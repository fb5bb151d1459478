import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CandleReplay } from '../../runtime/desk/candles/index.ts';
import type { RunResult } from '../../runtime/desk/candles/run.ts';
import type { PlayedColumn, PlayedMonth } from '../../runtime/desk/report/counterfactuals.ts';
import type { HeatReport, PlanReport } from '../../runtime/desk/report/gate-report.ts';
import { PLAY_SETTINGS } from '../../runtime/market/player/settings.ts';
import { runCli } from '../support/cli.ts';
import { fundingCsv, madeUpFunding } from '../support/month-by-hand.ts';
import { Files, may2021Csv } from '../support/month-report.ts';

const TIMEOUT_MS = 300_000;
const NO_REDIS = 'redis://127.0.0.1:1';
const DAYS = ['--since', '2021-05-01', '--until', '2021-05-05T12:00:00Z'];
/** Other limits, as an environment and as a policy. */
const OTHER = { GOV_MAX_OPEN_POSITIONS: '2', HEAT_MIN: '0.02' };
const OTHER_POLICY = {
  governor: { settings: { GOV_MAX_OPEN_POSITIONS: '2' } },
  'heat-gate': { settings: { HEAT_MIN: '0.02' } },
};

let files: Files;
let candles: string;

async function cli(argv: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const environment = { ...PLAY_SETTINGS, ...settings, PATH: process.env.PATH ?? '' };
  const { code, out, err } = await runCli(NO_REDIS, argv, { environment });
  return { code, out, err: err.replace(/^(Kept: .*|\d+ decisions)\n/, '') };
}

async function done(argv: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, out, err } = await cli(argv, settings);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

const run = (name: string) => join(files.path('runs'), name);

/** Keeps a play of some days, and the log of it as `export` writes it. */
async function kept(name: string, ...more: readonly string[]): Promise<{ replay: CandleReplay; log: string }> {
  const replay = await done(['replay', '--json', '--candles', candles, '--keep', run(name), ...DAYS, ...more]);
  const log = await files.write(`${name}.jsonl`, await done(['export', '--run', run(name)]));
  return { replay: JSON.parse(replay) as CandleReplay, log };
}

async function playedFrom(argv: readonly string[], settings = {}): Promise<HeatReport['counterfactuals']> {
  const all = ['report', 'heat-gate', '--json', '--play', '--starts', '1', ...argv];
  return (JSON.parse(await done(all, settings)) as HeatReport).counterfactuals;
}

async function played(argv: readonly string[], settings = {}): Promise<PlayedColumn> {
  const { played } = await playedFrom(argv, settings);
  if (!('pnl_usd' in played)) throw new Error(`expected it to be played, got ${played.reason}`);
  return played;
}

function monthOf({ equity, plans, exits }: RunResult): PlayedMonth {
  return {
    end_equity_usd: equity.end_usd,
    max_drawdown: equity.max_drawdown_percent / 100,
    entries_asked: plans.entries,
    entries_permitted: plans.entry_permits,
    exits_proposed: exits.proposed,
    blocks: plans.blocks_by_reason,
  };
}

beforeAll(async () => {
  files = await Files.make();
  candles = await files.write('candles.csv', may2021Csv());
});
afterAll(() => files.remove());

describe('a log played again by its own proposals', () => {
  it(
    'comes to what the run itself came to, to the cent, with what it held without a plan',
    async () => {
      const { replay, log } = await kept('demo');
      const found = await played(['--file', log, '--candles', candles]);
      expect(found.strategy).toBe('the proposals of the log');
      expect(found.original).toEqual(monthOf(replay.in_force));
      expect(found.proposals).toMatchObject({
        opens: replay.in_force.plans.entries,
        closes: replay.in_force.exits.proposed,
        held: 4,
        not_carried: {},
        left_out: { original: {} },
        logged_end_equity_usd: expect.closeTo(replay.in_force.equity.end_usd, 2),
      });
      expect(replay.in_force.exits.softened).toBeGreaterThan(0);
      expect(found.softened.end_equity_usd).not.toBe(found.original.end_equity_usd);
      // The same of the run itself.
      expect(await played(['--run', run('demo'), '--strategy', 'log'])).toEqual(found);
      const text = await done(['report', 'heat-gate', '--file', log, '--candles', candles, '--play', '--starts', '1']);
      expect(text.replaceAll(/\s+/g, ' ')).toContain(
        `${replay.in_force.plans.entries} opens and ${replay.in_force.exits.proposed} closes of the log were proposed ` +
          'again at the ends of their hours, and 4 positions that no plan opened held from when first seen.',
      );
    },
    TIMEOUT_MS,
  );

  it(
    'is what proposals that do not look at the book come to under other limits',
    async () => {
      const proposals = await files.write('proposals.jsonl', PROPOSALS.map((one) => JSON.stringify(one)).join('\n'));
      const strategy = ['--proposals', proposals, '--funding', await files.write('f.csv', fundingCsv(madeUpFunding))];
      const { replay, log } = await kept('own', ...strategy);
      const { in_force } = replay;
      expect(in_force.plans.entry_permits).toBeGreaterThan(3);
      expect(in_force.exits.proposed).toBeLessThan(in_force.plans.exits);
      const rates = ['--funding', files.path('f.csv')];
      expect((await played(['--file', log, '--candles', candles, ...rates])).original).toEqual(monthOf(in_force));

      for (const [name, settings, policy] of [
        ['same', {}, {}],
        ['other', OTHER, OTHER_POLICY],
      ] as const) {
        const found = await played(['--file', log, '--candles', candles, ...rates], settings);
        const modes = await Promise.all(
          ['shadow', 'enforce'].map(async (mode) => {
            const changed = {
              ...policy,
              'heat-gate': { settings: {}, ...('heat-gate' in policy && policy['heat-gate']), mode },
            };
            const path = await files.write(`${name}-${mode}.json`, JSON.stringify(changed));
            const argv = ['replay', '--json', '--candles', candles, ...DAYS, ...strategy, '--policy', path];
            const { under_policy } = JSON.parse(await done(argv)) as CandleReplay;
            if (under_policy === null) throw new Error('expected a play under the policy');
            return under_policy;
          }),
        );
        const [shadow, enforce] = modes;
        if (shadow === undefined || enforce === undefined) throw new Error('expected both modes');
        expect(found.original).toEqual(monthOf(shadow));
        expect(found.softened).toEqual(monthOf(enforce));
        expect(found.pnl_usd).toBeCloseTo(enforce.equity.end_usd - shadow.equity.end_usd, 2);
        expect(found.pnl_usd).not.toBe(0);
        expect(shadow.exits.softened).toBeGreaterThan(0);
        if (name === 'other') expect(found.original.blocks.max_positions_reached).toBeGreaterThan(0);
      }
    },
    TIMEOUT_MS,
  );

  it('says why it cannot be played, where the log is not whole', async () => {
    const { log } = await kept('gaps', '--strategy', 'momentum');
    const lines = (await done(['export', '--run', run('gaps')])).trimEnd().split('\n');
    const at = (line: string) => Number((JSON.parse(line) as { id: string }).id.split('-')[0]);
    const of = (handler: string) => (line: string) => (JSON.parse(line) as { handler: string }).handler === handler;
    const [from, to] = [Date.parse('2021-05-03T00:00:00Z'), Date.parse('2021-05-03T13:00:00Z')];
    for (const [name, left, reason] of [
      [
        'hole',
        lines.filter((line) => at(line) <= from || at(line) >= to),
        'it has no decision from 2021-05-03T00:00Z to 2021-05-03T13:00Z, so that what was proposed then is not known',
      ],
      ['exits', lines.filter((line) => !of('governor')(line)), 'it has no plan of the governor'],
      ['plans', lines.filter((line) => !of('heat-gate')(line)), 'no exit was proposed to the heat gate in it'],
    ] as const) {
      const path = await files.write(`${name}.jsonl`, left.join('\n'));
      const { played, differences } = await playedFrom(['--file', path, '--candles', candles]);
      expect(played).toEqual({ reason: expect.stringContaining(`the log cannot be played again: ${reason}`) });
      expect(differences.join(' ')).toContain(`Played: the log cannot be played again: ${reason}`);
    }
    const blocks = ['report', 'governor', '--play', '--starts', '1', '--json', '--candles', candles];
    const { plan_money } = JSON.parse(await done([...blocks, '--file', files.path('plans.jsonl')])) as PlanReport;
    expect(plan_money.played).toMatchObject({
      judged: { exits_proposed: 0 },
      proposals: { opens: expect.any(Number) },
    });
    const both = ['--file', log, '--candles', candles, '--strategy', 'log', '--proposals', log];
    expect(await cli(['report', 'heat-gate', '--play', ...both])).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected --strategy log or --proposals, got both'),
    });
  });
});

/** Proposals that do not depend on the book: opens, closes of all and of a part, and one past the heat gate. */
const PROPOSALS = [
  ['2021-05-02T02:00:00Z', { open: 'SOLUSDT', side: 'BUY', notional_usd: 20_000, plan_id: 'sol' }],
  ['2021-05-02T03:00:00Z', { open: 'ADAUSDT', side: 'SELL', notional_usd: 20_000, kill_score: 0.1, plan_id: 'ada' }],
  ['2021-05-02T03:30:00Z', { open: 'BNBUSDT', side: 'BUY', notional_usd: 20_000, strategy: 'trend', plan_id: 'bnb' }],
  ['2021-05-02T09:00:00Z', { close: 'SOLUSDT', share: 0.5, plan_id: 'half' }],
  ['2021-05-02T12:00:00Z', { close: 'ADAUSDT', reason: 'stop_loss', plan_id: 'stop' }],
  ['2021-05-02T18:00:00Z', { close: 'BNBUSDT', straight: true, qty: 10, plan_id: 'straight' }],
  ['2021-05-03T06:00:00Z', { close: 'SOLUSDT', plan_id: 'rest' }],
  ['2021-05-03T07:00:00Z', { open: 'DOTUSDT', side: 'BUY', qty: 300, plan_id: 'dot' }],
  ['2021-05-03T20:00:00Z', { close: 'BNBUSDT', reason_codes: 'time,max_hold', strategy: 'trend', plan_id: 'bnb-end' }],
  ['2021-05-04T01:00:00Z', { open: 'LINKUSDT', side: 'SELL', notional_usd: 15_000, plan_id: 'link' }],
  ['2021-05-04T10:00:00Z', { close: 'DOTUSDT', plan_id: 'dot-end' }],
].map(([at, proposal]) => ({ at, ...(proposal as object) }));
