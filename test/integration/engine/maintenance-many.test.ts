import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { claimSlots, type SlotClaim } from '../../../runtime/engine/host/workers.ts';
import { ENGINE_TIMINGS } from '../../../runtime/engine/status/timings.ts';
import type { NamedStream } from '../../../runtime/engine/streams/named.ts';
import { streamPositions } from '../../../runtime/engine/streams/positions.ts';
import { luaText } from '../../../runtime/redis/lua.ts';
import { asOneList, Together } from '../../../runtime/redis/together.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { QUICK, startSystem, type TestSystem } from '../../support/system.ts';

const FUNDS = ['fund-a', 'fund-b', 'fund-c', 'fund-d', 'fund-e', 'fund-f'];
const LIMITED = { username: 'limited', password: 'limited-password' };
const TURNS = 3;

let redis: TestRedis;
let limited: Redis;
const systems: TestSystem[] = [];
beforeAll(async () => {
  redis = await startRedis();
  const rights = ['on', `>${LIMITED.password}`, '+@all', '&*', '~fund-a:*', '~fund-c:*'];
  await redis.client.call('ACL', 'SETUSER', LIMITED.username, ...rights);
  limited = new Redis({ host: '127.0.0.1', port: redis.port, ...LIMITED });
});
beforeEach(() => redis.client.flushall());
afterEach(async () => {
  await Promise.all(systems.splice(0).map((system) => system.stop()));
});
afterAll(async () => {
  limited.disconnect();
  await redis.stop();
});

async function start(workerName = 'w1'): Promise<TestSystem> {
  const portfolios = FUNDS.map((fund) => portfolioOf(fund));
  const system = await startSystem(redis, { portfolios, workerName });
  systems.push(system);
  return system;
}

/** How often clients have run a script since the log of slow commands was emptied, by the path of its file from `runtime/`. */
async function timesRun(path: string): Promise<number> {
  const log = (await redis.client.call('SLOWLOG', 'GET', '-1')) as readonly (readonly unknown[])[];
  const digest = digestOf(path);
  return log.filter(([, , , command]) => (command as readonly string[])[1] === digest).length;
}

function digestOf(path: string): string {
  const text = luaText(new URL(`../../../runtime/${path}`, import.meta.url));
  return createHash('sha1').update(text).digest('hex');
}

const POSITIONS = 'engine/streams/positions.lua';
const ENVIRONMENT = 'engine/policy/environment-mode.lua';

test('the maintenance of six portfolios asks how far streams go by two scripts a turn, and ensures no policy that is whole', async () => {
  await start();
  await redis.client.config('SET', 'slowlog-log-slower-than', '0', 'slowlog-max-len', '1000000');
  await redis.client.call('SLOWLOG', 'RESET');
  const began = performance.now();
  await until('some turns', async () => (await timesRun(POSITIONS)) >= 2 * TURNS);
  const mostTurns = 1 + Math.ceil((performance.now() - began) / QUICK.maintenanceMs);
  expect(await timesRun(POSITIONS)).toBeLessThanOrEqual(2 * mostTurns);
  expect(await timesRun(ENVIRONMENT)).toBe(0);
});

test('leases of idle lanes, of a watcher at rest and of the maintenance are left alone in every second round', async () => {
  await start();
  const leases = await redis.client.keys('fund-a:portcullis:lease:*');
  expect(leases.length).toBeGreaterThanOrEqual(8);
  const leftAlone = ENGINE_TIMINGS.leaseMs * (5 / 8);
  for (const lease of leases.filter((key) => !key.endsWith(':asked'))) {
    await until(`${lease} to be left alone`, async () => {
      const leftMs = await redis.client.pttl(lease);
      return leftMs > 0 && leftMs < leftAlone;
    });
  }
});

test('a policy that is gone is there again after a turn, and so is what the environment says of limits; those of others are left alone', async () => {
  await start();
  const [gone, without, other] = ['fund-b', 'fund-d', 'fund-e'].map((fund) => `${fund}:policy:governor`) as [
    string,
    string,
    string,
  ];
  const before = await redis.client.hgetall(other);
  await redis.client.del(gone);
  await redis.client.hdel(without, 'env_settings');
  await until('the policy', async () => (await redis.client.hget(gone, 'mode')) === before.mode);
  await until('the environment', async () => (await redis.client.hexists(without, 'env_settings')) === 1);
  expect(await redis.client.hgetall(other)).toEqual(before);
});

test('a ledger of another type is told of on its portfolio alone', async () => {
  const system = await start();
  await redis.client.rename('fund-c:stream:ops.ledger', 'aside');
  await redis.client.set('fund-c:stream:ops.ledger', 'in the way');
  const told = () => system.lines.map((line) => JSON.parse(line) as { portfolio?: string; msg: string });
  const warned = () => told().filter(({ msg }) => msg.startsWith('policies: '));
  await until('a warning', () => warned().length > 0);
  expect(new Set(warned().map(({ portfolio }) => portfolio))).toEqual(new Set(['fund-c']));
});

test('positions of streams are asked for by one script, and a portfolio that Redis refuses is asked for alone', async () => {
  const of = (fund: string): readonly NamedStream[] => [{ name: 'x', key: `${fund}:stream:x` }];
  for (const fund of FUNDS) await redis.client.xadd(`${fund}:stream:x`, '7-1', 'n', fund);
  const through = (client: Redis) =>
    new Together(
      (lists: readonly (readonly NamedStream[])[]) => asOneList(lists, (all) => streamPositions(client, all)),
      5,
    );
  const refused = through(limited);
  const found = await Promise.allSettled(['fund-a', 'fund-b', 'fund-c'].map((fund) => refused.ask(of(fund))));
  expect(found.map((one) => (one.status === 'fulfilled' ? one.value[0]?.key : String(one.reason)))).toEqual([
    'fund-a:stream:x',
    expect.stringContaining('NOPERM'),
    'fund-c:stream:x',
  ]);
});

test('names of workers are kept by one script, those of others are told, and one that is refused stops none', async () => {
  const claim = (fund: string, holder: string, dead = ''): SlotClaim => ({ key: `${fund}:worker`, holder, dead });
  const slots = (client: Redis) => new Together((claims: readonly SlotClaim[]) => claimSlots(client, claims), 20);
  const all = slots(redis.client);
  expect(await Promise.all([all.ask(claim('fund-a', 'one')), all.ask(claim('fund-c', 'two'))])).toEqual(['', '']);
  expect(await all.ask(claim('fund-a', 'three'))).toBe('one');
  expect(await all.ask(claim('fund-a', 'three', 'one'))).toBe('');
  expect(await redis.client.pttl('fund-a:worker')).toBeGreaterThan(9_000);
  const some = slots(limited);
  const asked = ['fund-a', 'fund-b', 'fund-c'].map((fund) => some.ask(claim(fund, 'two')));
  const answers = await Promise.allSettled(asked);
  expect(answers.map((one) => (one.status === 'fulfilled' ? one.value : 'refused'))).toEqual(['three', 'refused', '']);
});
