import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf } from '../support/system.ts';
import { startWorker, type WorkerProcess } from '../support/worker-process.ts';

const PROPOSALS = 10_000;
const IN = 'quantum:stream:harvest.proposal';
const OUT = 'quantum:stream:harvest.calibrated';
const KILL_AT = [1_500, 4_000, 6_500];

let redis: TestRedis;
const workers: WorkerProcess[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterEach(() => {
  for (const worker of workers.splice(0)) worker.process.kill('SIGKILL');
});
afterAll(() => redis.stop());

async function propose(count: number, from: number): Promise<string[]> {
  const pipeline = redis.client.pipeline();
  for (let n = from; n < from + count; n += 1) {
    pipeline.xadd(IN, '*', 'plan_id', `plan-${n}`, 'symbol', `SYM${n % 40}USDT`, 'action', 'FULL_CLOSE_PROPOSED');
  }
  return ((await pipeline.exec()) ?? []).map(([, id]) => String(id));
}

function start(): WorkerProcess {
  const worker = startWorker(redis, { gates: 'heat-gate,heat-bridge', name: 'w1' });
  workers.push(worker);
  return worker;
}

test('a worker killed again and again in the middle of 10,000 proposals leaves each with exactly one outcome', async () => {
  await redis.client.hset('quantum:state:portfolio', { equity_usd: '10000' });
  const position = ['symbol', 'ETHUSDT', 'position_notional_usd', '1800', 'sigma', '0.15'];
  await redis.client.xadd('quantum:stream:position.snapshot', '*', ...position);
  for (let from = 0; from < PROPOSALS; from += 1_000) await propose(1_000, from);
  for (const killAt of KILL_AT) {
    const worker = start();
    await until(`${killAt} outcomes`, async () => (await redis.client.xlen(OUT)) >= killAt, 30_000);
    worker.process.kill('SIGKILL');
    expect(await worker.ended).toBe('SIGKILL');
    expect(await redis.client.xlen(OUT)).toBeLessThan(PROPOSALS);
  }
  start();
  await until('all outcomes', async () => (await redis.client.xlen(OUT)) >= PROPOSALS, 40_000);
  await until('nothing pending', async () => {
    const [pending] = (await redis.client.xpending(IN, 'p26_heat_gate')) as [number];
    return pending === 0;
  });
  const plans = Array.from({ length: PROPOSALS }, (_, n) => `plan-${n}`).toSorted();
  const calibrated = (await entriesOf(redis.client, OUT)).map(({ fields }) => fields);
  expect(calibrated.map(({ plan_id }) => plan_id).toSorted()).toEqual(plans);
  expect(
    calibrated.every(
      ({ heat_value, calibrated_action }) => heat_value === '0.027' && calibrated_action === 'PARTIAL_25',
    ),
  ).toBe(true);
  const judgedPlans = (await entriesOf(redis.client, 'quantum:stream:decisions')).map(({ fields }) => fields);
  expect(judgedPlans.filter(({ handler }) => handler === 'heat-gate').length).toBe(PROPOSALS);
  expect(await redis.client.exists(`${IN}.dlq`)).toBe(0);
}, 120_000);
