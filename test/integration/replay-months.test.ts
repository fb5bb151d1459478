import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gatherCandles } from '../../runtime/desk/candles/candle-market.ts';
import type { CandleReplay } from '../../runtime/desk/candles/index.ts';
import { type MonthsReplay, replayMonths } from '../../runtime/desk/candles/months.ts';
import { runsOf } from '../../runtime/desk/candles/run-settings.ts';
import { TRIES_FILE, type Try } from '../../runtime/desk/replay/tries.ts';
import type { Market } from '../../runtime/market/player/market.ts';
import { loadMay2021 } from '../../runtime/market/player/market.ts';
import { PLAY_SETTINGS } from '../../runtime/market/player/settings.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { KeptRun } from '../../schemas/kept-run.ts';
import { strategies } from '../../schemas/strategy.ts';
import { runCli } from '../support/cli.ts';
import { crashMonths } from '../support/crash-months.ts';
import { Files } from '../support/month-report.ts';
import { startRedis } from '../support/redis.ts';

const TIMEOUT_MS = 300_000;
const NO_REDIS = 'redis://127.0.0.1:1';
/** Long enough for entries that one set of limits blocks. */
const HOURS = 72;
const ONE_POSITION = { governor: { settings: { GOV_MAX_OPEN_POSITIONS: '4' } } };

let files: Files;
let candles: readonly string[];
beforeAll(async () => {
  files = await Files.make();
  candles = [await files.write('may.csv', csvOf(loadMay2021())), await files.write('june.csv', csvOf(june()))];
});
afterAll(() => files.remove());

function june(): Market {
  const month = crashMonths['June 2022'];
  if (month === undefined) throw new Error('expected June 2022 among the fixtures');
  return month();
}

/** The first hours of a month of real closes, as candles that did not move. */
function csvOf(market: Market): string {
  const lines = market.symbols.flatMap((symbol) =>
    Array.from({ length: HOURS }, (_, hour) => {
      const close = market.close(symbol, hour);
      return [symbol, market.closedAtMs(hour) - HOUR_MS, close, close, close, close, 1].join(',');
    }),
  );
  return ['symbol,ts_ms,open,high,low,close,volume', ...lines, ''].join('\n');
}

async function cli(...argv: readonly string[]) {
  return await runCli(NO_REDIS, argv, { environment: { ...PLAY_SETTINGS, PATH: process.env.PATH ?? '' } });
}

