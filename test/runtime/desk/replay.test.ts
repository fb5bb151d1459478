import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TimedReplay } from '../../../runtime/desk/replay/index.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { PLAY_SETTINGS } from '../../../runtime/market/player/settings.ts';
import { runCli } from '../../support/cli.ts';
import { MONTH } from '../../support/month-report.ts';

const NO_REDIS = 'redis://127.0.0.1:1';
const judgingAgain = (await loadHandlers()).filter(({ rejudge }) => rejudge !== undefined).map(({ gate }) => gate);
let folder: string;
/** A copy of the demo's month: beside it is kept what was tried on it. */
let month: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-replay-'));
  month = join(folder, 'may-2021.jsonl.gz');
  await copyFile(MONTH, month);
});
afterAll(async () => rm(folder, { recursive: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function cli(...argv: string[]) {
  return await runCli(NO_REDIS, ['replay', ...argv], { environment: PLAY_SETTINGS });
}

async function found(...argv: string[]): Promise<TimedReplay> {
  const { out, err, code } = await cli('--json', ...argv);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as TimedReplay;
}

async function under(policy: unknown, ...argv: string[]): Promise<TimedReplay> {
  return await found('--file', month, '--policy', await file('policy.json', JSON.stringify(policy)), ...argv);
}

describe('a recorded month', () => {
  test('comes out as logged, to the byte, under the limits it was made under', async () => {
    expect(await found('--file', month, '--same')).toMatchObject({
      judged: 'alone',
      decisions: 1125,
      replayed: 1125,
      identical: 1125,
      changed: 0,
      worst: [],
    });
  });

  test('comes out as logged in a joint replay too', async () => {
    expect(await found('--file', month, '--same', '--joint')).toMatchObject({
      judged: 'joint',
      replayed: 1125,
      identical: 1125,
      alone: { changed: 0, verdict_changed: 0, changes: [] },
      not_carried: { size_unknown: 0, not_judged: 0, still_held: 0 },
    });
  });

  test('says jointly what exits come to that the heat gate would have softened in force, and no word of it alone', async () => {
    const softened = await under({ 'heat-gate': { mode: 'enforce' } }, '--joint');
    expect(softened.alone?.changed).toBe(0);
    expect(softened.verdict_changed).toBeGreaterThan(0);
    const { exit_otherwise, at_last_price, still_held } = softened.not_carried ?? {};
    expect(exit_otherwise).toBe(0);
    expect(Math.min(Number(at_last_price), Number(still_held))).toBeGreaterThan(0);
    const exitsAlone = await under({ 'heat-gate': { mode: 'enforce' } }, '--joint', '--gate', 'heat-gate');
    expect(exitsAlone.not_carried).toEqual(softened.not_carried);
  });

  test('says jointly what a lower cap comes to, and beside it what each comes to alone', async () => {
    const path = await file('lower.json', '{"governor":{"settings":{"GOV_MAX_NOTIONAL_PER_TRADE_USDT":"30000"}}}');
    const alone = await found('--file', month, '--policy', path);
    const joint = await found('--file', month, '--policy', path, '--joint');
    const { changed, verdict_changed, changes } = alone;
    expect(joint.alone).toEqual({ changed, verdict_changed, changes });
    const told = joint.changes.filter(({ handler, to }) => handler === 'governor' && to === 'PERMIT ok');
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(0);
    const one = await found('--file', month, '--policy', path, '--joint', '--symbol', 'LINKUSDT');
    expect(one.changed).toBe(joint.symbols.find(({ name }) => name === 'LINKUSDT')?.changed);
    const { out } = await cli('--file', month, '--policy', path, '--joint');
    expect(out).toContain('Judged jointly: each decision after what those before it came to.');
    expect(out).toContain(
      `Each judged alone, ${alone.changed} would, ${alone.verdict_changed} of them with another verdict.`,
    );
  });

  test('comes out the same from a file that is not compressed', async () => {
    const path = await file('month.jsonl', gunzipSync(await readFile(month)));
    expect(await found('--file', path, '--same')).toMatchObject({ identical: 1125 });
  });

  test('exits with 1 for --same when anything is different', async () => {
    const path = await file('other.json', '{"heat-gate":{"settings":{"HEAT_MIN":0.3}}}');
    const { code } = await cli('--file', month, '--same', '--policy', path);
    expect(code).toBe(1);
  });

  test('shows what a higher heat threshold would have changed, of that gate alone', async () => {
    const result = await under({ 'heat-gate': { settings: { HEAT_MIN: '0.3' } } });
    expect(result).toMatchObject({ changed: 10, verdict_changed: 0 });
    const [from, to] = ['DOWNGRADE portfolio_heat_warm', 'DOWNGRADE portfolio_heat_cold'];
    expect(result.changes).toEqual([{ handler: 'heat-gate', from, to, count: 10 }]);
    expect(result.worst).toHaveLength(5);
    expect(result.worst[0]?.check).toMatchObject({ gate: 'heat_min', limit: 0.3, verdict: 'would_refuse' });
    expect(result.symbols.reduce((sum, { changed }) => sum + changed, 0)).toBe(10);
    expect(result.hours.reduce((sum, { changed }) => sum + changed, 0)).toBe(10);
  });

  test('shows which permits a lower cap would have blocked, largest first', async () => {
    const policy = { governor: { settings: { GOV_MAX_NOTIONAL_PER_TRADE_USDT: 30000 } } };
    const result = await under(policy, '--verdict', 'PERMIT');
    expect(result).toMatchObject({ changed: 56, verdict_changed: 56 });
    const notionals = result.worst.map(({ check }) => Number(check?.value));
    expect(notionals).toEqual([...notionals].sort((a, b) => b - a));
    expect(Math.min(...notionals)).toBeGreaterThan(30_000);
  });

  test('shows which cycles would have found a position over its budget', async () => {
    const result = await under({ 'risk-governor': { settings: { MAX_BUDGET_K: '30000' } } });
    expect(result.changes).toEqual([
      {
        handler: 'risk-governor',
        from: 'BUDGETS fresh_state, over_budget kept',
        to: 'BUDGETS fresh_state, over_budget exceeded',
        count: 219,
      },
    ]);
  });

  test('in another mode refuses nothing, and says what it would', async () => {
    const result = await under({ governor: { mode: 'dry_run' } }, '--gate', 'governor');
    expect(result.changed).toBeGreaterThan(0);
    const verdicts = result.changes.map(({ to }) => to.split(' ')[0]);
    expect([...new Set(verdicts)].sort()).toEqual(['WOULD_BLOCK', 'WOULD_PERMIT']);
  });

  test('is cut by time and symbol', async () => {
    const day = ['--since', '2021-05-19T00:00:00Z', '--until', '2021-05-19T23:59:59Z', '--file', month];
    expect(await found(...day)).toMatchObject({ decisions: 49, from: 1621382400, to: 1621465200 });
    expect((await found(...day, '--symbol', 'ADAUSDT')).symbols.map(({ name }) => name)).toEqual(['ADAUSDT']);
  });

  test('is told to a reader', async () => {
    const path = await file('tight.json', '{"heat-gate":{"settings":{"HEAT_MIN":0.3}}}');
    const { out } = await cli('--file', month, '--policy', path);
    expect(out).toContain('1125 decisions from 2021-05-01 01:00:00 UTC to 2021-06-01 00:00:00 UTC, judged again in');
    expect(out).toContain('Each decision is judged alone: what it decides otherwise changes nothing for those behind');
    expect(out).toContain('10 of 1125 would have come out otherwise (0.9 %), 0 of them with another verdict.');
    expect(out).toContain('heat-gate  DOWNGRADE portfolio_heat_warm  DOWNGRADE portfolio_heat_cold  10');
  });
});

test.each([
  ['of a gate that does not exist', { heatgate: {} }, `expected a gate of ${judgingAgain.join(', ')}, got "heatgate"`],
  [
    'of a setting that does not exist',
    { 'heat-gate': { settings: { HEAT_MINN: '1' } } },
    'heat-gate HEAT_MINN: expected a setting of heat-gate, got none of that name: did you mean HEAT_MIN?',
  ],
  [
    'of limits the wrong way round',
    { 'heat-gate': { settings: { HEAT_MIN: '0.7' } } },
    'heat-gate HEAT_MIN: expected less than HEAT_MAX (0.65), got 0.7',
  ],
  [
    'of a mode that does not exist',
    { governor: { mode: 'paper' } },
    'governor mode: expected testnet or production or dry_run, got "paper"',
  ],
  [
    'of a mode among the settings',
    { governor: { settings: { GOV_MODE: 'testnet' } } },
    'governor GOV_MODE: expected the mode as "mode", got a setting',
  ],
  ['of another shape', { 'heat-gate': { HEAT_MIN: 1 } }, 'expected JSON such as {"heat-gate":'],
])('a policy %s is refused', async (_words, policy, message) => {
  const { code, err, out } = await cli('--file', month, '--policy', await file('bad.json', JSON.stringify(policy)));
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(message);
});

test.each([
  ['that is not there', undefined, 'no such file'],
  [
    'with a line of something else',
    '{"id":"1-0"}\nnonsense\n',
    'line 2: expected a decision as portcullis export writes it',
  ],
  ['with a decision without an id', '{"verdict":"PASS"}\n', 'line 1: expected the id of a decision, got ""'],
  ['that was cut off', gzipSync(Buffer.alloc(100_000, 'x')).subarray(0, 60), 'unexpected end of file'],
])('a file %s is refused', async (_words, content, message) => {
  const path = content === undefined ? join(folder, 'none') : await file('bad.jsonl', content);
  const { code, err } = await cli('--file', path);
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test('an empty file holds no decisions', async () => {
  const { code, out } = await cli('--file', await file('empty.jsonl', ''));
  expect({ code, out }).toEqual({ code: 0, out: 'No decisions in that time.\n' });
});

test('decisions of handlers without limits, and from before their input was kept, are told apart', async () => {
  const lines = [
    { id: '1-0', handler: 'heat-bridge', verdict: 'STORED', reason: 'ok' },
    {
      id: '2-0',
      handler: 'heat-gate',
      verdict: 'PASS',
      reason: 'partial_unchanged',
      action: 'PARTIAL_25',
      facts: '{"heat":0}',
    },
  ];
  const path = await file('old.jsonl', lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect(await found('--file', path)).toMatchObject({ decisions: 2, replayed: 0, without_limits: 1, not_recorded: 1 });
  expect((await cli('--file', path, '--same')).code).toBe(1);
});
