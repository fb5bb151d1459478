import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { until } from '../support/redis.ts';
import { ServedRig } from '../support/served.ts';
import { metricOf, startSystem } from '../support/system.ts';

const POLICY = 'quantum:policy:heat-gate';
const OUTSIDE = 'set by somebody outside: the key was written past Portcullis';

let rig: ServedRig;
beforeEach(async () => {
  rig = await ServedRig.start();
});
afterEach(() => rig.stop());

async function told() {
  return (await rig.ledger()).map(({ fields }) => fields).filter(({ action }) => action === 'policy_foreign');
}

test('a mode, then limits, written past Portcullis are told once by two workers, blame nobody else, and can be rolled back', async () => {
  expect(await rig.post('/mode', { gate: 'heat-gate', mode: 'shadow', reason: 'frozen', actor: 'eve' })).toMatchObject({
    code: 200,
  });
  const second = await startSystem(rig.redis, { workerName: 'second' });
  try {
    await rig.client.hset(POLICY, 'mode', 'enforce');
    await until('the mode to be told', async () => (await told()).length > 0);
    await rig.client.hset(POLICY, 'settings', '{"HEAT_MIN":"0.31"}');
    await until('the limits to be told', async () => (await told()).length > 1);
    for (const name of ['mode', 'settings']) expect(await rig.client.hexists(POLICY, name)).toBe(1);
    expect(await told()).toMatchObject([
      { actor: 'unknown', reason: OUTSIDE, before: 'mode=shadow {}', after: 'mode=enforce {}' },
      { actor: 'unknown', before: 'mode=enforce {}', after: 'mode=enforce {"HEAT_MIN":"0.31"}' },
    ]);
    const series = 'portcullis_policy_foreign_total{gate="heat-gate"}';
    expect((await metricOf(rig.system, series)) ?? 0).toBeLessThanOrEqual(2);
    await until('both to be counted', async () => {
      return ((await metricOf(rig.system, series)) ?? 0) + ((await metricOf(second, series)) ?? 0) === 2;
    });
    const { out } = await runCli(rig.redis.url, ['status']);
    expect(out).toMatch(/heat-gate +enforce .*unknown +set by somebody outside/);
    const back = ['policy', 'rollback', '--gate', 'heat-gate', '--reason', 'not ours', '--yes'];
    expect(await runCli(rig.redis.url, back)).toMatchObject({ code: 0 });
    expect(await rig.client.hget(POLICY, 'settings')).toBe('{}');
    expect(await runCli(rig.redis.url, ['ledger', '--verify'])).toMatchObject({ code: 0 });
    expect(await told()).toHaveLength(2);
  } finally {
    await second.stop();
  }
});

test('what was written while no worker ran is told at the next start; what Portcullis sets, and its own start, is not', async () => {
  await rig.system.stop();
  await rig.client.hset(POLICY, 'mode', 'enforce');
  const next = await startSystem(rig.redis, { workerName: 'next' });
  try {
    expect(await told()).toMatchObject([{ gate: 'heat-gate', after: 'mode=enforce {}' }]);
  } finally {
    await next.stop();
  }
  const again = await startSystem(rig.redis, { workerName: 'again' });
  await again.stop();
  expect(await told()).toHaveLength(1);
});
