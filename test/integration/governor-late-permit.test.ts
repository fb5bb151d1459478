import { afterEach, beforeEach, expect, it } from 'vitest';
import { GovernorRig } from '../support/governor-rig.ts';
import { type RedisLink, startProxy } from '../support/proxy.ts';
import { until } from '../support/redis.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

const ENV = { GOV_SYMBOL_COOLDOWN_SECONDS: '3600', GOV_STATE_MAX_AGE_SEC: '86400', GOV_MODE: 'production' };
const HELD_UP_MS = 1_000;

let rig: GovernorRig;
let link: RedisLink;
let system: TestSystem;

beforeEach(async () => {
  rig = await GovernorRig.start();
  link = await startProxy(rig.redis.port);
  system = await startSystem(link, { env: ENV });
});
afterEach(async () => {
  await system.stop();
  await link.stop();
  await rig.stop();
});

async function redisMs(): Promise<number> {
  const [seconds, micros] = await rig.client.time();
  return Number(seconds) * 1000 + Number(micros) / 1000;
}

it('cooldown, rates and reservation run from a permit whose commit was held up, not from its judging', async () => {
  const kept = link.keepRequest('quantum:permit:p1');
  await rig.send('p1', { kill_score: '0' });
  const { release } = await kept;
  const sentMs = await redisMs();
  await until('the commit to be late', async () => (await redisMs()) > sentMs + HELD_UP_MS);
  release();
  expect(await rig.verdict('p1')).toBe('permit');
  const fromMs = sentMs + HELD_UP_MS;
  const toMs = await redisMs();
  const [reservation = '{}'] = await rig.client.hmget('quantum:governor:reserved', 'p1');
  const { created_ms, expires_ms } = JSON.parse(reservation ?? '{}') as Record<string, number>;
  const times = [
    Number(await rig.client.get('quantum:governor:last_exec:BTCUSDT')) * 1000,
    Number((await rig.client.zrange('quantum:governor:exec_times:BTCUSDT', 0, 0, 'WITHSCORES'))[1]),
    Number((await rig.client.zrange('quantum:governor:execs', 0, 0, 'WITHSCORES'))[1]),
    Number(created_ms),
    Number(expires_ms) - 120_000,
  ];
  for (const at of times) {
    expect(at).toBeGreaterThanOrEqual(Math.floor(fromMs));
    expect(at).toBeLessThanOrEqual(toMs);
  }
});

it('a plan judged within its deadline gets no permit from a commit that comes after it', async () => {
  const kept = link.keepRequest('quantum:reply:trend:one');
  await rig.send('p1', { kill_score: '0', reply_to: 'trend:one', timeout_ms: '2000' });
  const { release } = await kept;
  const lateMs = (await redisMs()) + 2_000;
  await until('the commit to be late', async () => (await redisMs()) > lateMs);
  release();
  const [, text = ''] = (await rig.client.blpop('quantum:reply:trend:one', 60)) ?? [];
  expect(JSON.parse(text)).toMatchObject({ plan_id: 'p1', granted: false, reason: 'deadline_passed' });
  expect(await rig.reserved()).toEqual([]);
  expect(await rig.client.exists('quantum:governor:permitted:p1')).toBe(0);
});
