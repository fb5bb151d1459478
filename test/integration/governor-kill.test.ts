import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../schemas/duration.ts';
import { GovernorRig } from '../support/governor-rig.ts';
import { until } from '../support/redis.ts';
import { entriesOf } from '../support/system.ts';

const CLOSE = { symbol: 'ETHUSDT', action: 'FULL_CLOSE' };
const MANY = 10_000;
/** Permits of the future: none of them is taken back for its age meanwhile. */
let rig: GovernorRig;

beforeEach(async () => {
  rig = await GovernorRig.start();
});

afterEach(() => rig.stop());

const gone = (...plans: string[]) =>
  until('no permit', async () => (await rig.client.exists(...plans.map((plan) => `quantum:permit:${plan}`))) === 0);

describe('a kill', () => {
  it(`revokes ${MANY} permits, each once, without waiting between them`, async () => {
    const now = Date.now() + HOUR_MS;
    const given = rig.client.pipeline();
    for (let at = 0; at < MANY; at += 1) {
      given.set(`quantum:permit:p${at}`, '{"granted":true}', 'EX', 7_200);
      given.zadd('quantum:governor:outstanding', now, `p${at}:BTCUSDT:FULL_CLOSE`);
    }
    await given.exec();
    await rig.worker();
    await rig.client.set('quantum:kill', '1');
    await until('none outstanding', async () => (await rig.client.exists('quantum:governor:outstanding')) === 0);
    const told = await entriesOf(rig.client, 'quantum:stream:governor.events');
    const revoked = told.filter((entry) => entry.fields.event === 'PERMIT_REVOKED');
    expect(new Set(revoked.map((entry) => entry.fields.plan_id)).size).toBe(MANY);
    expect(revoked).toHaveLength(MANY);
    expect(told[0]?.fields.event).toBe('KILL_ON');
    expect((await rig.client.keys('quantum:permit:*')).length).toBe(0);
  });

  it.each([
    ['text', '1'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ])('by %s in its key blocks and revokes', async (_what, value) => {
    await rig.worker();
    await rig.send('c1', CLOSE);
    expect(await rig.verdict('c1')).toBe('permit');
    await rig.client.set('quantum:kill', value);
    await rig.send('c2', CLOSE);
    expect(await rig.verdict('c2')).toBe('kill_switch_active');
    await gone('c1');
  });

  it('by a key of another type blocks and revokes', async () => {
    await rig.worker();
    await rig.send('c1', CLOSE);
    expect(await rig.verdict('c1')).toBe('permit');
    await rig.client.rpush('quantum:kill', 'x');
    await rig.send('c2', CLOSE);
    expect(await rig.verdict('c2')).toBe('kill_switch_active');
    await gone('c1');
  });

  it('revokes beside reservations, a permit, a ledger and an earlier report that are of another type', async () => {
    await rig.worker();
    for (const plan of ['c1', 'c2']) await rig.send(plan, CLOSE);
    expect([await rig.verdict('c1'), await rig.verdict('c2')]).toEqual(['permit', 'permit']);
    const wrong = ['quantum:governor:reserved', 'quantum:permit:c1', 'quantum:stream:ops.ledger'];
    await rig.client.del(...wrong);
    for (const key of [...wrong, 'quantum:governor:revoke_until']) await rig.client.sadd(key, 'x');
    await rig.client.set('quantum:kill', '1');
    await gone('c1', 'c2');
    expect((await rig.events('PERMIT_REVOKED')).map((event) => event.plan_id)).toEqual(['c1', 'c2']);
  });

  it('stops what was judged before it and not yet committed', async () => {
    await rig.worker();
    for (let round = 0; round < 8; round += 1) {
      const sent = rig.client.pipeline();
      for (let at = 0; at < 40; at += 1) {
        sent.xadd(
          'quantum:stream:apply.plan',
          '*',
          'plan_id',
          `r${round}-${at}`,
          'symbol',
          'X',
          'action',
          'FULL_CLOSE',
        );
      }
      await Promise.all([sent.exec(), rig.client.set('quantum:kill', '1')]);
      await until('all answered', async () => (await answers()) >= 40 * (round + 1));
      await until('none outstanding', async () => (await rig.client.exists('quantum:governor:outstanding')) === 0);
      expect(await rig.client.keys('quantum:permit:*')).toEqual([]);
      await rig.client.set('quantum:kill', '0');
      await until('the end told', async () => (await rig.events('KILL_OFF')).length === round + 1);
    }
    await expectNoPermitUnderKill();
  });
});

async function answers(): Promise<number> {
  const all = await rig.events();
  return all.filter(({ event }) => event === 'PERMIT' || event === 'BLOCK').length;
}

/** Between KILL_ON and KILL_OFF the events, in commit order, name no permit. */
async function expectNoPermitUnderKill(): Promise<void> {
  let on = false;
  for (const { event } of await rig.events()) {
    if (event === 'KILL_ON' || event === 'KILL_OFF') on = event === 'KILL_ON';
    expect(on && event === 'PERMIT').toBe(false);
  }
}
