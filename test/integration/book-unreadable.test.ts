import { afterEach, beforeEach, expect, it } from 'vitest';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf, metricOf, startSystem, type TestSystem } from '../support/system.ts';

const SNAPSHOTS = 'quantum:stream:position.snapshot';
const UNREADABLE = 'portcullis_stream_unreadable{stream="position.snapshot"}';

let redis: TestRedis;
let system: TestSystem;
let sent = 0;

beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await system.stop();
  await redis.stop();
});

async function snapshot(): Promise<void> {
  await redis.client.xadd(SNAPSHOTS, '*', 'symbol', 'ETHUSDT', 'position_notional_usd', '1800', 'sigma', '0.15');
}

/** Sends a proposal, and waits for the reason of what became of it. */
async function reason(): Promise<string | undefined> {
  sent += 1;
  const plan = `p${sent}`;
  await redis.client.xadd(
    'quantum:stream:harvest.proposal',
    '*',
    'plan_id',
    plan,
    'symbol',
    'ETHUSDT',
    'action',
    'FULL_CLOSE',
  );
  return await until(`an answer to ${plan}`, async () => {
    const all = await entriesOf(redis.client, 'quantum:stream:harvest.calibrated');
    return all.find(({ fields }) => fields.plan_id === plan)?.fields.reason;
  });
}

it('a position stream that cannot be read is said at once, and heat is not known once the last look is too old', async () => {
  await redis.client.hset('quantum:state:portfolio', { equity_usd: '10000' });
  await snapshot();
  system = await startSystem(redis, { env: { GOV_STATE_MAX_AGE_SEC: '2' } });
  expect(await reason()).toBe('portfolio_heat_cold');
  await redis.client.rename(SNAPSHOTS, 'quantum:kept');
  await redis.client.set(SNAPSHOTS, 'no stream');
  await until('heat to be unknown', async () => (await reason()) === 'fail_closed_positions_unreadable');
  await until('the gauge to say so', async () => (await metricOf(system, UNREADABLE)) === 1);
  expect(system.runtime.streamProblems()).toEqual([
    {
      portfolio: 'quantum',
      stream: 'position.snapshot',
      problem: expect.stringContaining(`${SNAPSHOTS} is no stream`),
    },
  ]);
  await redis.client.rename('quantum:kept', SNAPSHOTS);
  await until('heat to be known again', async () => (await reason()) === 'portfolio_heat_cold');
  await until('the gauge to say so', async () => (await metricOf(system, UNREADABLE)) === 0);
  expect(system.runtime.streamProblems()).toEqual([]);
});

it('a worker that starts on a position stream that cannot be read knows no positions', async () => {
  await redis.client.hset('quantum:state:portfolio', { equity_usd: '10000' });
  await redis.client.set(SNAPSHOTS, 'no stream');
  system = await startSystem(redis);
  expect(await reason()).toBe('fail_closed_positions_unreadable');
});
