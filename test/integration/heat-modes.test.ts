import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { setMode } from '../../runtime/engine/policy/modes.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { CALIBRATED, HEAT_DECISIONS, HeatRig, PROPOSALS } from '../support/heat-rig.ts';
import { modal } from '../support/modal-gates.ts';
import { until } from '../support/redis.ts';
import { entriesOf, startSystem } from '../support/system.ts';
import { startWorker, type WorkerProcess } from '../support/worker-process.ts';

const LIVE = 'quantum:harvest:proposal:ETHUSDT';
const by = { actor: 'operator', reason: 'a test' };
let rig: HeatRig;
let workers: WorkerProcess[] = [];

beforeEach(async () => {
  rig = await HeatRig.start();
});
afterEach(async () => {
  for (const { process } of workers) process.kill('SIGKILL');
  await Promise.all(workers.map(({ ended }) => ended));
  workers = [];
  await rig.stop();
});

async function twoWorkers(): Promise<void> {
  workers = ['one', 'two'].map((name) => startWorker(rig.redis, { gates: 'heat-gate', name }));
  await Promise.all(workers.map(({ started }) => started));
}

/** Proposes until each worker process has committed a batch while the other stood still; returns the modes since. */
async function modesOfBoth(): Promise<string[]> {
  const keys = ['one', 'two'].map((name) => `quantum:portcullis:commit:heat-gate:${name}`);
  await rig.client.del(...keys);
  const first = await rig.add(PROPOSALS, { plan_id: 'p', symbol: 'ETHUSDT', action: 'FULL_CLOSE' });
  for (const [at, key] of keys.entries()) {
    const other = workers[1 - at]?.process;
    other?.kill('SIGSTOP');
    await until('the worker to commit', async () => {
      await rig.add(PROPOSALS, { plan_id: 'p', symbol: 'ETHUSDT', action: 'FULL_CLOSE' });
      return (await rig.client.exists(key)) === 1;
    });
    other?.kill('SIGCONT');
  }
  const written = await rig.client.xlen(PROPOSALS);
  await until('all to be judged', async () => (await rig.client.xlen(CALIBRATED)) === written);
  const judged = await entriesOf(rig.client, CALIBRATED);
  const since = judged.filter(({ fields }) => String(fields.trace_id) >= `p26-${first}`);
  return [...new Set(since.map(({ fields }) => String(fields.mode)))];
}

it('a change of mode is in force in every worker process with its next batch, there and back', async () => {
  await rig.calm();
  await twoWorkers();
  expect(await modesOfBoth()).toEqual(['shadow']);
  expect(await rig.exists(LIVE)).toBe(false);
  await setMode(rig.client, portfolioOf('quantum'), modal('heat-gate'), 'enforce', by);
  expect(await modesOfBoth()).toEqual(['enforce']);
  expect(await rig.client.hget(LIVE, 'action')).toBe('PARTIAL_25');
  await setMode(rig.client, portfolioOf('quantum'), modal('heat-gate'), 'shadow', by);
  await rig.client.del(LIVE);
  expect(await modesOfBoth()).toEqual(['shadow']);
  expect(await rig.exists(LIVE)).toBe(false);
});

it('an older proposal that is committed late leaves a newer live hash alone, and counts as no write', async () => {
  await rig.worker();
  await rig.calm();
  await rig.client.hset(LIVE, { action: 'FULL_CLOSE', calibrated: '1', plan_id: 'newer' });
  await rig.client.set(`quantum:portcullis:newest:${LIVE}`, '9999999999999-0');
  await rig.judged();
  expect(await rig.client.hget(LIVE, 'plan_id')).toBe('newer');
  await rig.client.set(`quantum:portcullis:newest:${LIVE}`, '1-0');
  await rig.judged();
  await until('the second write to be counted', async () => (await rig.metric('p26_hash_writes_total')) === 1);
  expect(await rig.metric('p26_hash_write_fail_total')).toBe(0);
});

it.each([
  ['written within the second of the proposal is older', 0, 1],
  ['a second newer is a failed write', 1, 0],
])('a live hash %s', async (_what, aheadSec, writes) => {
  await rig.worker();
  await rig.calm();
  const timestamp = Math.floor(Date.now() / 1000);
  await rig.client.hset(LIVE, { action: 'FULL_CLOSE', last_update_epoch: `${timestamp + aheadSec}.9` });
  await rig.judged({ timestamp: String(timestamp) });
  await until('it to be counted', async () => {
    const counted = await Promise.all(
      ['p26_hash_writes_total', 'p26_hash_write_fail_total'].map((one) => rig.metric(one)),
    );
    return counted[0] === writes && counted[1] === 1 - writes;
  });
  expect(await rig.client.hget(LIVE, 'action')).toBe(writes === 1 ? 'PARTIAL_25' : 'FULL_CLOSE');
});

it('HeatBridge reads the stream, with the group and the consumer, that its settings name', async () => {
  const env = {
    P27_STREAM_IN: 'elsewhere:decisions',
    P27_GROUP: 'my_bridge',
    P27_CONSUMER: 'me',
    P27_TTL_PLAN_SEC: '60',
  };
  await rig.worker(env);
  await rig.add('elsewhere:decisions', { plan_id: 'P1', symbol: 'ETHUSDT', out_action: 'HOLD_CLOSE' });
  await until('the lookup', () => rig.exists('quantum:harvest:heat:by_plan:P1'));
  expect(await rig.client.ttl('quantum:harvest:heat:by_plan:P1')).toBeLessThanOrEqual(60);
  const [consumer] = (await rig.client.xinfo('CONSUMERS', 'elsewhere:decisions', 'my_bridge')) as string[][];
  expect(consumer?.[1]).toBe('me');
  await rig.judged();
  await until('the decision of the gate', async () => (await rig.client.xlen(HEAT_DECISIONS)) === 1);
  expect(await rig.client.xinfo('GROUPS', HEAT_DECISIONS)).toEqual([]);
});

it('HeatBridge of another portfolio reads its own stream, whatever those settings name', async () => {
  const portfolio = portfolioOf('{fund-a}');
  const handlers = (await loadHandlers()).filter(({ name }) => name === 'heat-bridge');
  const system = await startSystem(rig.redis, {
    handlers,
    portfolio,
    env: { P27_STREAM_IN: 'elsewhere', P27_GROUP: 'g' },
  });
  await rig.add('{fund-a}:stream:harvest.heat.decision', { plan_id: 'P1', symbol: 'ETHUSDT' });
  await until('the lookup', () => rig.exists('{fund-a}:harvest:heat:by_plan:P1'));
  expect(await rig.client.exists('elsewhere')).toBe(0);
  await system.stop();
});
