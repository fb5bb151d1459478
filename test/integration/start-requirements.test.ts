import { afterEach, expect, test } from 'vitest';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { startSystem } from '../support/system.ts';

let redis: TestRedis;

afterEach(async () => redis.stop());

/** What stops the start of one gate on this Redis. */
async function problemOf(prefix: string, outputPrefix?: string): Promise<string> {
  const env = { GATES: 'heat-bridge' };
  try {
    await (await startSystem(redis, { env, portfolio: portfolioOf(prefix, { outputPrefix }) })).stop();
    return '';
  } catch (error) {
    return String(error);
  }
}

test('on a cluster the start refuses a prefix without a hash tag, and takes one with it', async () => {
  redis = await startRedis('--cluster-enabled', 'yes');
  await redis.client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  expect(await problemOf('fund-a')).toContain(
    'PORTFOLIOS: expected a prefix with a {hash tag}, such as {fund-a}, because this Redis is a cluster, got "fund-a"',
  );
  expect(await problemOf('{fund-a}')).not.toContain('hash tag');
  expect(await problemOf('{fund-a}', '{fund-a}-beside')).not.toContain('hash tag');
  expect(await problemOf('{fund-a}', 'beside')).toContain(
    'OUTPUT_PREFIX: expected a prefix with the {hash tag} of the portfolio, such as {fund-a}-beside',
  );
});

test('data of a newer schema stop the start, those of this one and of none do not', async () => {
  redis = await startRedis();
  expect(await problemOf('quantum')).toBe('');
  expect(await redis.client.get('quantum:portcullis:schema')).toBe('2');
  for (const [schema, problem] of [
    ['2', ''],
    ['1', ''],
    ['0', ''],
    ['3', 'quantum:portcullis:schema: expected a schema of at most 2, got "3": newer format. A newer release has'],
    ['x', 'expected a schema of at most 2, got "x"'],
  ] as const) {
    await redis.client.set('quantum:portcullis:schema', schema);
    const found = await problemOf('quantum');
    expect(problem === '' ? found : found.includes(problem)).toBe(problem === '' ? '' : true);
  }
});

test('an input of another type stops the start, and is named', async () => {
  redis = await startRedis();
  await redis.client.set('quantum:stream:harvest.heat.decision', 'x');
  expect(await problemOf('quantum')).toContain(
    'expected a stream at quantum:stream:harvest.heat.decision, found a string: rename it or delete it',
  );
});

test.each([
  ['allkeys-lru', 'CONFIG SET maxmemory-policy noeviction'],
  ['volatile-ttl', 'maxmemory 1073741824 with maxmemory-policy volatile-ttl'],
])('a server that may evict by %s is refused, and the message says what to do', async (policy, said) => {
  redis = await startRedis('--maxmemory', '1gb', '--maxmemory-policy', policy);
  expect(await problemOf('quantum')).toContain(said);
  expect(await problemOf('quantum')).toMatch(/^RedisProblem: /);
  await redis.client.config('SET', 'maxmemory', '0');
  expect(await problemOf('quantum')).toBe('');
  await redis.client.config('SET', 'maxmemory', '1gb', 'maxmemory-policy', 'noeviction');
  expect(await problemOf('quantum')).toBe('');
});
