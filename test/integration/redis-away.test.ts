import { afterEach, beforeEach, expect, it } from 'vitest';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { QUICK, startSystem, type TestSystem } from '../support/system.ts';

/** Gauges of state that are there on a system that has looked once. */
const OF_STATE = ['p26_heat_value', 'p26_bucket', 'p28_enforce_mode', 'portcullis_lag_seconds', 'quantum_govern_mode'];

/** The product waits for five seconds. */
const AWAY_AFTER_MS = 2_000;

let redis: TestRedis;
let system: TestSystem;
beforeEach(async () => {
  redis = await startRedis();
  await redis.client.set('quantum:kill', '1');
  await redis.client.hset('quantum:governor:state', { rev: '1', trading_state: 'REDUCING', armed: '0' });
  system = await startSystem(redis, { timings: { ...QUICK, awayAfterMs: AWAY_AFTER_MS } });
  await allKnown();
});
afterEach(async () => {
  redis.process.kill('SIGCONT');
  await system.stop();
  await redis.stop();
});

async function figures(): Promise<[name: string, value: number][]> {
  const lines = (await system.runtime.metrics.exposition()).split('\n').filter((line) => /^[a-z]/.test(line));
  return lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]);
}

function allKnown(): Promise<unknown> {
  return until('all to be known', async () => {
    const shown = await figures();
    return OF_STATE.every((family) => shown.some(([name]) => name.startsWith(family)));
  });
}

async function figure(series: string): Promise<number | undefined> {
  return (await figures()).find(([name]) => name === series)?.[1];
}

function isUp(up: 0 | 1): Promise<unknown> {
  return until(`portcullis_redis_up ${up}`, async () => (await figure('portcullis_redis_up')) === up);
}

it.each([
  ['is killed', 'SIGKILL'],
  ['is connected and answers nothing', 'SIGSTOP'],
] as const)('when Redis %s, state is absent, switches are as last seen, and ages grow', async (_how, signal) => {
  redis.process.kill(signal);
  await isUp(0);
  const away = await figures();
  expect(away.filter(([name]) => OF_STATE.some((family) => name.startsWith(family)))).toEqual([]);
  expect(away.filter(([, value]) => Number.isNaN(value))).toEqual([]);
  expect(away).toContainEqual(['quantum_govern_kill_switch', 1]);
  expect(away).toContainEqual(['quantum_govern_armed', 0]);
  expect(away).toContainEqual(['quantum_govern_trading_state{state="REDUCING"}', 1]);
  for (const { handler } of system.runtime.lanes()) {
    await until(`the loop age of ${handler} to grow`, async () => {
      return ((await figure(`portcullis_loop_age_seconds{handler="${handler}"}`)) ?? 0) > 6;
    });
  }
  expect(await figure('portcullis_redis_contact_age_seconds')).toBeGreaterThan(6);
});

it('when it answers again, all is there again, as it is now', async () => {
  redis.process.kill('SIGSTOP');
  await isUp(0);
  redis.process.kill('SIGCONT');
  await redis.client.set('quantum:kill', '0');
  await isUp(1);
  await until('the kill switch to be seen off', async () => (await figure('quantum_govern_kill_switch')) === 0);
  await allKnown();
  expect(await figure('portcullis_redis_contact_age_seconds')).toBeLessThan(5);
});

it('says what runs', async () => {
  const build = `portcullis_build_info{version="0.1.0",commit="unknown",node="${process.versions.node}"}`;
  expect(await figure(build)).toBe(1);
});
