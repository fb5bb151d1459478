import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { until } from '../support/redis.ts';
import { ServedRig } from '../support/served.ts';
import { metricOf, startSystem, type TestSystem } from '../support/system.ts';

const POLICY = 'quantum:policy:heat-gate';
const HISTORY = 'quantum:stream:policy.history:heat-gate';
const OUTSIDE = 'set by somebody outside: the key was written past Portcullis';
const HELD = `${OUTSIDE}; the last version stays in force`;

let rig: ServedRig;
beforeEach(async () => {
  rig = await ServedRig.start();
});
afterEach(() => rig.stop());

async function told(action: string) {
  return (await rig.ledger()).map(({ fields }) => fields).filter((fields) => fields.action === action);
}

async function events() {
  const entries = await rig.client.xrange('quantum:stream:governor.events', '-', '+');
  return entries.filter(([, flat]) => flat[1] === 'POLICY_FOREIGN');
}

/** The rig's worker under another rule. */
async function under(rule: string, workerName = 'ruled'): Promise<TestSystem> {
  await rig.system.stop();
  return await startSystem(rig.redis, { workerName, env: { POLICY_FOREIGN: rule } });
}

function modeIn(system: TestSystem): string {
  return system.runtime.mode(system.portfolio, 'heat-gate');
}

test('a mode, then limits, written past Portcullis are not in force in any worker, and told once by two of them', async () => {
  const set = { gate: 'heat-gate', mode: 'shadow', reason: 'frozen', actor: 'eve' };
  expect(await rig.post('/mode', set)).toMatchObject({ code: 200 });
  const second = await startSystem(rig.redis, { workerName: 'second' });
  try {
    const versions = await rig.client.xlen(HISTORY);
    await rig.client.hset(POLICY, 'mode', 'enforce');
    await until('the mode to be told', async () => (await told('policy_foreign_held')).length > 0);
    await rig.client.hset(POLICY, 'settings', '{"HEAT_MIN":"0.31"}');
    await until('the limits to be told', async () => (await told('policy_foreign_held')).length > 1);
    expect(await told('policy_foreign_held')).toMatchObject([
      { actor: 'unknown', reason: HELD, before: 'mode=shadow {}', after: 'mode=enforce {}' },
      { actor: 'unknown', reason: HELD, before: 'mode=shadow {}', after: 'mode=enforce {"HEAT_MIN":"0.31"}' },
    ]);
    expect([modeIn(rig.system), modeIn(second)]).toEqual(['shadow', 'shadow']);
    expect(await rig.client.xlen(HISTORY)).toBe(versions);
    expect(await rig.client.hget(POLICY, 'mode')).toBe('enforce');
    const series = 'portcullis_policy_foreign_total{gate="heat-gate"}';
    await until('both to be counted', async () => {
      return ((await metricOf(rig.system, series)) ?? 0) + ((await metricOf(second, series)) ?? 0) === 2;
    });
    expect(await events()).toHaveLength(2);
    const { out } = await runCli(rig.redis.url, ['status']);
    expect(out).toMatch(/heat-gate +shadow .*eve +frozen/);
    expect(out).toContain('NOT IN FORCE   heat-gate: mode=enforce {"HEAT_MIN":"0.31"} was set by somebody outside');
    const overview = (await rig.get('/overview')).body as { gates: { gate: string; foreign: string | null }[] };
    expect(overview.gates.find(({ gate }) => gate === 'heat-gate')).toMatchObject({
      mode: 'shadow',
      actor: 'eve',
      foreign: 'mode=enforce {"HEAT_MIN":"0.31"}',
    });
    expect((await runCli(rig.redis.url, ['doctor'])).out).toContain('was written past Portcullis, and is not in force');
  } finally {
    await second.stop();
  }
});

test("an operator's change is made on what is in force, and writes over what was held", async () => {
  await rig.client.hset(POLICY, { mode: 'enforce', settings: '{"HEAT_MIN":"0.31"}', version: 'mine' });
  await until('it to be told', async () => (await told('policy_foreign_held')).length > 0);
  const set = ['policy', 'set', '--gate', 'heat-gate', 'HEAT_MAX=0.6', '--reason', 'warm', '--yes'];
  expect(await runCli(rig.redis.url, set)).toMatchObject({ code: 0 });
  expect(await rig.client.hmget(POLICY, 'mode', 'settings', 'foreign')).toEqual(['shadow', '{"HEAT_MAX":"0.6"}', null]);
  const change = { gate: 'heat-gate', mode: 'enforce', reason: 'now', actor: 'eve' };
  await rig.client.hset(POLICY, 'settings', '{"HEAT_MIN":"0.1"}');
  expect(await rig.post('/mode', change)).toMatchObject({ code: 200 });
  await until('the mode', () => modeIn(rig.system) === 'enforce');
  expect(await rig.client.hget(POLICY, 'settings')).toBe('{"HEAT_MAX":"0.6"}');
  const all = (await rig.ledger()).map(({ fields }) => fields);
  expect(all.filter(({ action }) => action === 'mode').at(-1)).toMatchObject({ before: 'shadow', after: 'enforce' });
  expect(all.filter(({ action }) => action?.startsWith('policy_foreign') === true)).toHaveLength(2);
});

