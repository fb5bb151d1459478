import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf } from '../support/system.ts';
import { startWorker, type WorkerProcess } from '../support/worker-process.ts';

/** So many that idle lanes wait together, and leases, looks and schedules are shared. */
const FUNDS = ['fund-a', 'fund-b', 'fund-c', 'fund-d', 'fund-e', 'fund-f'];
const PROPOSALS = 300;
const KILL_AFTER = 50;
/** `P26_POLL_SEC`. */
const HEAT_EVERY_MS = 2_000;

let redis: TestRedis;
const workers: WorkerProcess[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterEach(() => {
  for (const worker of workers.splice(0)) worker.process.kill('SIGKILL');
});
afterAll(() => redis.stop());

async function start(name: string): Promise<WorkerProcess> {
  const worker = startWorker(redis, { portfolios: FUNDS, name });
  workers.push(worker);
  await worker.started;
  return worker;
}

function outputOf(fund: string): string {
  return `${fund}:stream:harvest.calibrated`;
}

async function seed(fund: string): Promise<void> {
  await redis.client.hset(`${fund}:state:portfolio`, { equity_usd: '10000' });
  const position = ['symbol', 'ETHUSDT', 'position_notional_usd', '1800', 'sigma', '0.15'];
  await redis.client.xadd(`${fund}:stream:position.snapshot`, '*', ...position);
}

async function propose(fund: string): Promise<void> {
  const pipeline = redis.client.pipeline();
  for (let n = 0; n < PROPOSALS; n += 1) {
    const fields = ['plan_id', `plan-${n}`, 'symbol', `SYM${n % 40}USDT`, 'action', 'FULL_CLOSE_PROPOSED'];
    pipeline.xadd(`${fund}:stream:harvest.proposal`, '*', ...fields);
  }
  await pipeline.exec();
}

async function waitTogether(): Promise<boolean> {
  const clients = String(await redis.client.client('LIST')).split('\n');
  return clients.some((line) => line.includes(' cmd=xread ') && / flags=\w*b/.test(line));
}

function holderOf(fund: string): Promise<string | null> {
  return redis.client.get(`${fund}:portcullis:lease:heat-gate`);
}

async function lastTick(fund: string): Promise<number> {
  return Number(await redis.client.hget(`${fund}:portcullis:last_tick`, 'heat-monitor'));
}

test('a worker killed while its six portfolios wake leaves all of them to another: each entry has one outcome, and ticks go on', async () => {
  for (const fund of FUNDS) await seed(fund);
  const first = await start('w1');
  await start('w2');
  await until('idle lanes to wait together', waitTogether);
  expect(await Promise.all(FUNDS.map(holderOf))).toEqual(FUNDS.map(() => 'w1'));
  await Promise.all(FUNDS.map(propose));
  await until('outcomes', async () => (await redis.client.xlen(outputOf('fund-a'))) >= KILL_AFTER);
  first.process.kill('SIGKILL');
  expect(await first.ended).toBe('SIGKILL');
  const ticks = await Promise.all(FUNDS.map(lastTick));
  for (const [at, fund] of FUNDS.entries()) {
    await until(`all outcomes of ${fund}`, async () => (await redis.client.xlen(outputOf(fund))) >= PROPOSALS);
    const plans = (await entriesOf(redis.client, outputOf(fund))).map(({ fields }) => fields.plan_id);
    expect(plans.toSorted()).toEqual(Array.from({ length: PROPOSALS }, (_, n) => `plan-${n}`).toSorted());
    expect(await holderOf(fund)).toBe('w2');
    await until(`a tick of ${fund}`, async () => (await lastTick(fund)) > (ticks[at] ?? 0));
    const made = await redis.client.zrange(`${fund}:portcullis:made:heat-monitor`, 0, -1);
    const dueMs = made.map(Number).toSorted((a, b) => a - b);
    const into = new Set(dueMs.map((due) => due % HEAT_EVERY_MS));
    expect(into.size).toBe(1);
  }
}, 300_000);

test('a worker killed while it prepares its portfolios leaves nothing in the way of another', async () => {
  await redis.client.flushall();
  for (const fund of FUNDS) await seed(fund);
  await Promise.all(FUNDS.map(propose));
  const first = startWorker(redis, { portfolios: FUNDS, name: 'w1' });
  workers.push(first);
  await until('a portfolio to be prepared', async () => (await redis.client.keys('*:portcullis:worker:w1')).length > 0);
  first.process.kill('SIGKILL');
  expect(await first.ended).toBe('SIGKILL');
  await start('w2');
  for (const fund of FUNDS) {
    await until(`all outcomes of ${fund}`, async () => (await redis.client.xlen(outputOf(fund))) >= PROPOSALS);
    const plans = (await entriesOf(redis.client, outputOf(fund))).map(({ fields }) => fields.plan_id);
    expect(plans.toSorted()).toEqual(Array.from({ length: PROPOSALS }, (_, n) => `plan-${n}`).toSorted());
    expect(await holderOf(fund)).toBe('w2');
  }
});
