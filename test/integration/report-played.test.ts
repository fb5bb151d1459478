import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CandleReplay } from '../../runtime/desk/candles/index.ts';
import type { HeatReport } from '../../runtime/desk/report/gate-report.ts';
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

async function cli(...argv: string[]) {
  const environment = { ...PLAY_SETTINGS, PATH: process.env.PATH ?? '' };
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

  it.each([
    ['without candles', ['heat-gate', '--file', MONTH, '--play'], 'expected --candles with --play, got none'],
    [
      'of another gate',
      ['governor', '--file', MONTH, '--play'],
      'expected a gate that softens exits with --play, got governor',
    ],
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
