import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { CALIBRATED, HeatRig, PROPOSALS } from '../support/heat-rig.ts';
import { until } from '../support/redis.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

const POLICY = 'quantum:policy:heat-gate';
const MANY = 60;
let rig: HeatRig;

beforeAll(async () => {
  rig = await HeatRig.start();
});
afterAll(async () => rig.stop());
beforeEach(async () => {
  await rig.anew();
  await rig.calm();
});

async function policy(...argv: string[]) {
  return await runCli(rig.redis.url, ['policy', ...argv, '--gate', 'heat-gate', '--reason', 'x', '--yes']);
}

async function actionNow(): Promise<string | undefined> {
  return (await rig.judged()).calibrated_action;
}

test('a limit is in force with the next batch, and so is the way back', async () => {
  expect(await actionNow()).toBe('PARTIAL_25');
  await policy('set', 'HEAT_MIN=0.01', 'HEAT_MAX=0.02');
  expect(await actionNow()).toBe('FULL_CLOSE');
  expect((await rig.entries('quantum:stream:decisions')).at(-1)?.policy).toBe(await rig.client.hget(POLICY, 'version'));
  await policy('rollback');
  expect(await actionNow()).toBe('PARTIAL_25');
});

test('the gauges follow by themselves, with nothing to judge', async () => {
  await until('the heat', async () => (await rig.metric('p26_heat_value')) === 0.027);
  expect(await rig.metric('p26_bucket{state="COLD"}')).toBe(1);
  await policy('set', 'HEAT_MIN=0.01', 'HEAT_MAX=0.02');
  await until('the bucket', async () => (await rig.metric('p26_bucket{state="HOT"}')) === 1);
});

test.each([
  ['no JSON', 'no JSON'],
  ['unknown names', '{"HEAT_MNI":"0.01"}'],
  ['numbers', '{"HEAT_MIN":0.01}'],
  ['limits that contradict each other', '{"HEAT_MIN":"0.9"}'],
])(
  'a policy of which no history says another, with %s is not used, and the log says so once',
  async (_what, settings) => {
    await rig.client.del('quantum:stream:policy.history:heat-gate');
    await rig.client.hset(POLICY, { settings, version: 'by hand' });
    expect(await actionNow()).toBe('PARTIAL_25');
    expect(await actionNow()).toBe('PARTIAL_25');
    const lines = rig.system?.lines.filter((line) => line.includes('heat-gate: policy not used')) ?? [];
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(2);
    const { out } = await runCli(rig.redis.url, ['policy', 'show', '--gate', 'heat-gate']);
    expect(out).toContain('NOT IN FORCE');
  },
);

test('with two workers no decision rests on limits that were not in force when it was committed', async () => {
  const other: TestSystem = await startSystem(rig.redis, {
    env: { P26_MODE: 'enforce', GATES: 'heat-gate' },
    workerName: 'second',
  });
  try {
    const pipeline = rig.client.pipeline();
    for (let at = 0; at < MANY; at += 1) {
      pipeline.xadd(PROPOSALS, '*', 'plan_id', `p${at}`, 'symbol', 'ETHUSDT', 'action', 'FULL_CLOSE');
    }
    await Promise.all([pipeline.exec(), policy('set', 'HEAT_MIN=0.01', 'HEAT_MAX=0.02')]);
    await until('all judged', async () => (await rig.client.xlen(CALIBRATED)) === MANY);
    const version = await rig.client.hget(POLICY, 'version');
    const decisions = await rig.entries('quantum:stream:decisions');
    for (const one of decisions) expect(one.verdict).toBe(one.policy === version ? 'PASS' : 'DOWNGRADE');
    const firstNew = decisions.findIndex((one) => one.policy === version);
    if (firstNew >= 0) expect(decisions.slice(firstNew).every((one) => one.policy === version)).toBe(true);
  } finally {
    await other.stop();
  }
});

test('a worker that starts judges by what an operator set, and one with another environment by that', async () => {
  await policy('set', 'HEAT_MIN=0.01', 'HEAT_MAX=0.02');
  await rig.stopWorker();
  await rig.worker();
  expect(await actionNow()).toBe('FULL_CLOSE');
  await rig.stopWorker();
  await rig.worker({ HEAT_MAX: '0.8' });
  expect(await actionNow()).toBe('PARTIAL_75');
});

test('what a candidate says is in the log beside the decision, is counted, and changes nothing', async () => {
  const count = 'portcullis_candidate_differs_total{gate="heat-gate"}';
  await policy('candidate', 'HEAT_MIN=0.01', 'HEAT_MAX=0.02');
  expect(await actionNow()).toBe('PARTIAL_25');
  const logged = (await rig.entries('quantum:stream:decisions')).at(-1);
  expect(logged?.verdict).toBe('DOWNGRADE');
  expect(JSON.parse(logged?.candidate ?? '')).toMatchObject({ verdict: 'PASS', reason: 'portfolio_heat_hot' });
  await until('the count', async () => (await rig.metric(count)) === 1);
  await policy('candidate', 'HEAT_MIN=0.2');
  expect(await actionNow()).toBe('PARTIAL_25');
  await policy('candidate', '--clear');
  expect(await actionNow()).toBe('PARTIAL_25');
  expect((await rig.entries('quantum:stream:decisions')).at(-1)?.candidate).toBeUndefined();
  expect(await rig.metric(count)).toBe(1);
});

test.each(['no JSON', '{"version":"v","settings":{"HEAT_MIN":"9"}}', '{"version":"v","mode":"bold","settings":{}}'])(
  'a candidate put there by hand as %j is not judged, and the log says so',
  async (candidate) => {
    await rig.client.hset(POLICY, 'candidate', candidate);
    expect(await actionNow()).toBe('PARTIAL_25');
    expect((await rig.entries('quantum:stream:decisions')).at(-1)?.candidate).toBeUndefined();
    expect(rig.system?.lines.filter((line) => line.includes('heat-gate: candidate not judged'))).toHaveLength(1);
  },
);

test('before a change it is said what it would have changed of the last 24 hours', async () => {
  for (let at = 0; at < 3; at += 1) await rig.judged();
  await rig.judged({ reason: 'stop_loss' });
  const { err, out } = await policy('set', 'HEAT_MIN=0.01', 'HEAT_MAX=0.5');
  expect(err).toContain(
    'Of 4 decisions of the last 24 h 3 would have come out otherwise, 0 of them with another verdict.',
  );
  expect(err).toContain('3 × DOWNGRADE portfolio_heat_cold → DOWNGRADE portfolio_heat_warm');
  expect(out).toContain('HEAT_MIN 0.25 → 0.01');
  const json = await policy('set', 'HEAT_MAX=0.02', '--json');
  expect(json.err).toBe('');
  expect(JSON.parse(json.out)).toMatchObject({
    impact: { decisions: 4, changed: 3, verdict_changed: 3, complete: true },
  });
});
