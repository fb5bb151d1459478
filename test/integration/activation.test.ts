import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ActivationView } from '../../schemas/api/activation.ts';
import { DAY_MS, HOUR_MS } from '../../schemas/duration.ts';
import { ACTIVATION, ActivationRig, POLICY, REHEARSAL, UP_TIME } from '../support/activation-rig.ts';
import { runCli } from '../support/cli.ts';
import { until } from '../support/redis.ts';

let rig: ActivationRig;

beforeAll(async () => {
  rig = await ActivationRig.start();
});
afterAll(async () => rig.stop());

async function activate(...more: string[]) {
  return await runCli(rig.heat.redis.url, ['activate', 'heat-gate', ...more]);
}

async function unmet(): Promise<readonly string[]> {
  const { out, err } = await activate('--check', '--json');
  if (out === '') throw new Error(err);
  return (JSON.parse(out) as ActivationView).lines.filter(({ ok }) => !ok).map(({ item }) => item);
}

const YES = ['--reason', 'two days of shadow agreed', '--yes'] as const;

describe('a gate with all its evidence', () => {
  beforeEach(async () => rig.ready());

  test('is ready, goes into enforce and is watched', async () => {
    const checked = await activate('--check');
    expect(checked).toMatchObject({ code: 0, err: '' });
    const done = await activate(...YES, '--detach');
    expect(done.err).toBe('');
    expect(done.code).toBe(0);
    expect(done.out).toContain('heat-gate is in enforce (was shadow).');
    expect(await rig.mode()).toBe('enforce');
    expect(await rig.client.hgetall(ACTIVATION)).toMatchObject({
      state: 'watching',
      from: 'shadow',
      to: 'enforce',
      forced: '',
    });
    expect((await rig.ledger()).at(-1)).toBe('tester activate shadow → enforce');
    const again = await activate(...YES, '--detach');
    expect(again.code).toBe(1);
    expect(again.err).toContain('heat-gate is in enforce already');
  });
});

const nothingElse = async () => undefined;
/** What could not be judged, and what was judged on old inputs, was not judged on fresh ones. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  errors: ['errors', 'inputs_fresh'],
  stale_rate: ['inputs_fresh', 'stale_rate'],
  /** Twenty hours are in no three days, and have not 24 hours with decisions in them. */
  hours_in_shadow: ['hours_in_shadow', 'hours_with_decisions', 'days'],
};

/** 150 decisions in six minutes of three days ago, of which nothing came since. */
const BURST = { hours: 144, decisions: 150, endHours: 143.8, spanHours: 0.1 };
const refused: readonly (readonly [string, Parameters<ActivationRig['ready']>[0], () => Promise<unknown>])[] = [
  ['hours_in_shadow', { hours: 20 }, nothingElse],
  ['newest_decision', { hours: 80, endHours: 6.1, spanHours: 73 }, nothingElse],
  ['longest_gap', {}, async () => gap(12.1)],
  ['exits', { plans: 29 }, nothingElse],
  ['symbols', { symbols: ['ETHUSDT', 'BTCUSDT'] }, nothingElse],
  ['up_time', {}, async () => rig.client.del(UP_TIME)],
  ['decisions', { decisions: 99 }, nothingElse],
  ['errors', {}, async () => rig.decision('*', { verdict: 'PASS', reason: 'fail_closed_handler_failed' })],
  ['dead_letters', {}, async () => deadLetter('p26_heat_gate')],
  ['inputs_fresh', {}, async () => rig.decision('*', { facts: '{"cause":"invalid_equity","book":{}}' })],
  ['stale_rate', {}, async () => stale(7)],
  ['flip_rate', {}, async () => flips(14)],
  ['write_failures', {}, async () => rig.decision('*', { unwritten: '1' })],
  ['write_failures', {}, async () => rig.client.set('quantum:harvest:proposal:ETHUSDT', 'no hash')],
  [
    'protective_exits_changed',
    {},
    async () => rig.decision('*', { verdict: 'DOWNGRADE', input: '{"reason":"stop_loss"}' }),
  ],
  ['consumer_wired', {}, async () => rig.client.xgroup('DESTROY', 'quantum:stream:harvest.calibrated', 'executor')],
  ['rollback_rehearsed', {}, async () => rig.client.del(REHEARSAL)],
  ['rollback_rehearsed', {}, async () => rig.rehearsed((await rig.nowMs()) - 7 * DAY_MS - 1)],
  ['rollback_rehearsed', {}, async () => rig.rehearsed(await rig.nowMs(), { passed: '0', missing: 'w2' })],
  ['worker', {}, async () => rig.heat.stopWorker()],
];

