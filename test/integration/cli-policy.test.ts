import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ReplayPolicy } from '../../schemas/replay-policy.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

async function policy(argv: readonly string[], world: Parameters<typeof runCli>[2] = {}) {
  return await runCli(redis.url, ['policy', ...argv], world);
}

const GATE = ['--gate', 'heat-gate'];
const CHANGE = [...GATE, '--reason', 'fewer whole exits'];

test('set asks with what changes, and says what it did', async () => {
  const asked = await policy(['set', 'HEAT_MIN=0.3', ...CHANGE], { answer: 'y' });
  expect(asked).toMatchObject({
    code: 0,
    err: expect.stringContaining('Change heat-gate: HEAT_MIN 0.25 → 0.3? [y/N]'),
  });
  expect(asked.out).toMatch(/^heat-gate is at version [\da-f]{8} \(was none\)\.\n {2}HEAT_MIN 0\.25 → 0\.3\n$/);
  const refused = await policy(['set', 'HEAT_MIN=0.4', ...CHANGE], { answer: 'n' });
  expect(refused).toMatchObject({ code: 2, out: '' });
  const alone = await policy(['set', 'HEAT_MIN=0.4', ...CHANGE]);
  expect(alone.err).toContain('Expected --yes, because there is no terminal to ask on');
  expect(await redis.client.hget('quantum:policy:heat-gate', 'settings')).toBe('{"HEAT_MIN":"0.3"}');
});

test.each([
  [['set', ...CHANGE], 'expected NAME=VALUE or --unset NAME, got neither'],
  [['set', 'HEAT_MIN', ...CHANGE], 'expected NAME=VALUE, got "HEAT_MIN"'],
  [['set', 'HEAT_MIN=0.9', ...CHANGE, '--yes'], 'HEAT_MIN: expected less than HEAT_MAX (0.65), got 0.9'],
  [['set', 'P26_POLL_SEC=1', ...CHANGE, '--yes'], 'it is read once, from the environment, when a worker starts'],
  [['set', 'HEAT_MIN=0.3', '--gate', 'heat-bridge', '--reason', 'x'], 'expected a gate of governor, heat-gate or'],
  [['set', 'HEAT_MIN=0.3', ...GATE], "required option '--reason <text>' not specified"],
])('%j is refused with 2, and nothing is written', async (argv, says) => {
  const { code, err } = await policy(argv);
  expect(code).toBe(2);
  expect(err).toContain(says);
  expect(await redis.client.dbsize()).toBe(0);
});

test('show and diff tell what is in force and who says so, by the environment of the workers', async () => {
  await redis.client.hset('quantum:policy:heat-gate', { mode: 'shadow', env_settings: '{"HEAT_MAX":"0.7"}' });
  await policy(['set', 'HEAT_MIN=0.3', ...CHANGE, '--yes'], { environment: { HEAT_MAX: '0.1' } });
  const shown = await policy(['show', ...GATE]);
  expect(shown.out).toContain('stop_loss,sl_hit,liquidation,margin_call,kill_switch,emergency');
  expect(shown.out).toMatch(/HEAT_MIN +0\.3 +policy\n/);
  expect(shown.out).toMatch(/HEAT_MAX +0\.7 +environment\n/);
  expect(shown.out).toMatch(/P26_SNAPSHOT_MAX_AGE_SEC +900 +default\n/);
  const { out } = await policy(['diff', ...GATE, '--json']);
  expect(JSON.parse(out)).toEqual([
    {
      ...{ name: 'HEAT_MIN', in_force: '0.3', from: 'policy', environment: '0.25', candidate: null },
      ...{ default: '0.25', expected: expect.stringContaining('number'), choices: [], meaning: expect.any(String) },
    },
  ]);
  await policy(['set', '--unset', 'HEAT_MIN', ...CHANGE, '--yes']);
  expect((await policy(['diff', ...GATE])).out).toBe('No difference.\n');
});

test('show without a gate tells of all that have limits', async () => {
  const views = JSON.parse((await policy(['show', '--json'])).out) as { gate: string }[];
  expect(views.map(({ gate }) => gate)).toEqual(['governor', 'heat-gate', 'risk-governor']);
});

test('a candidate stands beside what is in force, in diff too, until it is cleared', async () => {
  await policy(['set', 'HEAT_MAX=0.7', ...CHANGE, '--yes']);
  const put = await policy(['candidate', 'HEAT_MIN=0.3', '--mode', 'enforce', ...CHANGE]);
  expect(put.out).toMatch(
    /^heat-gate is judged by candidate [\da-f]{8} too, with no effect: mode enforce HEAT_MAX=0\.7 HEAT_MIN=0\.3\n$/,
  );
  expect((await policy(['diff', ...GATE])).out).toMatch(/HEAT_MIN +0\.25 +0\.3 +0\.25\nHEAT_MAX +0\.7 +0\.7 +0\.65\n/);
  for (const wrong of [[], ['--clear', 'HEAT_MIN=0.3'], ['--mode', 'bold'], ['HEAT_MIN=0.9']]) {
    expect((await policy(['candidate', ...wrong, ...CHANGE])).code).toBe(2);
  }
  expect((await policy(['candidate', '--clear', ...CHANGE])).out).toBe('heat-gate has no candidate any more.\n');
  expect(await redis.client.hexists('quantum:policy:heat-gate', 'candidate')).toBe(0);
});

