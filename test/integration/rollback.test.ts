import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ACTIVATION, ActivationRig, REHEARSAL } from '../support/activation-rig.ts';
import { runCli } from '../support/cli.ts';
import { until } from '../support/redis.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

let rig: ActivationRig;
let other: TestSystem | undefined;

beforeAll(async () => {
  rig = await ActivationRig.start();
});
afterAll(async () => rig.stop());
beforeEach(async () => {
  await other?.stop();
  other = undefined;
  await rig.ready();
});

async function second(): Promise<void> {
  other = await startSystem(rig.heat.redis, { env: { P26_MODE: 'shadow', GATES: 'heat-gate' }, workerName: 'second' });
}

async function rollback(...more: string[]) {
  return await runCli(rig.heat.redis.url, ['rollback', 'heat-gate', ...more]);
}

test('a rollback is in force in every worker when the command ends, and ends the watch', async () => {
  await second();
  await runCli(rig.heat.redis.url, ['activate', 'heat-gate', '--reason', 'x', '--yes', '--detach']);
  expect(await rig.mode()).toBe('enforce');
  const { code, out } = await rollback('--json');
  expect(code).toBe(0);
  const done = JSON.parse(out) as { workers: string[]; missing: string[] };
  expect(done).toMatchObject({ gate: 'heat-gate', before: 'enforce', after: 'shadow', missing: [] });
  expect(done.workers).toHaveLength(2);
  for (const system of [rig.heat.system, other])
    expect(system?.runtime.mode(system.portfolio, 'heat-gate')).toBe('shadow');
  expect(await rig.client.hgetall(ACTIVATION)).toMatchObject({
    state: 'ended',
    outcome: 'rolled back by tester: none given',
  });
  expect((await rig.heat.judged()).mode).toBe('shadow');
  await other?.stop();
});

test('a rollback needs no worker', async () => {
  await rig.client.del('quantum:stream:policy.history:heat-gate');
  await rig.client.hset('quantum:policy:heat-gate', 'mode', 'enforce');
  await rig.heat.stopWorker();
  const { code, out } = await rollback('--reason', 'everything is down');
  expect(code).toBe(0);
  expect(out).toBe('heat-gate is in shadow (was enforce).\nNo worker of it is running: the next one starts with it.\n');
  expect(await rig.mode()).toBe('shadow');
  await rig.heat.worker({ P26_MODE: 'shadow' });
  expect((await rig.heat.judged()).mode).toBe('shadow');
});

test('a rehearsal measures every worker, changes no mode and is recorded', async () => {
  await second();
  await rig.client.del(REHEARSAL);
  const { out } = await until('a rehearsal in time', async () => {
    const rehearsal = await rollback('--rehearse');
    return rehearsal.code === 0 ? rehearsal : undefined;
  });
  expect(out).toMatch(
    /^A rollback is in force in time: 2 of 2 workers after \d+ ms, at most 1000 ms\. The mode of heat-gate was not changed\.\n$/,
  );
  expect(await rig.mode()).toBe('shadow');
  expect(await rig.client.hgetall(REHEARSAL)).toMatchObject({ passed: '1', workers: '2', missing: '' });
  expect((await rig.ledger()).at(-1)).toMatch(/^tester rollback_rehearsed {2}→ 2 of 2 workers after \d+ ms$/);
  await other?.stop();
});

test('a rehearsal without a worker is refused, and one in which a worker does not follow fails', async () => {
  await rig.heat.stopWorker();
  const alone = await rollback('--rehearse');
  expect(alone).toMatchObject({ code: 1, out: '' });
  expect(alone.err).toContain('expected a running worker of heat-gate to rehearse with, got none');
  await rig.client.sadd('quantum:portcullis:consumers:heat-gate', 'deaf');
  await rig.client.set('quantum:portcullis:worker:deaf', 'somebody', 'EX', 3_600);
  const deaf = await rollback('--rehearse');
  expect(deaf.code).toBe(1);
  expect(deaf.out).toContain('A rollback would NOT be in force in time: 0 of 1 worker after 0 ms, not in deaf');
  expect(await rig.client.hgetall(REHEARSAL)).toMatchObject({ passed: '0', missing: 'deaf' });
});

test('policy rollback passes over rehearsals: they changed nothing', async () => {
  const policy = async (...argv: string[]) =>
    await runCli(rig.heat.redis.url, ['policy', ...argv, '--gate', 'heat-gate', '--reason', 'x', '--yes']);
  await policy('set', 'HEAT_MIN=0.3');
  await rollback('--rehearse');
  expect((await policy('rollback')).out).toContain('HEAT_MIN 0.3 → 0.25');
});