/** Takes the decisions of so many hours out of the middle of the evidence. */
async function gap(hours: number): Promise<void> {
  const nowMs = await rig.nowMs();
  const [from, to] = [36, 36 - hours].map((ago) => Math.round(nowMs - ago * HOUR_MS));
  const log = 'quantum:stream:decisions';
  const found = await rig.client.xrange(log, String(from), String(to));
  await rig.client.xdel(log, ...found.map(([id]) => id));
}

async function deadLetter(group: string): Promise<unknown> {
  return await rig.client.xadd('quantum:stream:harvest.proposal.dlq', '*', 'plan_id', 'x', 'dlq_group', group);
}

async function stale(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    await rig.decision('*', { symbol: `S${at}`, facts: '{"cause":"positions_stale","book":{}}' });
  }
}

async function flips(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await rig.decision('*', { verdict: at % 2 === 0 ? 'DOWNGRADE' : 'PASS' });
}

describe('a gate that lacks one thing is not activated, and that thing is named', () => {
  test.each(refused)('%s (%#)', async (item, evidence, spoil) => {
    await rig.ready(evidence);
    await spoil();
    const found = await unmet();
    const implied = IMPLIED[item] ?? [item];
    expect(found).toEqual(implied);
    const { code, err } = await activate(...YES);
    expect(code).toBe(1);
    expect(err).toContain(`heat-gate is not ready: ${implied[0]?.replaceAll('_', ' ')}: expected`);
    expect(await rig.mode()).toBe('shadow');
    expect(await rig.client.exists(ACTIVATION)).toBe(0);
  });
});

test('a burst of decisions of six days ago is no evidence of today', async () => {
  await rig.ready(BURST);
  await rig.client.del(UP_TIME);
  expect(await unmet()).toEqual(['hours_with_decisions', 'newest_decision', 'days', 'up_time']);
  const { code, err } = await activate(...YES);
  expect(code).toBe(1);
  expect(err).toContain('newest decision: expected at most 6 h old, got 143.');
});

test('limits are settings: one that asks for less is named in the ledger, one that is none is refused', async () => {
  await rig.ready({ symbols: ['ETHUSDT'] });
  const under = (environment: Readonly<Record<string, string>>, ...more: string[]) =>
    runCli(rig.heat.redis.url, ['activate', 'heat-gate', ...more], { environment });
  expect((await under({ ACTIVATION_SYMBOLS: 'one' }, '--check')).err).toContain(
    'ACTIVATION_SYMBOLS: expected a whole number from 1 to 10000, got "one"',
  );
  expect((await under({ ACTIVATION_SYMBOLS: '2' }, '--check')).code).toBe(1);
  expect((await under({ ACTIVATION_SYMBOLS: '1' }, ...YES, '--detach')).code).toBe(0);
  expect((await rig.ledger()).at(-1)).toBe('tester activate shadow → enforce by ACTIVATION_SYMBOLS=1');
});