it(
  'plays each month by itself, as one replay of it does, and chooses limits on the months before',
  async () => {
    const one = await files.write('one.json', JSON.stringify(ONE_POSITION));
    const same = await files.write('same.json', '{"governor":{}}');
    const run = join(one, '..', 'runs', 'two');
    const argv = [
      'replay',
      '--json',
      '--months',
      '--candles',
      ...candles,
      '--policy',
      one,
      '--policy',
      same,
      '--keep',
      run,
    ];
    const { code, out, err } = await cli(...argv);
    expect({ code, err }).toEqual({ code: 0, err: `Kept: ${run}\n` });
    const { months, totals, walk_forward, stopped } = JSON.parse(out) as MonthsReplay;
    expect(months.map(({ month, hours, symbols }) => [month, hours, symbols.length])).toEqual([
      ['2021-05', HOURS, 12],
      ['2022-06', HOURS, 12],
    ]);
    for (const [at, path] of candles.entries()) {
      const alone = JSON.parse((await cli('replay', '--json', '--candles', path, '--policy', one)).out) as CandleReplay;
      expect(months[at]?.plays.map(({ result }) => result).slice(0, 2)).toEqual([alone.in_force, alone.under_policy]);
    }
    const gains = months.map(({ plays }) => plays.map(({ gain_usd }) => gain_usd));
    expect(gains.flat()).toHaveLength(6);
    expect(gains[0]?.[0]).not.toBe(gains[0]?.[1]);
    expect(gains.map(([inForce]) => inForce)).toEqual(gains.map(([, , nothing]) => nothing));
    const best = (gains[0]?.[1] ?? 0) > (gains[0]?.[0] ?? 0) ? 1 : 0;
    expect(walk_forward?.steps).toMatchObject([
      { month: '2022-06', chosen_on: ['2021-05'], chosen: ['in-force', 'one'][best], measured: gains[0]?.[best] },
    ]);
    expect(walk_forward?.gain_usd).toBe(gains[1]?.[best]);
    expect(walk_forward?.in_force_gain_usd).toBe(gains[1]?.[0]);
    expect(totals.map(({ name }) => name)).toEqual(['in-force', 'one', 'same']);
    expect(totals[0]?.gain).toBeCloseTo((gains[0]?.[0] ?? 0) + (gains[1]?.[0] ?? 0), 2);
    expect(stopped).toBe(false);

    const tries = (await readFile(join(run, TRIES_FILE), 'utf8')).trimEnd().split('\n');
    const policies = tries.map((line) => (JSON.parse(line) as Try).policy);
    expect([policies.length, new Set(policies).size]).toEqual([8, 2]);
    const manifest = KeptRun.parse(JSON.parse(await readFile(join(run, 'manifest.json'), 'utf8')));
    expect(manifest.plays.map(({ name }) => name)).toEqual(
      ['2021-05', '2022-06'].flatMap((month) => ['in-force', 'one', 'same'].map((name) => `${month}-${name}`)),
    );
    const report = await cli('report', 'governor', '--json', '--run', join(run, '2022-06-one'));
    expect(report).toMatchObject({ code: 0, err: '' });
    const exits = await cli('replay', '--json', '--same', '--run', join(run, '2022-06-one'));
    expect(exits.code).toBe(0);
  },
  TIMEOUT_MS,
);

it(
  'tells of the months that were whole when Ctrl-C ends it',
  async () => {
    const redis = await startRedis();
    try {
      const ended = new AbortController();
      const months = (await gatherCandles(candles)).months({ fromMs: 0, toMs: Date.now() });
      const found = await replayMonths({
        ...{
          address: { url: redis.url },
          months,
          cast: { strategy: strategies.demo, named: 'demo' },
          measure: 'gain',
          signal: ended.signal,
        },
        plays: [{ name: 'in-force', policy: null }],
        runs: await runsOf(PLAY_SETTINGS, [{}]),
        onHour: (played, of) => {
          expect(of).toBe(2 * HOURS);
          if (played === HOURS + 1) ended.abort();
        },
      });
      expect(found.months.map(({ month }) => month)).toEqual(['2021-05']);
      expect(found).toMatchObject({ stopped: true, walk_forward: null });
    } finally {
      await redis.stop();
    }
  },
  TIMEOUT_MS,
);

it.each([
  [
    'several policies without --months',
    ['--policy', 'a.json', 'b.json'],
    'expected one --policy, or --candles and --months',
  ],
  ['a filter of decisions', ['--months', '--gate', 'governor'], 'expected --months or --gate, got both'],
  ['a measure without months', ['--choose-by', 'ratio'], 'expected --months with --choose-by, got none'],
])('refuses %s', async (_name, argv, message) => {
  const { code, err } = await cli('replay', '--candles', ...candles, ...argv);
  expect(code).toBe(2);
  expect(err).toContain(message);
});

it('refuses months of a log, policies of one name, and a month too short to be played', async () => {
  const same = await files.write('in-force.json', '{}');
  const named = await cli('replay', '--candles', ...candles, '--months', '--policy', same);
  expect(named).toMatchObject({ code: 2, err: expect.stringContaining('expected files of different names') });
  const log = await cli('replay', '--months');
  expect(log).toMatchObject({ code: 2, err: expect.stringContaining('expected --candles with --months, got none') });
  const short = await cli('replay', '--candles', ...candles, '--months', '--since', '2021-05-03T12:00:00Z');
  expect(short.code).toBe(2);
  expect(short.err).toContain('--candles, 2021-05: expected 25 hours at least, got 12');
  expect(await readdir('.')).not.toContain('runs');
});
