import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CandleReplay } from '../../runtime/desk/candles/index.ts';
import type { HeatReport } from '../../runtime/desk/report/gate-report.ts';
import { PLAY_SETTINGS } from '../../runtime/market/player/settings.ts';
import { KeptRun } from '../../schemas/kept-run.ts';
import { runCli } from '../support/cli.ts';
import { Files, may2021Csv } from '../support/month-report.ts';

const TIMEOUT_MS = 300_000;
const NO_REDIS = 'redis://127.0.0.1:1';
const EXAMPLE = fileURLToPath(new URL('../../docs/examples/candle-strategy.mjs', import.meta.url));
const DAYS = ['--since', '2021-05-01', '--until', '2021-05-06'];

let files: Files;
let candles: string;
beforeAll(async () => {
  files = await Files.make();
  candles = await files.write('candles.csv', may2021Csv());
});
afterAll(() => files.remove());

async function cli(...argv: readonly string[]) {
  return await runCli(NO_REDIS, argv, { environment: { ...PLAY_SETTINGS, PATH: process.env.PATH ?? '' } });
}

async function replayed(...argv: readonly string[]): Promise<CandleReplay> {
  const { code, out, err } = await cli('replay', '--candles', candles, '--json', ...DAYS, ...argv);
  expect({ code, err: err.replace(/^Kept: .*\n/, '') }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as CandleReplay;
}

describe('a strategy of the user', () => {
  it(
    'plays the example of the page, once for each set of limits, and the same from what it proposed',
    async () => {
      const policy = await files.write('none.json', '{"governor":{"settings":{"GOV_MAX_OPEN_POSITIONS":"1"}}}');
      const run = join(candles, '..', 'runs', 'own');
      const found = await replayed('--strategy', EXAMPLE, '--policy', policy, '--keep', run);
      const { in_force, under_policy, strategy, proposed_by, rules } = found;
      expect(strategy).toMatchObject({ start_equity_usd: 50_000, fee_bps: 4, core_shares: {} });
      expect(proposed_by).toMatchObject({ kind: 'module', file: EXAMPLE });
      expect(rules).not.toHaveProperty('entries');
      expect(rules.proposals).toContain(`what ${EXAMPLE} proposes`);
      expect(in_force.plans.entry_permits).toBeGreaterThan(2);
      expect(in_force.exits.proposed).toBeGreaterThan(0);
      expect(Object.keys(in_force.exits.by_rule)).toEqual(expect.arrayContaining(['take_profit']));
      expect(under_policy?.plans.blocks_by_reason.max_positions_reached).toBeGreaterThan(0);
      // Each play has a strategy of its own: the one under the policy is what it is alone.
      expect((await replayed('--strategy', EXAMPLE)).in_force).toEqual(in_force);

      const manifest = KeptRun.parse(JSON.parse(await readFile(join(run, 'manifest.json'), 'utf8')));
      expect(manifest.strategy).toMatchObject({ named: EXAMPLE, proposed_by });
      const play = ['report', 'heat-gate', '--run', join(run, 'in-force'), '--play', '--starts', '1', '--json'];
      // What code is run is for the user to say: a run may come from elsewhere.
      expect((await cli(...play)).err).toContain(`expected --strategy with the module it was played with (${EXAMPLE}`);
      const report = await cli(...play, '--strategy', EXAMPLE);
      const { played } = (JSON.parse(report.out) as HeatReport).counterfactuals;
      expect(played).toMatchObject({ strategy: EXAMPLE, original: { end_equity_usd: in_force.equity.end_usd } });
    },
    TIMEOUT_MS,
  );

  it(
    'may be a file of proposals, which says what it left out',
    async () => {
      const lines = [
        { at: '2021-05-01T10:00:00Z', open: 'SOLUSDT', side: 'BUY', qty: 1 },
        { at: '2021-05-02T13:30:00Z', open: 'SOLUSDT', side: 'BUY', notional_usd: 10_000, plan_id: 'mine' },
        { at: '2021-05-02T15:00:00Z', open: 'SOLUSDT', side: 'SELL', qty: 1 },
        { at: '2021-05-03T13:00:00Z', close: 'SOLUSDT', reason: 'stop_loss' },
        { at: '2021-06-03T13:00:00Z', close: 'SOLUSDT' },
      ];
      const path = await files.write('proposals.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
      const { in_force, proposed_by } = await replayed('--proposals', path);
      expect(proposed_by).toMatchObject({ kind: 'proposals', file: path });
      expect(in_force.plans).toMatchObject({ entries: 1, entry_permits: 1, exits: 1, exit_permits: 1, blocks: 0 });
      expect(in_force.exits).toMatchObject({ proposed: 1, softened: 0, by_rule: { stop_loss: 1 } });
      expect(in_force.proposals).toEqual({
        made: 5,
        left_out: {
          'open of a symbol that is held': 1,
          'proposed after the last hour': 1,
          'proposed before the first hour with a volatility': 1,
        },
      });
      expect(Object.keys(in_force.gains_usd)).toEqual(['SOLUSDT']);
      const text = await cli('replay', '--candles', candles, ...DAYS, '--proposals', path);
      expect(text.out).toMatch(/proposals made +5\n +left out, open of a symbol that is held +1/);
    },
    TIMEOUT_MS,
  );

  it.each([
    ['that is not there', undefined, 'strategy.mjs: no such file or directory'],
    ['that does not load', 'export default (', 'expected a module that loads, got'],
    [
      'without a default export',
      'export const make = 1',
      'expected a default export that makes a strategy, a function, got',
    ],
    [
      'that makes nothing',
      'export default () => undefined',
      'expected its function to make an object with propose(hour)',
    ],
    [
      'with parameters of another kind',
      'export const parameters = { fee: 4 }; export default () => ({ propose: () => [] })',
      'got fee',
    ],
    [
      'that fails',
      'export default () => ({ propose: () => { throw new Error("no idea") } })',
      'the strategy, 2021-05-02T01:00:00.000Z: no idea',
    ],
  ])(
    '%s is refused, or ends the play',
    async (name, content, message) => {
      const path =
        content === undefined
          ? files.path('strategy.mjs')
          : await files.write(`${name.replaceAll(' ', '-')}.mjs`, content);
      const { code, out, err } = await cli('replay', '--candles', candles, ...DAYS, '--strategy', path);
      expect(code).toBe(name === 'that fails' ? 1 : 2);
      expect(out).toBe('');
      expect(err).toContain(message);
    },
    TIMEOUT_MS,
  );

  it('is not proposals and a module at once, and proposals are read to the line', async () => {
    const both = await cli('replay', '--candles', candles, '--strategy', EXAMPLE, '--proposals', candles);
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining('got both: one of them proposes') });
    const path = await files.write('bad.jsonl', '{"at":1620133200,"close":"SOLUSDT"}\n{"at":1620133200,"close":""}\n');
    const bad = await cli('replay', '--candles', candles, '--proposals', path);
    expect(bad).toMatchObject({
      code: 2,
      err: expect.stringContaining(`--proposals ${path}, line 2: close: expected a symbol`),
    });
    const log = await cli('replay', '--proposals', path);
    expect(log).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected --candles with --proposals, got none'),
    });
  });
});