test('history lists the versions, and rollback brings the one before back without asking', async () => {
  await policy(['set', 'HEAT_MIN=0.3', ...CHANGE, '--yes']);
  await policy(['set', 'HEAT_MIN=0.4', ...CHANGE, '--yes', '--actor', 'ada']);
  const done = await policy(['rollback', ...CHANGE]);
  expect(done).toMatchObject({ code: 0, err: '', out: expect.stringContaining('HEAT_MIN 0.4 → 0.3') });
  const { out } = await policy(['history', ...GATE]);
  expect(out.split('\n').filter((line) => /HEAT_MIN=0\.[34]/.test(line))).toHaveLength(3);
  expect(out).toMatch(/rollback to [\da-f]{8} +HEAT_MIN=0\.3 +tester +fewer whole exits/);
});

test('a rollback that turns a gate on asks first', async () => {
  for (const mode of ['shadow', 'enforce', 'shadow']) {
    await runCli(redis.url, ['mode', 'heat-gate', mode, '--reason', 'x', '--yes']);
  }
  const { code, err } = await policy(['rollback', ...CHANGE]);
  expect({ code, asked: err.includes('Roll heat-gate back into enforce?') }).toEqual({ code: 2, asked: true });
});

test('status and doctor name the limits that are set, and doctor those that cannot be in force', async () => {
  await policy(['set', 'HEAT_MIN=0.3', ...CHANGE, '--yes']);
  expect((await runCli(redis.url, ['status'])).out).toContain('\nLimits set of heat-gate: HEAT_MIN=0.3\n');
  const world = { environment: { HTTP_PORT: '0' } };
  const { out } = await runCli(redis.url, ['doctor'], world);
  expect(out).toMatch(/ok +limits heat-gate +set by an operator: HEAT_MIN=0\.3\n/);
  await redis.client.del('quantum:stream:policy.history:heat-gate');
  await redis.client.hset('quantum:policy:heat-gate', 'settings', '{"HEAT_MIN":"0.9"}');
  const after = await runCli(redis.url, ['doctor'], world);
  expect(after.code).toBe(1);
  expect(after.out).toMatch(/broken +limits heat-gate +not in force: HEAT_MIN: expected less than HEAT_MAX/);
});

describe('set --file', () => {
  const REASON = ['--reason', 'an evaluation account', '--yes'];
  const settingsOf = async (gate: string) =>
    JSON.parse((await redis.client.hget(`quantum:policy:${gate}`, 'settings')) ?? 'null');
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-policies-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const fileOf = (text: string) => {
    const path = join(folder, 'limits.json');
    writeFileSync(path, text);
    return path;
  };

  test('sets what a file says, and what is given beside it counts more', async () => {
    const path = fileOf('{"heat-gate":{"about":"x","settings":{"HEAT_MIN":0.3,"HEAT_MAX":"0.7"}}}');
    const { code, out } = await policy(['set', '--file', path, 'HEAT_MAX=0.8', ...REASON]);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('HEAT_MIN 0.25 → 0.3') });
    expect(await settingsOf('heat-gate')).toEqual({ HEAT_MIN: '0.3', HEAT_MAX: '0.8' });
  });

  test('takes the gate that is named out of a file of several', async () => {
    const path = fileOf('{"heat-gate":{"settings":{"HEAT_MIN":"0.3"}},"governor":{"settings":{"GOV_MAX_QTY":"*:5"}}}');
    expect((await policy(['set', '--file', path, '--gate', 'governor', ...REASON])).code).toBe(0);
    expect([await settingsOf('governor'), await settingsOf('heat-gate')]).toEqual([{ GOV_MAX_QTY: '*:5' }, null]);
  });

  test.each([
    ['{', [], 'expected JSON such as'],
    ['{"heat-gate":{"settings":{"HEAT_MIN":[]}}}', [], 'expected a text, a number or true or false'],
    ['{"heat-gate":{"limits":{}}}', [], 'limits'],
    ['{"heat-gate":{"settings":{"HEAT_MN":"0.3"}}}', [], 'HEAT_MN'],
    ['{"heat-gate":{"settings":{"HEAT_MIN":"0.9"}}}', [], 'HEAT_MIN: expected less than HEAT_MAX (0.65), got 0.9'],
    ['{"heat-gat":{"settings":{"HEAT_MIN":"0.3"}}}', [], 'expected a gate of'],
    ['{"heat-gate":{"mode":"enforce"}}', [], 'portcullis mode heat-gate enforce sets it'],
    [
      '{"heat-gate":{},"governor":{}}',
      [],
      'expected limits of one gate, or --gate GATE, got those of heat-gate, governor',
    ],
    ['{"heat-gate":{}}', ['--gate', 'governor'], 'expected limits of governor, got those of heat-gate'],
    ['{}', [], 'got those of no gate'],
  ])('%s is refused with 2, and nothing is written', async (text, argv, says) => {
    const { code, err } = await policy(['set', '--file', fileOf(text), ...argv, ...REASON]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(says) });
    expect(await redis.client.dbsize()).toBe(0);
  });

  test('a file that is not there, and no gate at all, are refused', async () => {
    const missing = await policy(['set', '--file', join(folder, 'none.json'), ...REASON]);
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('none.json: no such file') });
    const none = await policy(['set', 'HEAT_MIN=0.3', ...REASON]);
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining('expected --gate GATE, or --file') });
  });

  test.each(readdirSync('deploy/policies'))(
    'deploy/policies/%s can be set, and says where it is from',
    async (name) => {
      const path = `deploy/policies/${name}`;
      const { code, err } = await policy(['set', '--file', path, 'GOV_STARTING_BALANCE_USD=100000', ...REASON]);
      expect({ code, err }).toEqual({ code: 0, err: expect.any(String) });
      const { governor } = ReplayPolicy.parse(JSON.parse(readFileSync(path, 'utf8')));
      expect(governor?.about).toMatch(/Source: .+, read \d{4}-\d{2}-\d{2}\.$/);
      expect(await settingsOf('governor')).toEqual({ ...governor?.settings, GOV_STARTING_BALANCE_USD: '100000' });
    },
  );
});
