import { afterAll, beforeAll, expect, test } from 'vitest';
import { GovernorRig } from '../support/governor-rig.ts';
import { type RedisLink, startProxy } from '../support/proxy.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

const STATE = 'quantum:governor:state';
const HELD_MS = 500;

let rig: GovernorRig;
let link: RedisLink;
let system: TestSystem;
beforeAll(async () => {
  rig = await GovernorRig.start();
  link = await startProxy(rig.redis.port);
  system = await startSystem(link, { env: { GATES: 'governor' } });
});
afterAll(async () => {
  await system.stop();
  await link.stop();
  await rig.stop();
});

/** What a program other than ours writes: without a new `rev`. */
test.each<[string, string, string, string]>([
  ['HALTED', 'trading_state', 'HALTED', 'kill_switch_active'],
  ['REDUCING', 'trading_state', 'REDUCING', 'reducing_only'],
  ['a disarm', 'armed', '0', 'disarmed'],
])('%s written between judgment and commit stops the permit', async (what, field, value, reason) => {
  await rig.client.del(STATE);
  const plan = `p-${field}-${value}`;
  const held = link.holdRequest(`permit:${plan}`, HELD_MS);
  await rig.send(plan, { symbol: `${what.replace(' ', '')}USDT` });
  await held;
  await rig.client.hset(STATE, field, value);
  expect(await rig.verdict(plan)).toBe(reason);
});
