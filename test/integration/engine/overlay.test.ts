import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Effect } from '../../../handlers/contract/effects.ts';
import { hash, scores, text } from '../../../handlers/contract/reads.ts';
import { EffectPacker } from '../../../runtime/engine/commit/request.ts';
import { readFacts } from '../../../runtime/engine/lane/facts.ts';
import { Invalidations } from '../../../runtime/engine/views/invalidations.ts';
import { PortfolioViews } from '../../../runtime/engine/views/portfolio-views.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { commitAll, delivered } from '../../support/commit.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { connectTo } from '../../support/system.ts';

const portfolio = portfolioOf('p');
const reads = { hash: hash('hash'), text: text('text'), scores: scores('zset') };
const NO_SETTINGS = {};

let redis: TestRedis;
let views: PortfolioViews;
const open: Redis[] = [];
beforeAll(async () => {
  redis = await startRedis();
  views = new PortfolioViews(portfolio, connections());
});
afterAll(async () => {
  for (const one of open) one.disconnect();
  await redis.stop();
});

function connections(): { data: Redis; invalidations: Invalidations } {
  const [data, listener] = [connectTo(redis.url), connectTo(redis.url)];
  open.push(data, listener);
  return { data, invalidations: new Invalidations(listener, [portfolio]) };
}

function facts() {
  return readFacts(redis.client, portfolio, views, { gate: 'g', tokenKey: 'p:token', reads: [reads] });
}

const name = fc.constantFrom('a', 'b', '__proto__', 'd');
const value = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('0', '-0', '007', '41', '-7', ' 1', '1.5'));
const fields = fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 3 }).map((pairs) => {
  const made = Object.create(null) as Record<string, string>;
  for (const [key, text_] of pairs) made[key] = text_;
  return made;
});
const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -1, max: 1, noNaN: true }));
const effect: fc.Arbitrary<Effect> = fc.oneof(
  fc.record({
    do: fc.constant('set' as const),
    key: fc.constant('text'),
    value: fc.oneof(value, fc.array(value, { maxLength: 3 })),
  }),
  fc.record({ do: fc.constant('del' as const), key: fc.constantFrom('text', 'hash', 'zset') }),
  fc.record({ do: fc.constant('hset' as const), key: fc.constant('hash'), fields, replace: fc.boolean() }),
  fc.record({ do: fc.constant('hdel' as const), key: fc.constant('hash'), fields: fc.array(name, { maxLength: 2 }) }),
  fc.record({
    do: fc.constant('hincr' as const),
    key: fc.constant('hash'),
    field: name,
    by: fc.integer({ min: -9, max: 9 }),
  }),
  fc.record({ do: fc.constant('zadd' as const), key: fc.constant('zset'), score, member: name }),
  fc.record({ do: fc.constant('zrem' as const), key: fc.constant('zset'), members: fc.array(name, { maxLength: 2 }) }),
  fc.record({ do: fc.constant('ztrim' as const), key: fc.constant('zset'), belowScore: score }),
);

test('what a later message of a batch sees is what it would read once the earlier ones are committed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(effect, { maxLength: 12 }), fc.array(effect, { maxLength: 6 }), async (before, after) => {
      await redis.client.flushall();
      await apply(before);
      const seen = await facts();
      seen.overlay(after);
      await apply(after);
      expect(seen.of(reads, NO_SETTINGS)).toEqual((await facts()).of(reads, NO_SETTINGS));
    }),
    { numRuns: 150 },
  );
});

async function apply(effects: readonly Effect[]): Promise<void> {
  const [id] = (await delivered(redis.client, [['n', '1']])) as [string];
  expect(await commitAll(redis.client, [{ id, effects: new EffectPacker(portfolio, 0).pack(effects) }])).toEqual([
    'done',
  ]);
}

test('a key that is held by one message and merely read by another is held', async () => {
  await redis.client.flushall();
  const held = await readFacts(redis.client, portfolio, views, {
    gate: 'g',
    tokenKey: 'p:token',
    reads: [
      { kill: text('kill', true), state: hash('state', ['rev', 'armed']) },
      { kill: text('kill'), state: hash('state') },
    ],
  });
  expect(held.guards()).toEqual([
    { key: 'p:kill', value: false },
    { key: 'p:state', field: 'rev', value: false },
    { key: 'p:state', field: 'armed', value: false },
  ]);
});
