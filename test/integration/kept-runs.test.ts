import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CandleReplay } from '../../runtime/desk/candles/index.ts';
import type { Explanation } from '../../runtime/desk/explain/explanation.ts';
import type { ReplayResult } from '../../runtime/desk/replay/replay.ts';
import { TRIES_FILE, type Try } from '../../runtime/desk/replay/tries.ts';
import type { HeatReport, PlanReport } from '../../runtime/desk/report/gate-report.ts';
import { PLAY_SETTINGS } from '../../runtime/market/player/settings.ts';
import { KeptRun } from '../../schemas/kept-run.ts';
import { runCli } from '../support/cli.ts';
import { Files, may2021Csv } from '../support/month-report.ts';

const TIMEOUT_MS = 300_000;
/** Nothing answers there: a kept run needs no Redis. */
const NO_REDIS = 'redis://127.0.0.1:1';
/** Long enough for exits to be softened. */
const DAYS = ['--since', '2021-05-01', '--until', '2021-05-05T12:00:00Z'];
const TIGHTER = { governor: { settings: { GOV_MAX_OPEN_POSITIONS: '6' } } };

let files: Files;
let candles: string;
let folder: string;
let run: string;
let replayed: CandleReplay;
let manifest: KeptRun;

async function cli(argv: readonly string[], ended?: AbortSignal, environment: Record<string, string> = PLAY_SETTINGS) {
  return await runCli(NO_REDIS, argv, {
    environment: { ...environment, PATH: process.env.PATH ?? '' },
    ...(ended !== undefined && { ended }),
  });
}

/** A command whose settings are the defaults: what a run was played under is in its folder. */
async function onRun(...argv: string[]) {
  const result = await cli(argv, undefined, {});
  expect(result).toMatchObject({ code: 0, err: '' });
  return result.out;
}

beforeAll(async () => {
  files = await Files.make();
  candles = await files.write('candles.csv', may2021Csv());
  folder = join(candles, '..', 'runs');
  run = join(folder, 'may');
  const policy = await files.write('tighter.json', JSON.stringify(TIGHTER));
  const argv = ['replay', '--json', '--candles', candles, '--policy', policy, '--keep', run, ...DAYS];
  const { code, out, err } = await cli(argv);
  expect({ code, err }).toEqual({ code: 0, err: `Kept: ${run}\n` });
  replayed = JSON.parse(out) as CandleReplay;
  manifest = KeptRun.parse(JSON.parse(await readFile(join(run, 'manifest.json'), 'utf8')));
}, TIMEOUT_MS);
afterAll(() => files.remove());

