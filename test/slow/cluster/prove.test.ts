import { afterAll, beforeAll, expect, it } from 'vitest';
import { addressOf, connectTo } from '../../../runtime/redis/connection/address.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { runCli } from '../../support/cli.ts';
import { startProvable } from '../../support/provable.ts';
import { RedisCluster } from '../../support/redis-cluster.ts';

const PREFIX = '{fund-a}';
let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await RedisCluster.start();
});
afterAll(() => cluster.stop());

it('a system on a cluster proves itself, and nothing is left on the node of its portfolio', {
  timeout: 240_000,
}, async () => {
  const system = await startProvable(cluster, { portfolio: portfolioOf(PREFIX) });
  try {
    const environment = { PORTFOLIOS: PREFIX };
    const { code, out, err } = await runCli(cluster.url, ['prove'], { environment });
    const notPassed = out.split('\n').filter((line) => /^ +(?:FAIL|SKIP)/.test(line));
    expect({ err, notPassed, code }).toEqual({ err: '', notPassed: [], code: 0 });
    const redis = connectTo(addressOf(cluster.url), {}, PREFIX);
    expect((await redis.keys('*prove*')).sort()).toEqual([]);
    redis.disconnect();
  } finally {
    await system.stop();
  }
});
