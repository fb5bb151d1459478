import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf } from '../support/system.ts';
import { startWorker, type WorkerProcess } from '../support/worker-process.ts';

const BACKLOG = 7_000;
const KILLS = 3;
/** So many outcomes after its start a worker is killed. */
const KILL_AFTER = 1_500;
const IN = 'quantum:stream:harvest.proposal';
const OUT = 'quantum:stream:harvest.calibrated';

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

/** Starts a worker and kills it; whether it had work left then, and was not quicker than the kill. */
async function killedAtWork(proposals: number): Promise<boolean> {
  const worker = start();
  const before = await redis.client.xlen(OUT);
  await until('outcomes', async () => (await redis.client.xlen(OUT)) >= before + KILL_AFTER);
  worker.process.kill('SIGKILL');
  expect(await worker.ended).toBe('SIGKILL');
  return (await redis.client.xlen(OUT)) < proposals;
}

test('a worker killed again and again in the middle of thousands of proposals leaves each with exactly one outcome', async () => {
  await redis.client.hset('quantum:state:portfolio', { equity_usd: '10000' });
  const position = ['symbol', 'ETHUSDT', 'position_notional_usd', '1800', 'sigma', '0.15'];
  await redis.client.xadd('quantum:stream:position.snapshot', '*', ...position);
  let proposals = 0;
  for (let kills = 0; kills < KILLS; ) {
    for (; proposals < (await redis.client.xlen(OUT)) + BACKLOG; proposals += 1_000) await propose(1_000, proposals);
    if (await killedAtWork(proposals)) kills += 1;
  }
  start();
  await until('all outcomes', async () => (await redis.client.xlen(OUT)) >= proposals);
  await until('nothing pending', async () => {
    const [pending] = (await redis.client.xpending(IN, 'p26_heat_gate')) as [number];
    return pending === 0;
  });
  const plans = Array.from({ length: proposals }, (_, n) => `plan-${n}`).toSorted();
  const calibrated = (await entriesOf(redis.client, OUT)).map(({ fields }) => fields);
  expect(calibrated.map(({ plan_id }) => plan_id).toSorted()).toEqual(plans);
  expect(
    calibrated.every(
      ({ heat_value, calibrated_action }) => heat_value === '0.027' && calibrated_action === 'PARTIAL_25',
    ),
  ).toBe(true);
  const judgedPlans = (await entriesOf(redis.client, 'quantum:stream:decisions')).map(({ fields }) => fields);
  expect(judgedPlans.filter(({ handler }) => handler === 'heat-gate').length).toBe(proposals);
  expect(await redis.client.exists(`${IN}.dlq`)).toBe(0);
}, 300_000);