describe('a run that is kept', () => {
  it('counts its limits among the policies tried on its days, in its folder', async () => {
    expect(replayed).toMatchObject({ try_counted: true });
    expect(await readdir(join(candles, '..'))).not.toContain(TRIES_FILE);
    const tries = (await readFile(join(run, TRIES_FILE), 'utf8')).trimEnd().split('\n');
    const noted = tries.map((line) => JSON.parse(line) as Try);
    expect(noted).toMatchObject(Array(2).fill({ gate: 'governor', days: [18_748, 18_752] }));
    expect(new Set(noted.map(({ policy }) => policy)).size).toBe(2);
    const report = JSON.parse(
      await onRun('report', 'governor', '--json', '--run', join(run, 'in-force')),
    ) as PlanReport;
    expect(report.plan_money.sharpe.tries).toBe(2);
  });

  it('says what was played, by its SHA-256', async () => {
    expect((await readdir(folder)).sort()).toEqual(['may']);
    expect(manifest).toMatchObject({ format: 1, strategy: { named: 'demo' }, settings: PLAY_SETTINGS });
    const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(manifest.candles).toEqual([{ file: candles, sha256: sha256(await readFile(candles)) }]);
    expect(manifest.plays.map(({ name, policy }) => [name, policy])).toEqual([
      ['in-force', null],
      ['under-policy', TIGHTER],
    ]);
    for (const { file, sha256: kept, decisions } of manifest.plays) {
      const bytes = await readFile(join(run, file));
      expect(kept).toBe(sha256(bytes));
      expect(gunzipSync(bytes).toString('utf8').trimEnd().split('\n')).toHaveLength(decisions);
    }
    expect(manifest.plays.map(({ result }) => result)).toEqual([replayed.in_force, replayed.under_policy]);
  });

  it('comes out the same to the byte under the settings it was played under, whatever the environment says', async () => {
    for (const play of ['in-force', 'under-policy']) {
      const again = JSON.parse(await onRun('replay', '--run', join(run, play), '--same', '--json')) as ReplayResult;
      expect(again.decisions).toBeGreaterThan(100);
      expect(again.identical).toBe(again.decisions - again.without_limits);
      expect(again.changed).toBe(0);
    }
  });

  it('is judged under another policy', async () => {
    const policy = await files.write('hot.json', '{"heat-gate":{"settings":{"HEAT_MIN":"0.01","HEAT_MAX":"0.02"}}}');
    const argv = ['replay', '--run', join(run, 'in-force'), '--policy', policy, '--gate', 'heat-gate', '--json'];
    const again = JSON.parse(await onRun(...argv)) as ReplayResult;
    expect(again.verdict_changed).toBeGreaterThan(0);
    // It is counted in the run's folder, with what was in force.
    const report = await onRun('report', 'heat-gate', '--run', join(run, 'in-force'), '--json');
    expect((JSON.parse(report) as HeatReport).uncertainty.sharpe.tries).toBe(2);
  });

  it(
    'is reported on by its own prices, and played again as it was',
    async () => {
      const argv = ['report', 'heat-gate', '--run', join(run, 'in-force'), '--play', '--starts', '1', '--json'];
      const { money, counterfactuals, drawdown } = JSON.parse(await onRun(...argv)) as HeatReport;
      const { softening, exits, equity } = replayed.in_force;
      expect(money).toMatchObject({ softened: exits.softened, valued: exits.softened });
      expect(Object.keys(money.sources)).toEqual(['candle_file']);
      expect(money.pnl_usd).toBeCloseTo(softening.net_usd, 1);
      expect(drawdown).not.toBeNull();
      const { played } = counterfactuals;
      expect(played).toMatchObject({ strategy: 'demo', original: { end_equity_usd: equity.end_usd } });
    },
    TIMEOUT_MS,
  );

  it('explains a plan by its log alone, and does not say what that cannot tell', async () => {
    const name = join(run, 'in-force');
    const { out } = await cli(['export', '--run', name]);
    const all = out.trimEnd().split('\n');
    const lines = all.map((line) => JSON.parse(line) as Record<string, string>);
    const blocked = lines.find(({ handler, verdict }) => handler === 'governor' && verdict === 'BLOCK');
    const permitted = lines.find(({ handler, verdict }) => handler === 'governor' && verdict === 'PERMIT');
    const of = async (id = '') => JSON.parse(await onRun('explain', id, '--run', name, '--json')) as Explanation;
    expect(await of(blocked?.plan_id)).toMatchObject({
      end: 'blocked',
      symbol: blocked?.symbol,
      portfolio: 'candles-1',
    });
    const told = await of(permitted?.plan_id);
    expect(told.end).toBe('permit_taken_or_expired');
    expect(told.summary).toBe('Permitted. The log of a run does not tell what became of the permit.');
    expect(told.steps.map(({ step }) => step)).toEqual(['plan', 'governor']);
    const none = await cli(['explain', 'no-such-plan', '--run', name]);
    expect(none).toMatchObject({ code: 1, out: expect.stringContaining('No trace of plan no-such-plan') });
    expect(none.out).toContain('--run NAME/PLAY');
    expect(none.out).not.toMatch(/--portfolio|STREAM_MAX_AGE_DAYS/);
    expect((await cli(['explain', blocked?.plan_id ?? '', '--run', name])).out).not.toContain('--since 7d');
  });

  it('exports what a filter and a time choose, and it reads like every export', async () => {
    const name = join(run, 'under-policy');
    const argv = ['--gate', 'governor', '--verdict', 'BLOCK', '--since', '2021-05-03', '--until', '2021-05-04'];
    const { out, err, code } = await cli(['export', '--run', name, ...argv]);
    const lines = out.trimEnd().split('\n');
    expect({ code, err }).toEqual({ code: 0, err: `${lines.length} decisions\n` });
    for (const line of lines) {
      const { id, verdict, handler } = JSON.parse(line) as Record<string, string>;
      expect({ verdict, handler }).toEqual({ verdict: 'BLOCK', handler: 'governor' });
      expect(Number(id?.split('-')[0])).toBeGreaterThanOrEqual(Date.parse('2021-05-03'));
      expect(Number(id?.split('-')[0])).toBeLessThanOrEqual(Date.parse('2021-05-04'));
    }
    const file = await files.write('blocks.jsonl', out);
    expect((await cli(['replay', '--file', file, '--json'])).code).toBe(0);
  });

  it(
    'is not written over, and leaves nothing where Ctrl-C ends it',
    async () => {
      const taken = await cli(['replay', '--candles', candles, '--keep', run, ...DAYS]);
      expect(taken).toMatchObject({ code: 2, out: '' });
      expect(taken.err).toContain(`--keep: expected a name that is free, got ${run}, which is there`);
      const stopped = new AbortController();
      stopped.abort();
      const cut = await cli(['replay', '--candles', candles, '--keep', join(folder, 'cut'), ...DAYS], stopped.signal);
      expect(cut.code).toBe(1);
      expect(cut.err).toContain(`Not kept, since it was stopped before the end: ${join(folder, 'cut')}`);
      expect(await readdir(folder)).toEqual(['may']);
    },
    TIMEOUT_MS,
  );
});

