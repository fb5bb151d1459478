import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { markUp, upTimeOf } from '../../runtime/desk/activation/up-time.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../schemas/duration.ts';
import { ActivationRig, UP_TIME } from '../support/activation-rig.ts';

let rig: ActivationRig;

beforeAll(async () => {
  rig = await ActivationRig.start();
});
afterAll(async () => rig.stop());

describe('up-time', () => {
  const portfolio = portfolioOf('quantum');
  const upTime = async (minutes: number) => {
    const toMs = Math.floor((await rig.nowMs()) / MINUTE_MS) * MINUTE_MS;
    return await upTimeOf(rig.client, portfolio, 'heat-gate', { fromMs: toMs - minutes * MINUTE_MS, toMs });
  };

  test('is of the minutes that a worker marked, and of no other', async () => {
    await rig.ready();
    await rig.heat.stopWorker();
    await rig.client.del(UP_TIME);
    expect(await upTime(120)).toEqual({ minutes: 120, up: 0 });
    await markUp(rig.client, portfolio, ['heat-gate', 'governor']);
    await markUp(rig.client, portfolio, ['heat-gate']);
    const nowMs = await rig.nowMs();
    const next = { fromMs: nowMs - 10 * MINUTE_MS, toMs: nowMs + 2 * MINUTE_MS };
    // Two where the minute ended between the marks.
    expect([1, 2]).toContain((await upTimeOf(rig.client, portfolio, 'heat-gate', next)).up);
    expect((await upTimeOf(rig.client, portfolio, 'governor', next)).up).toBe(1);
    expect(await rig.client.pttl(UP_TIME)).toBeGreaterThan(7 * DAY_MS);
  });

  test('forgets what is older than a week, and mends a field that is none', async () => {
    await rig.ready();
    const hour = Math.floor((await rig.nowMs()) / HOUR_MS);
    await rig.client.del(UP_TIME);
    await rig.client.hset(UP_TIME, { [hour - 169]: 'f'.repeat(15), [hour - 168]: 'f'.repeat(15), [hour + 1]: 'x' });
    await markUp(rig.client, portfolio, ['heat-gate']);
    const kept = Object.keys(await rig.client.hgetall(UP_TIME)).map(Number);
    expect(kept).not.toContain(hour - 169);
    expect(kept).toContain(hour - 168);
    expect((await upTime(8 * 24 * 60)).minutes).toBe(7 * 24 * 60);
    await rig.client.set(UP_TIME, 'no hash');
    await markUp(rig.client, portfolio, ['heat-gate']);
    expect(await upTime(60)).toEqual({ minutes: 60, up: 0 });
  });
});
