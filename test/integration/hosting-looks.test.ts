import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runtimeKeys } from '../../schemas/keys.ts';
import { startDemoSystem } from '../support/demo-system.ts';
import { startProvable } from '../support/provable.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

const FUNDS = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => portfolioOf(`fund-${name}`));

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** The names of commands that are sent over a connection from now on and name one of the keys, each with how many of them. */
function sentOver(connection: Redis, keys: ReadonlySet<string>): (readonly [name: string, named: number])[] {
  const sent: (readonly [string, number])[] = [];
  const send = connection.sendCommand.bind(connection);
  connection.sendCommand = (...given: Parameters<typeof send>) => {
    const { name, args } = given[0] as unknown as { readonly name: string; readonly args: readonly unknown[] };
    const named = args.flat().filter((arg) => keys.has(String(arg))).length;
    if (named > 0) sent.push([name, named]);
    return send(...given);
  };
  return sent;
}

const HOSTED = [
  { what: 'proofs', key: runtimeKeys.proof, start: startProvable },
  { what: 'demos', key: runtimeKeys.demoAlive, start: startDemoSystem },
];

test.each(HOSTED)(
  '$what that many portfolios may host are looked for by one script, or two beside other looks',
  async ({ key, start }) => {
    const system = await start(redis, { portfolios: FUNDS });
    try {
      const keys = new Set(FUNDS.map((fund) => fund.key(key)));
      const connections = new Set(FUNDS.map((fund) => system.runtime.redisOf(fund)));
      const sent = [...connections].map((connection) => sentOver(connection, keys));
      const named = () => sent.flat().reduce((sum, [, count]) => sum + count, 0);
      await until('three looks', () => named() >= 3 * FUNDS.length);
      expect(new Set(sent.flat().map(([name]) => name))).toEqual(new Set(['evalsha']));
      expect(sent.flat().length).toBeLessThanOrEqual((2 * named()) / FUNDS.length);
    } finally {
      await system.stop();
    }
  },
);

test.each(HOSTED)('a key of $what that cannot be read is warned of once, by its name', async ({ key, start }) => {
  const [fund, other] = FUNDS.map((one) => one.key(key)) as [string, string];
  await redis.client.rpush(fund, 'x');
  const system = await start(redis, { portfolios: FUNDS });
  const warnings = () => system.lines.filter((line) => line.includes('cannot be read'));
  try {
    await until('a warning', () => warnings().length > 0);
    await redis.client.rpush(other, 'x');
    await until('a warning of the other', () => warnings().some((line) => line.includes(other)));
    expect(warnings().map((line) => line.includes(`${fund} cannot be read: WRONGTYPE`))).toEqual([true, false]);
  } finally {
    await redis.client.del(fund, other);
    await system.stop();
  }
});