test('a policy that is deleted goes on by the last version of its history', async () => {
  const change = { gate: 'heat-gate', mode: 'enforce', reason: 'now', actor: 'eve' };
  expect(await rig.post('/mode', change)).toMatchObject({ code: 200 });
  await until('the mode', () => modeIn(rig.system) === 'enforce');
  await rig.client.del(POLICY);
  await until('it to be told', async () => (await told('policy_vanished')).length > 0);
  expect(await told('policy_vanished')).toMatchObject([{ before: 'mode=enforce', after: 'mode=enforce {}' }]);
  expect(await rig.client.hmget(POLICY, 'mode', 'actor')).toEqual(['enforce', 'eve']);
  expect(modeIn(rig.system)).toBe('enforce');
});

test('what was written while no worker ran is held at the next start; what Portcullis sets, and its own start, is not', async () => {
  await rig.system.stop();
  await rig.client.hset(POLICY, 'mode', 'enforce');
  for (const workerName of ['next', 'again']) {
    const next = await startSystem(rig.redis, { workerName });
    expect(modeIn(next)).toBe('shadow');
    await next.stop();
  }
  expect(await told('policy_foreign_held')).toMatchObject([{ gate: 'heat-gate', after: 'mode=enforce {}' }]);
});

test('a first start with no history believes what is stored', async () => {
  await rig.system.stop();
  await rig.client.del(HISTORY);
  await rig.client.hset(POLICY, 'mode', 'enforce');
  const next = await startSystem(rig.redis, { workerName: 'next' });
  try {
    expect(modeIn(next)).toBe('enforce');
    expect(await told('policy_foreign_held')).toEqual([]);
  } finally {
    await next.stop();
  }
});

test('revert writes the last version back, and never over a change of an operator', async () => {
  const system = await under('revert');
  try {
    const before = await rig.client.hmget(POLICY, 'mode', 'version', 'settings');
    await rig.client.hset(POLICY, { mode: 'enforce', settings: '{"HEAT_MIN":"0.31"}', version: 'mine' });
    await until('it to be written back', async () => (await told('policy_foreign_reverted')).length > 0);
    expect(await rig.client.hmget(POLICY, 'mode', 'version', 'settings')).toEqual(before);
    expect(await rig.client.xlen('quantum:stream:ops.ledger')).toBeGreaterThan(0);
    for (let turn = 0; turn < 10; turn += 1) {
      await rig.client.hset(POLICY, 'mode', turn % 2 === 0 ? 'enforce' : 'off');
      const mode = turn % 2 === 0 ? 'shadow' : 'enforce';
      const set = await runCli(rig.redis.url, ['mode', 'heat-gate', mode, '--reason', `turn ${turn}`, '--yes']);
      expect(set).toMatchObject({ code: 0 });
      await until('the change to be in force', () => modeIn(system) === mode);
      expect(await rig.client.hget(POLICY, 'reason')).toBe(`turn ${turn}`);
    }
    expect(await runCli(rig.redis.url, ['ledger', '--verify'])).toMatchObject({ code: 0 });
  } finally {
    await system.stop();
  }
});

test('follow makes it a version of its own, in force, that can be rolled back', async () => {
  const system = await under('follow');
  try {
    await rig.client.hset(POLICY, 'mode', 'enforce');
    await until('the mode to be told', async () => (await told('policy_foreign')).length > 0);
    await until('the mode', () => modeIn(system) === 'enforce');
    await rig.client.hset(POLICY, 'settings', '{"HEAT_MIN":"0.31"}');
    await until('the limits to be told', async () => (await told('policy_foreign')).length > 1);
    expect(await told('policy_foreign')).toMatchObject([
      { actor: 'unknown', reason: OUTSIDE, before: 'mode=shadow {}', after: 'mode=enforce {}' },
      { actor: 'unknown', before: 'mode=enforce {}', after: 'mode=enforce {"HEAT_MIN":"0.31"}' },
    ]);
    const { out } = await runCli(rig.redis.url, ['status']);
    expect(out).toMatch(/heat-gate +enforce .*unknown +set by somebody outside/);
    const back = ['policy', 'rollback', '--gate', 'heat-gate', '--reason', 'not ours', '--yes'];
    expect(await runCli(rig.redis.url, back)).toMatchObject({ code: 0 });
    expect(await rig.client.hget(POLICY, 'settings')).toBe('{}');
  } finally {
    await system.stop();
  }
});

test('beside a worker that follows, as one of the last release does, all judge by what it made a version of', async () => {
  const older = await startSystem(rig.redis, { workerName: 'older', env: { POLICY_FOREIGN: 'follow' } });
  try {
    await rig.client.hset(POLICY, 'mode', 'enforce');
    await until('the mode in the other', () => modeIn(older) === 'enforce');
    await until('the mode here', () => modeIn(rig.system) === 'enforce');
    await until('the key to be in force', async () => (await rig.client.hget(POLICY, 'foreign')) === null);
  } finally {
    await older.stop();
  }
});

test('limits of any length that somebody wrote are cut in the ledger, which still verifies', async () => {
  const set = { gate: 'heat-gate', mode: 'shadow', reason: 'frozen', actor: 'eve' };
  expect(await rig.post('/mode', set)).toMatchObject({ code: 200 });
  await rig.client.hset(POLICY, 'settings', 'é'.repeat(500_000));
  await until('them to be told', async () => (await told('policy_foreign_held')).length > 0);
  const [entry] = await told('policy_foreign_held');
  expect(entry?.after).toMatch(/^mode=shadow é+… \(1000012 bytes, SHA-1 [0-9a-f]{40}\)$/);
  expect(Buffer.byteLength(entry?.after ?? '')).toBeLessThan(16_500);
  expect(await runCli(rig.redis.url, ['ledger', '--verify'])).toMatchObject({ code: 0 });
});
