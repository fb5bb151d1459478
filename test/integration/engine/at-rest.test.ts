import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hash, type KeyedRead, lowest, scores, text } from '../../../handlers/contract/reads.ts';
import { type Rest, RestLooks, restOf } from '../../../runtime/engine/lane/at-rest.ts';
import { type FactViews, readFacts } from '../../../runtime/engine/lane/facts.ts';
import { type Portfolio, portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { setAclUsers } from '../../support/acl-users.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const NO_VIEWS: FactViews = { catchUp: () => Promise.resolve(), compute: () => undefined };
const READS = { t: text('t'), u: text('u'), h: hash('h'), z: scores('z'), l: lowest('l') };
const RESTS_ON = Object.values(READS) as KeyedRead[];
const ALL = ['t', 'u', 'h', 'z', 'l'] as const;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterAll(() => redis.stop());

async function rest(portfolio: Portfolio = portfolioOf('quantum'), client = redis.client): Promise<Rest | undefined> {
  const facts = await readFacts(client, portfolio, NO_VIEWS, {
    gate: 'governor',
    tokenKey: portfolio.key('token'),
    reads: [READS],
  });
  return restOf(facts.replies, RESTS_ON, portfolio);
}

async function rested(prefix = 'quantum', client = redis.client): Promise<Rest> {
  const found = await rest(portfolioOf(prefix), client);
  if (found === undefined) throw new Error('expected something to rest on');
  return found;
}

/** Something in each of the keys. */
async function filled(prefix = 'quantum'): Promise<void> {
  const { client } = redis;
  await client.set(`${prefix}:t`, 'text');
  await client.hset(`${prefix}:h`, { one: '1', two: '2' });
  await client.zadd(`${prefix}:z`, 1, 'first', 2.5, 'second');
  await client.zadd(`${prefix}:l`, 7, 'lowest');
  await client.hset(`${prefix}:policy:governor`, { mode: 'testnet', version: 'v1', settings: '{}', actor: 'me' });
  await client.xadd(`${prefix}:stream:policy.history:governor`, '1-1', 'mode', 'testnet', 'version', 'v1');
}

describe('what a lane rests on', () => {
  it.each<[string, (client: Redis) => Promise<unknown>]>([
    ['a text that is written', (client) => client.set('quantum:t', 'texu')],
    ['an empty text where there was none', (client) => client.set('quantum:u', '')],
    ['a key of another type where there was none', (client) => client.rpush('quantum:u', 'x')],
    ['a text that is gone', (client) => client.del('quantum:t')],
    ['a text whose time is over', (client) => client.pexpire('quantum:t', 0)],
    ['a text that is a hash now', (client) => client.multi().del('quantum:t').hset('quantum:t', 'a', 'b').exec()],
    ['a field that is written', (client) => client.hset('quantum:h', 'one', '2')],
    ['a field that is gone', (client) => client.hdel('quantum:h', 'two')],
    ['a field more', (client) => client.hset('quantum:h', 'three', '')],
    ['a score', (client) => client.zadd('quantum:z', 1.5, 'first')],
    ['a member', (client) => client.zadd('quantum:z', 3, 'third')],
    ['a lowest member', (client) => client.zadd('quantum:l', 6, 'lower')],
    ['a set that is gone', (client) => client.del('quantum:l')],
    ['the mode', (client) => client.hset('quantum:policy:governor', 'mode', 'dry_run')],
    ['the limits', (client) => client.hset('quantum:policy:governor', 'settings', '{"GOV_MAX_POSITIONS":3}')],
    ['a candidate', (client) => client.hset('quantum:policy:governor', 'candidate', '{"version":"v2"}')],
    [
      'a version in the history',
      (client) => client.xadd('quantum:stream:policy.history:governor', '2-1', 'mode', 'dry_run'),
    ],
    [
      'a policy of another type',
      (client) => client.multi().del('quantum:policy:governor').set('quantum:policy:governor', '').exec(),
    ],
    ['all data that are gone', (client) => client.flushall()],
  ])('is not as it was after %s', async (_what, change) => {
    await filled();
    const found = await rested();
    const looks = new RestLooks(redis.client);
    expect(await looks.holds(found)).toBe(true);
    await change(redis.client);
    expect(await looks.holds(found)).toBe(false);
  });

  it.each<[string, (client: Redis) => Promise<unknown>]>([
    ['what nobody named is written', (client) => client.set('quantum:other', '1')],
    ['who set the policy is written', (client) => client.hset('quantum:policy:governor', 'actor', 'you')],
    ['commits are counted', (client) => client.incr(`quantum:${runtimeKeys.commits}`)],
    [
      'a key that was not there comes and goes',
      (client) => client.multi().set('quantum:u', '1').del('quantum:u').exec(),
    ],
    ['the same is written again', (client) => client.hset('quantum:h', 'one', '1')],
  ])('is as it was where %s', async (_what, change) => {
    await filled();
    const found = await rested();
    await change(redis.client);
    expect(await new RestLooks(redis.client).holds(found)).toBe(true);
  });

  it.each(ALL)('is nothing where %s is of another type', async (key) => {
    await filled();
    await redis.client.del(`quantum:${key}`);
    await redis.client.rpush(`quantum:${key}`, 'x');
    expect(await rest()).toBeUndefined();
  });

  it('is told apart to the byte, whatever it holds', async () => {
    const piece = fc.oneof(
      fc.constantFrom('', '-', '$1:', '*0:', '1', '$0:$0:'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    const bytes = piece.map((one) => Buffer.from(one, 'latin1'));
    const fields = fc.uniqueArray(fc.tuple(bytes, bytes), { selector: ([name]) => name.toString('hex'), maxLength: 3 });
    const held = fc.record({ t: fc.option(bytes), h: fields });
    await fc.assert(
      fc.asyncProperty(held, held, async (first, second) => {
        await redis.client.flushall();
        await write(first);
        const found = await rested();
        const looks = new RestLooks(redis.client);
        const own = await looks.holds(found);
        await redis.client.flushall();
        await write(second);
        expect([own, await looks.holds(found)]).toEqual([true, sameText(first) === sameText(second)]);
      }),
      { numRuns: 150 },
    );
  });
});

type Held = { readonly t: Buffer | null; readonly h: readonly (readonly [Buffer, Buffer])[] };

async function write({ t, h }: Held): Promise<void> {
  if (t !== null) await redis.client.set('quantum:t', t);
  if (h.length > 0) await redis.client.hset('quantum:h', new Map(h as [Buffer, Buffer][]));
}

function sameText({ t, h }: Held): string {
  return JSON.stringify([t?.toString('hex') ?? null, h.map((pair) => pair.map((one) => one.toString('hex')))]);
}

describe('lanes that rest', () => {
  const scripts = async () =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.client.info('commandstats'))?.[1] ?? 0);

  it('are looked at by one script, each for itself', async () => {
    for (const prefix of ['fund-a', 'fund-b', 'fund-c']) await filled(prefix);
    const found = await Promise.all(['fund-a', 'fund-b', 'fund-c', 'fund-d'].map((prefix) => rested(prefix)));
    const looks = new RestLooks(redis.client);
    await looks.holds(found[0] as Rest);
    await redis.client.set('fund-b:u', '1');
    await redis.client.hset('fund-c:h', 'one', '9');
    const before = await scripts();
    expect(await Promise.all(found.map((one) => looks.holds(one)))).toEqual([true, false, false, true]);
    expect((await scripts()) - before).toBe(1);
  });

  it('that Redis refuses do not rest, and the others do', async () => {
    const rights = ['on', '>limited-password', '~fund-a:*', '~fund-c:*', '+@all'];
    await redis.client.call('ACL', 'SETUSER', 'limited', ...rights);
    const limited = new Redis({
      host: '127.0.0.1',
      port: redis.port,
      username: 'limited',
      password: 'limited-password',
    });
    const found = await Promise.all(['fund-a', 'fund-b', 'fund-c'].map((prefix) => rested(prefix)));
    const looks = new RestLooks(limited);
    expect(await Promise.all(found.map((one) => looks.holds(one)))).toEqual([true, false, true]);
    limited.disconnect();
  });

  it('rest for the user of least rights that workers have', async () => {
    const own = await startRedis();
    const users = await setAclUsers(own);
    const client = users.as('portcullis');
    try {
      await client.hset('quantum:h', 'one', '1');
      const found = await rested('quantum', client);
      expect(await new RestLooks(client).holds(found)).toBe(true);
    } finally {
      users.close();
      await own.stop();
    }
  });

  it('do not rest on a connection that is gone', async () => {
    const client = redis.client.duplicate();
    const found = await rested('quantum', client);
    client.disconnect();
    expect(await new RestLooks(client).holds(found)).toBe(false);
  });
});
