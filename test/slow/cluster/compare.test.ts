import { afterAll, beforeAll, expect, it } from 'vitest';
import { addressOf, connectTo } from '../../../runtime/redis/connection/address.ts';
import { runCli } from '../../support/cli.ts';
import { RedisCluster } from '../../support/redis-cluster.ts';

const HERE = '{fund-a}';
let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await RedisCluster.start();
});
afterAll(() => cluster.stop());

async function write(prefix: string, planId: string, action: string): Promise<void> {
  const redis = connectTo(addressOf(cluster.url), {}, prefix);
  const fields = ['plan_id', planId, 'calibrated_action', action];
  await redis.xadd(`${prefix}:stream:harvest.calibrated`, '*', ...fields);
  await redis.hset(`${prefix}:harvest:heat:by_plan:${planId}`, { plan_id: planId, out_action: action });
  await redis.set(`${prefix}:harvest:heat:latest_plan_id:ETHUSDT`, planId);
  redis.disconnect();
}

it.each([
  ['in the slot of the portfolio', '{fund-a}-beside', true],
  ['on another node', '{fund-b}', false],
])('compares streams and keys with a prefix %s', async (_where, there, together) => {
  expect((await cluster.placeOf(`${HERE}:`)) === (await cluster.placeOf(`${there}:`))).toBe(together);
  for (const prefix of [HERE, there]) await write(prefix, `p1-${there}`, 'PARTIAL_25');
  await write(HERE, `p2-${there}`, 'FULL_CLOSE');
  await write(there, `p2-${there}`, 'PARTIAL_75');
  const environment = { PORTFOLIOS: HERE };
  for (const what of [
    ['--stream', 'harvest.calibrated'],
    ['--keys', `harvest:heat:*${there}*`],
  ]) {
    const { code, out, err } = await runCli(cluster.url, ['compare', ...what, '--with', there, '--json'], {
      environment,
    });
    expect({ err, code }).toEqual({ err: '', code: 1 });
    expect(JSON.parse(out)).toMatchObject({ same: 1, different: 1, only_there: { count: 0 } });
  }
});
