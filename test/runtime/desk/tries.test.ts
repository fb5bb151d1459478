import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import heatGate from '../../../handlers/heat-gate/index.ts';
import {
  candleTries,
  fileTries,
  judgedRules,
  noteTries,
  TRIES_FILE,
  triesIn,
} from '../../../runtime/desk/replay/tries.ts';
import type { HeatReport } from '../../../runtime/desk/report/gate-report.ts';
import type { GateReport } from '../../../runtime/desk/report/index.ts';
import { DAY_MS, DAY_SEC } from '../../../schemas/duration.ts';
import { sharpeText } from '../../../schemas/sharpe-text.ts';
import { runCli } from '../../support/cli.ts';
import { Files, MONTH, may2021Csv, reportFrom } from '../../support/month-report.ts';

const NO_REDIS = 'redis://127.0.0.1:1';
let files: Files;
let month: string;

beforeAll(async () => {
  files = await Files.make();
  month = files.path('month.jsonl.gz');
  await copyFile(MONTH, month);
});
afterAll(async () => files.remove());
beforeEach(async () => rm(files.path(TRIES_FILE), { recursive: true, force: true }));

async function replayed(heatMin: string) {
  const policy = await files.write('policy.json', JSON.stringify({ 'heat-gate': { settings: { HEAT_MIN: heatMin } } }));
  const { out, err, code } = await runCli(NO_REDIS, ['replay', '--json', '--file', month, '--policy', policy]);
  expect(code).toBe(0);
  return { err, ...(JSON.parse(out) as { readonly try_counted: boolean | null }) };
}

async function sharpeOf() {
  return (await reportFrom<HeatReport & GateReport>('heat-gate', '--file', month)).uncertainty.sharpe;
}

test('replays of a file are counted beside it, and the report on it says how many', async () => {
  expect((await sharpeOf()).tries).toBe(1);
  for (const heatMin of ['0.3', '0.31', '0.3']) {
    expect(await replayed(heatMin)).toMatchObject({ err: '', try_counted: true });
  }
  expect((await sharpeOf()).tries).toBe(3);
  const lines = (await readFile(files.path(TRIES_FILE), 'utf8')).trimEnd().split('\n');
  expect(lines).toHaveLength(6);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    gate: 'heat-gate',
    policy: expect.stringMatching(/^[0-9a-f]{64}$/),
    days: [18_748, 18_779],
  });
});

test.each([
  ['a line that is none', true, async (path: string) => await writeFile(path, 'nonsense\n')],
  ['a folder of that name', false, async (path: string) => await mkdir(path)],
])(
  'with %s in its place the count is unknown, and a replay says so where it cannot write',
  async (_what, isCounted, make) => {
    await make(files.path(TRIES_FILE));
    expect(await sharpeOf()).toMatchObject({ tries: null, sharpe_of_luck: null, deflated: null });
    const { err, try_counted } = await replayed('0.3');
    expect(try_counted).toBe(isCounted);
    expect(err.includes('is not counted among those tried on these days')).toBe(!isCounted);
    expect(await sharpeOf()).toMatchObject({ tries: null, deflated: null });
  },
);

test('a policy is the same in whatever order its settings stand, with its mode, on the days of the decisions', async () => {
  const kept = fileTries(month);
  const found = {
    from: 10 * DAY_SEC,
    to: 12 * DAY_SEC + 5,
  };
  const rules = (settings: object, mode?: string) => [{ handler: heatGate, settings, mode }];
  const on = async (from: number, to: number) =>
    (await kept.on('heat-gate', { fromMs: from * DAY_MS, toMs: to * DAY_MS }))?.size;
  await noteTries(kept, found, rules({ a: 1, b: new Set(['y', 'x']), c: new Map([['k', Infinity]]) }));
  await noteTries(kept, found, rules({ c: new Map([['k', Infinity]]), b: new Set(['x', 'y']), a: 1 }));
  expect([await on(0, 9), await on(12, 99), await on(13, 99)]).toEqual([0, 1, 0]);
  await noteTries(kept, found, rules({ a: 1, b: new Set(['x']), c: new Map([['k', Infinity]]) }));
  await noteTries(kept, found, rules({ a: 1, b: new Set(['x']), c: new Map([['k', -Infinity]]) }));
  await noteTries(kept, found, rules({ a: 1, b: new Set(['x']), c: new Map([['k', -Infinity]]) }, 'enforce'));
  const judged = { name: heatGate.name, decisions: 1, changed: 0 };
  expect(judgedRules(rules({ a: 2 }), { gates: [] })).toEqual([]);
  expect(judgedRules(rules({ a: 2 }), { gates: [judged] })).toEqual(rules({ a: 2 }));
  await noteTries(kept, { ...found, from: null }, rules({ a: 2 }));
  expect(await on(11, 11)).toBe(4);
  expect(await kept.on('governor', { fromMs: 0, toMs: 99 * DAY_MS })).toEqual(new Set());
});

