import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Effect } from '../../../handlers/contract/effects.ts';
import { echoGate } from '../../support/gates.ts';
import { feed, judged, judgedAll, keepBusy, numbers, pendingOf } from '../../support/lane.ts';
import { type RedisLink, startProxy } from '../../support/proxy.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { countedTo, metricOf, startSystem, type TestSystem } from '../../support/system.ts';

const IN = 'quantum:stream:echo.in';
const OUT = 'quantum:stream:echo.out';

let redis: TestRedis;
let proxy: RedisLink;
let system: TestSystem | undefined;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  await redis.client.flushall();
  await redis.client.config('SET', 'maxmemory', '0');
  proxy = await startProxy(redis.port);
});
afterEach(async () => {
  await system?.stop();
  system = undefined;
  await proxy.stop();
});
afterAll(() => redis.stop());

async function start(effects: readonly Effect[] = []): Promise<TestSystem> {
  system = await startSystem(proxy, { handlers: [echoGate({ batch: 10, effects: () => effects })] });
  return system;
}

const LARGE: Effect = { do: 'set', key: 'large', value: 'x'.repeat(100_000) };
const commits: [string, readonly Effect[]][] = [
  ['one commit a batch', []],
  ['three commits a batch, sent at once', [LARGE]],
];

/** How often each entry was judged, by its id. */
async function timesJudged(): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (const { id } of await judged(redis.client)) times.set(id, (times.get(id) ?? 0) + 1);
  return times;
}

test.each(commits)(
  'a reply that never arrives to %s: each counts once, in streams and counters',
  async (_what, effects) => {
    const running = await start(effects);
    for (let round = 0; round < 5; round += 1) {
      const swallowed = proxy.swallowReplyTo('echo.out');
      await feed(redis.client, numbers(10, round * 10));
      await swallowed;
      await judgedAll(redis.client, (round + 1) * 10);
      await countedTo(running, 'echo_judged_total', (round + 1) * 10);
    }
    expect((await judged(redis.client)).map(({ n }) => n).toSorted()).toEqual(numbers(50).toSorted());
    expect(await metricOf(running, 'echo_judged_total')).toBe(50);
    expect(await redis.client.xlen('quantum:stream:decisions')).toBe(50);
    expect(await pendingOf(redis.client)).toBe(0);
  },
);

test('entries whose delivery never arrived are not forgotten', async () => {
  await start();
  await until('the lane to read', async () => String(await redis.client.client('LIST')).includes('cmd=xreadgroup'));
  for (let round = 0; round < 5; round += 1) {
    const swallowed = proxy.swallowReplyTo('xreadgroup');
    await feed(redis.client, numbers(5, round * 5));
    await swallowed;
    expect((await judgedAll(redis.client, (round + 1) * 5)).toSorted()).toEqual(numbers((round + 1) * 5).toSorted());
  }
});

test.each(commits)('connections cut again and again lose nothing and double nothing: %s', async (_what, effects) => {
  await start(effects);
  for (let round = 0; round < 15; round += 1) {
    await feed(redis.client, numbers(40, round * 40));
    proxy.cutAll();
  }
  expect((await judgedAll(redis.client, 600)).toSorted()).toEqual(numbers(600).toSorted());
  await until('nothing pending', async () => (await pendingOf(redis.client)) === 0);
  expect([...(await timesJudged()).values()].every((times) => times === 1)).toBe(true);
});

test.each<[string, () => Promise<unknown>]>([
  ['SCRIPT FLUSH', () => redis.client.script('FLUSH')],
  ['CLIENT KILL of every connection', () => redis.client.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes')],
  ['XGROUP DESTROY', () => redis.client.xgroup('DESTROY', IN, 'echo')],
])('under %s every entry is judged once', async (_what, trouble) => {
  await start();
  for (let round = 0; round < 15; round += 1) {
    await feed(redis.client, numbers(40, round * 40));
    await trouble();
  }
  expect((await judgedAll(redis.client, 600)).toSorted()).toEqual(numbers(600).toSorted());
  await until('nothing pending', async () => (await pendingOf(redis.client).catch(() => 1)) === 0);
  expect([...(await timesJudged()).values()].every((times) => times === 1)).toBe(true);
});

test.each<[string, () => Promise<unknown>]>([
  ['FLUSHALL', () => redis.client.flushall()],
  ['DEL of the stream', () => redis.client.del(IN)],
])('after %s under load new entries are judged, once', async (_what, trouble) => {
  await start();
  for (let round = 0; round < 5; round += 1) {
    await feed(redis.client, numbers(200, 1_000));
    await trouble();
    await redis.client.del(OUT);
    const ids = await feed(redis.client, numbers(30, round * 30));
    await until('the new ones judged', async () => {
      const times = await timesJudged();
      return ids.every((id) => times.get(id) === 1);
    });
    expect([...(await timesJudged()).values()].every((times) => times === 1)).toBe(true);
  }
});

test('what was finished above the mark is not done again when the group is lost', async () => {
  await redis.client.xgroup('CREATE', IN, 'echo', '0', 'MKSTREAM');
  await redis.client.sadd('quantum:portcullis:consumers:echo', 'busy');
  const [first = ''] = await feed(redis.client, ['held by another']);
  await redis.client.xreadgroup('GROUP', 'echo', 'busy', 'COUNT', 1, 'STREAMS', IN, '>');
  const busy = keepBusy(redis.client, first);
  const running = await start();
  await feed(redis.client, numbers(30));
  await judgedAll(redis.client, 30);
  busy.end();
  await redis.client.xgroup('DESTROY', IN, 'echo');
  await judgedAll(redis.client, 31);
  await until('nothing pending', async () => (await pendingOf(redis.client).catch(() => 1)) === 0);
  const times = await timesJudged();
  expect(times.get(first)).toBe(1);
  expect([...times.values()]).toEqual(Array.from({ length: 31 }, () => 1));
  expect(await countedTo(running, 'portcullis_messages_total{handler="echo",result="gone"}', 30)).toBe(30);
});

test('a server that is out of memory holds the lane, and it goes on when there is room', async () => {
  const running = await start();
  await feed(redis.client, ['1']);
  await judgedAll(redis.client, 1);
  const filling = redis.client.multi();
  for (const n of ['2', '3', '4', '5']) filling.xadd(IN, '*', 'n', n);
  await filling.config('SET', 'maxmemory', '1').exec();
  const held = await until('the lane to be held', () => running.runtime.lanes().find(({ state }) => state === 'held'));
  expect(held.problem).toMatch(/commit failed: .*OOM|maxmemory/);
  await redis.client.config('SET', 'maxmemory', '0');
  expect((await judgedAll(redis.client, 5)).toSorted()).toEqual(['1', '2', '3', '4', '5']);
});