describe('the clock of the evidence', () => {
  test('begins anew with a change of limits, and with a change of the environment, not with a rehearsal', async () => {
    await rig.ready();
    const rehearse = async () => await runCli(rig.heat.redis.url, ['rollback', 'heat-gate', '--rehearse']);
    await until('a rehearsal in time', async () => (await rehearse()).code === 0);
    expect(await unmet()).toEqual([]);
    await rig.client.hset(POLICY, 'env_since', String(Math.floor((await rig.nowMs()) / 1000)));
    expect(await unmet()).toContain('hours_in_shadow');
    await rig.client.hdel(POLICY, 'env_since');
    expect(await unmet()).toEqual([]);
    const set = ['policy', 'set', 'HEAT_MIN=0.3', '--gate', 'heat-gate', '--reason', 'x', '--yes'];
    expect((await runCli(rig.heat.redis.url, set)).code).toBe(0);
    expect(await unmet()).toEqual(expect.arrayContaining(['hours_in_shadow', 'decisions']));
  });

  test('begins anew in a worker with other limits in its environment, not in one with the same', async () => {
    await rig.ready();
    await rig.heat.stopWorker();
    await rig.heat.worker({ P26_MODE: 'shadow' });
    expect(await unmet()).toEqual([]);
    await rig.heat.stopWorker();
    await rig.heat.worker({ P26_MODE: 'shadow', HEAT_MAX: '0.7' });
    expect(await unmet()).toEqual(expect.arrayContaining(['hours_in_shadow', 'decisions']));
  });

  test('is not known of a policy that was changed by other means', async () => {
    await rig.ready();
    await rig.client.hset(POLICY, 'version', 'by hand');
    const { err } = await activate(...YES);
    expect(err).toContain('hours in shadow: expected 24 or more, got not known: its policy was changed by other means');
  });
});

describe('force', () => {
  test('passes over what is missing, with a reason, and the ledger says over what', async () => {
    await rig.ready({ decisions: 99 });
    expect((await activate('--force', '--yes')).code).toBe(2);
    const { code, out } = await activate('--force', ...YES, '--detach');
    expect(code).toBe(0);
    expect(out).toContain('in spite of: decisions');
    expect((await rig.ledger()).at(-1)).toBe('tester activate shadow → enforce despite decisions');
    expect(await rig.client.hget(ACTIVATION, 'forced')).toBe('decisions');
  });
});

test('at a terminal it is asked, with the checklist, and no is no', async () => {
  await rig.ready();
  const argv = ['activate', 'heat-gate', '--reason', 'two days of shadow agreed', '--detach'];
  const no = await runCli(rig.heat.redis.url, argv, { answer: 'n' });
  expect(no.code).toBe(2);
  expect(no.out).toContain('consumer wired');
  expect(no.err).toContain('Put heat-gate into enforce? Its refusals take effect at once. [y/N]');
  expect(await rig.mode()).toBe('shadow');
  expect((await runCli(rig.heat.redis.url, argv)).err).toContain(
    'Expected --yes, because there is no terminal to ask on',
  );
  expect((await runCli(rig.heat.redis.url, argv, { answer: 'y' })).code).toBe(0);
  expect(await rig.mode()).toBe('enforce');
});

test('of two activations at once one is made', async () => {
  await rig.ready();
  const both = await Promise.all([activate(...YES, '--detach'), activate(...YES, '--detach')]);
  expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
  expect((await rig.ledger()).filter((line) => line.includes('activate'))).toHaveLength(1);
});

test.each([
  [['activate', 'heat-bridge', ...YES], 'heat-bridge has no mode'],
  [['rollback', 'heat-bridge'], 'heat-bridge has no mode'],
  [['activate', 'nothing', ...YES], 'expected a gate of heat-gate, risk-governor or governor, got "nothing"'],
  [['activate', 'heat-gate', '--yes'], "required option '--reason <text>' not specified"],
  [['activate', 'heat-gate', '--watch', '10', ...YES], 'expected a span from 1m to 7d, got "10"'],
])('%j is used wrongly', async (argv, says) => {
  const { code, err } = await runCli(rig.heat.redis.url, argv);
  expect(code).toBe(2);
  expect(err).toContain(says);
});
