import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { activate } from '../../runtime/desk/activation/activate.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { lanesOf } from '../../runtime/engine/streams/lanes.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { ACTIVATION, ActivationRig } from '../support/activation-rig.ts';
import { runCli } from '../support/cli.ts';
import { until } from '../support/redis.ts';

const change = { actor: 'ada', reason: 'two days of shadow agreed' };
let rig: ActivationRig;

beforeAll(async () => {
  rig = await ActivationRig.start();
});
afterAll(async () => rig.stop());
beforeEach(async () => rig.ready());

async function endOfWatch(): Promise<Readonly<Record<string, string>>> {
  return await until('the watch to end', async () => {
    const record = await rig.client.hgetall(ACTIVATION);
    return record.state === 'watching' ? undefined : record;
  });
}

test('the watch goes on in a worker that started later, also over what was decided while nobody looked', async () => {
  const portfolio = portfolioOf('quantum');
  const handlers = await loadHandlers();
  const gates = { handlers, lanes: lanesOf(handlers, portfolio) };
  await activate(rig.client, portfolio, gates, 'heat-gate', { force: false, watchMs: HOUR_MS, change });
  await rig.heat.stopWorker();
  await rig.decision('*', { mode: 'enforce', verdict: 'PASS', reason: 'fail_closed_handler_failed' });
  await until('status to say that nobody looks', async () =>
    (await runCli(rig.heat.redis.url, ['status'])).out.includes('but NOBODY LOOKS'),
  );
  expect(await rig.client.hget(ACTIVATION, 'state')).toBe('watching');
  await rig.heat.worker({ P26_MODE: 'shadow' });
  expect(await endOfWatch()).toMatchObject({
    state: 'rolled_back',
    outcome: 'messages that could not be judged: 1, at most 0',
  });
  expect(await rig.mode()).toBe('shadow');
});

test('without a worker the command that activated watches, and says how it ended', async () => {
  const ended = new AbortController();
  let said = '';
  const running = runCli(rig.heat.redis.url, ['activate', 'heat-gate', '--reason', 'x', '--yes'], {
    ended: ended.signal,
    onOut: (text) => {
      said += text;
    },
  });
  await until('the activation', () => said.includes('heat-gate is in enforce'));
  await rig.heat.stopWorker();
  await rig.decision('*', { mode: 'enforce', reason: 'fail_closed_handler_failed' });
  const { code, out } = await running;
  expect(code).toBe(1);
  expect(out).toContain('ROLLED BACK to shadow');
  expect(await rig.mode()).toBe('shadow');
  ended.abort();
});