describe('what is no run of ours is refused', () => {
  async function refused(name: string, argv: readonly string[] = ['report', 'governor']): Promise<string> {
    const { code, out, err } = await cli([...argv, '--run', name]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    return err;
  }

  async function copied(name: string, change: (dir: string) => Promise<unknown>): Promise<string> {
    const dir = join(folder, '..', 'copies', name);
    await mkdir(dir, { recursive: true });
    for (const file of await readdir(run)) await writeFile(join(dir, file), await readFile(join(run, file)));
    await change(dir);
    return dir;
  }

  it('one that is not there, has several plays, or is named beside another source', async () => {
    expect(await refused('no-such-run')).toContain('expected a run that replay --keep kept, got runs/no-such-run');
    expect(await refused(run)).toContain(`expected one play of the run, ${join(run, 'in-force')} or`);
    expect(await refused(join(run, 'x'))).toContain('expected one play of the run');
    const missing = await cli(['replay', '--candles', candles, 'no-such.csv', ...DAYS]);
    expect(missing.err).toContain('--candles no-such.csv: no such file or directory');
    const beside = ['replay', '--candles', candles];
    expect(await refused(join(run, 'in-force'), beside)).toContain('expected --candles or --run, got both');
    const both = ['report', 'governor', '--file', candles];
    expect(await refused(join(run, 'in-force'), both)).toContain('expected --run or --file, got both');
    expect(await refused(join(run, 'in-force'), ['export', '--seal'])).toContain('expected --run or --seal, got both');
  });

  it('one that was cut off, is foreign, is newer, or was changed', async () => {
    const bare = (dir: string) => rm(join(dir, 'manifest.json'));
    const cut = await copied('cut.unfinished-AbC123', bare);
    expect(await refused(cut)).toContain('it was cut off while it was kept, and can be removed');
    expect(await refused(await copied('foreign', bare))).toContain('which has no manifest.json');
    const write = (json: string) => (dir: string) => writeFile(join(dir, 'manifest.json'), json);
    const newer = JSON.stringify({ ...manifest, format: 2, portcullis: '9.9.9' });
    const name = await copied('newer', write(newer));
    expect(await refused(name)).toContain('expected format 1, got 2, kept by Portcullis "9.9.9": a newer one reads it');
    expect(await refused(await copied('half', write('{"format":1,')))).toContain('expected the manifest of a run, got');
    expect(await refused(await copied('empty', write('{"format":1}')))).toContain(
      'expected the manifest of a run, got',
    );
    const outside = { ...manifest, plays: [{ ...manifest.plays[0], file: '../../secret' }] };
    expect(await refused(await copied('outside', write(JSON.stringify(outside))))).toContain(
      'expected a plain file name',
    );
    const less = await copied('less', (dir) => writeFile(join(dir, 'in-force.jsonl.gz'), ''));
    expect(await refused(join(less, 'in-force'))).toContain('as it was kept, got');
    const gone = await copied('gone', (dir) => rm(join(dir, manifest.prices.file)));
    expect(await refused(join(gone, 'in-force'))).toContain('which the run was kept with, got none');
  });
});