test('what was played on candles is kept in their folders, and counts once wherever it is found', async () => {
  const candles = [files.path('a.csv'), await files.write('b.csv', ''), files.path('more')];
  await files.write('a.csv', '');
  await mkdir(files.path('more'), { recursive: true });
  const kept = await candleTries(candles);
  const range = { fromMs: 0, toMs: DAY_MS };
  await kept.note({ gate: 'governor', policy: 'x', days: [1, 1] });
  const lines = await Promise.all(
    [TRIES_FILE, `more/${TRIES_FILE}`].map(async (name) => await readFile(files.path(name), 'utf8')),
  );
  expect(lines).toEqual(Array(2).fill('{"gate":"governor","policy":"x","days":[1,1]}\n'));
  await fileTries(files.path('a.csv')).note({ gate: 'governor', policy: 'y', days: [1, 2] });
  expect(await kept.on('governor', range)).toEqual(new Set(['x', 'y']));
  expect(await fileTries(files.path('b.csv')).on('governor', range)).toEqual(new Set(['x', 'y']));
  await files.write(`more/${TRIES_FILE}`, 'nonsense\n');
  expect(await kept.on('governor', range)).toBeNull();
  expect(await triesIn([]).on('governor', range)).toEqual(new Set());
});

test('a report that values by candles counts what was played on them', async () => {
  await mkdir(files.path('prices'), { recursive: true });
  const candles = await files.write('prices/may.csv', may2021Csv());
  await (await candleTries([candles])).note({ gate: 'heat-gate', policy: 'x', days: [18_750, 18_750] });
  expect((await sharpeOf()).tries).toBe(1);
  const both = await reportFrom<HeatReport & GateReport>('heat-gate', '--file', month, '--candles', candles);
  expect(both.uncertainty.sharpe.tries).toBe(1);
  await (await candleTries([candles])).note({ gate: 'heat-gate', policy: 'y', days: [18_750, 18_750] });
  const more = await reportFrom<HeatReport & GateReport>('heat-gate', '--file', month, '--candles', candles);
  expect(more.uncertainty.sharpe.tries).toBe(2);
});

test.each([
  [
    { tries: 3, days: 31, sharpe: 0.1, sharpe_of_luck: 0.16, deflated: 0.37 },
    '3 policies tried on these days: Sharpe ratio of 31 days 0.100 (not annualised), the best of so many without skill 0.160: deflated 37 %.',
  ],
  [
    { tries: 1, days: 19, sharpe: 0.1, sharpe_of_luck: 0, deflated: null },
    '1 policy tried on these days: Sharpe ratio of 19 days 0.100 (not annualised), the best of so many without skill 0.000: not enough data to deflate it (20 days are needed).',
  ],
  [
    { tries: null, days: 31, sharpe: 0.1, sharpe_of_luck: null, deflated: null },
    'It is not known how many policies were tried on these days: Sharpe ratio of 31 days 0.100 (not annualised), not deflated for that.',
  ],
  [
    { tries: 1, days: 0, sharpe: null, sharpe_of_luck: null, deflated: null },
    '1 policy tried on these days; the daily results have no spread.',
  ],
])('in words: %o', (found, words) => {
  expect(sharpeText(found)).toBe(words);
});
