import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { echoGate } from '../../support/gates.ts';
import { type RedisLink, startProxy } from '../../support/proxy.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { entriesOf, QUICK, startSystem, type TestSystem } from '../../support/system.ts';

const FUNDS = ['fund-a', 'fund-b', 'fund-c', 'fund-d', 'fund-e', 'fund-f'];
const [FIRST = '', ...OTHERS] = FUNDS;
/** No look finds anything within a test: what is read in time was told. */
const TOLD_ALONE = { ...QUICK, idleLookMs: 600_000 };

let redis: TestRedis;
let proxy: RedisLink;
const systems: TestSystem[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  await redis.client.flushall();
  proxy = await startProxy(redis.port);
});
afterEach(async () => {
  await Promise.all(systems.splice(0).map((system) => system.stop()));
  await proxy.stop();
});
afterAll(() => redis.stop());

async function start(prefixes: readonly string[] = FUNDS, timings = TOLD_ALONE): Promise<TestSystem> {
  const portfolios = prefixes.map((prefix) => portfolioOf(prefix));
  const system = await startSystem(proxy, { handlers: [echoGate()], portfolios, timings });
  systems.push(system);
  return system;
}

function inputOf(fund: string): string {
  return `${fund}:stream:echo.in`;
}

/** Adds entries with the next numbers. */
async function send(funds: readonly string[], numbers: readonly number[]): Promise<void> {
  const pipeline = redis.client.pipeline();
  for (const fund of funds) for (const n of numbers) pipeline.xadd(inputOf(fund), '*', 'n', String(n));
  await pipeline.exec();
}

/** Waits until each has judged these numbers, once and in order. */
async function judged(funds: readonly string[], numbers: readonly number[]): Promise<void> {
  for (const fund of funds) {
    const out = `${fund}:stream:echo.out`;
    await until(`${numbers.length} outcomes of ${fund}`, async () => (await redis.client.xlen(out)) >= numbers.length);
    const found = (await entriesOf(redis.client, out)).map(({ fields }) => Number(fields.n));
    expect(found.toSorted((a, b) => a - b)).toEqual(numbers);
  }
}

/** How many connections wait in this command. */
async function blocked(command: string): Promise<number> {
  const list = String(await redis.client.client('LIST')).split('\n');
  return list.filter((line) => line.includes(` cmd=${command} `) && / flags=\w*b/.test(line)).length;
}

/** Waits until all lanes wait together, on one connection. */
async function together(): Promise<void> {
  await until('one wait', async () => (await blocked('xread')) === 1 && (await blocked('xreadgroup')) === 0);
}

function stateOf(system: TestSystem, fund: string): string | undefined {
  return system.runtime.lanes().find(({ portfolio }) => portfolio === fund)?.state;
}

test('idle lanes of many portfolios wait on one connection, and each takes what comes to it', async () => {
  await start();
  await together();
  for (let n = 0; n < 3; n += 1) {
    await send([FIRST], [n]);
    await judged([FIRST], [0, 1, 2].slice(0, n + 1));
  }
  await send(OTHERS, [7]);
  await judged(OTHERS, [7]);
});

test('few portfolios keep a connection for each lane', async () => {
  await start(FUNDS.slice(0, 4));
  await until('four readers', async () => (await blocked('xreadgroup')) === 4);
  expect(await blocked('xread')).toBe(0);
});

test('commands of twenty portfolios go over one connection, those of few over one each', async () => {
  const many = Array.from({ length: 21 }, (_, at) => `fund-${at}`);
  const [together, alone] = await Promise.all([start(many), start(['few-a', 'few-b'])]);
  const ids = ({ runtime }: TestSystem) =>
    Promise.all(runtime.portfolios.map(async (portfolio) => await runtime.redisOf(portfolio).client('ID')));
  expect(new Set(await ids(together)).size).toBe(2);
  expect(new Set(await ids(alone)).size).toBe(2);
  await send(many, [1, 2]);
  await judged(many, [1, 2]);
});

test('what was there before the start is read', async () => {
  await send(FUNDS, [1, 2, 3]);
  await start();
  await judged(FUNDS, [1, 2, 3]);
});

test('a busy lane gets a connection of its own; the others wait together', async () => {
  await start();
  await together();
  const numbers: number[] = [];
  await until('a reader of its own', async () => {
    await send([FIRST], [numbers.length]);
    numbers.push(numbers.length);
    return (await blocked('xreadgroup')) === 1;
  });
  await judged([FIRST], numbers);
  await send(OTHERS, [1]);
  await judged(OTHERS, [1]);
  expect(await blocked('xread')).toBe(1);
});

test('a key that is no stream holds its lane alone, and the lane goes on once it is gone', async () => {
  const system = await start();
  await together();
  await redis.client.del(inputOf(FIRST));
  await redis.client.set(inputOf(FIRST), 'no stream');
  await until('the lane to be held', () => stateOf(system, FIRST) === 'held');
  await send(OTHERS, [1]);
  await judged(OTHERS, [1]);
  await redis.client.del(inputOf(FIRST));
  await send([FIRST], [1]);
  await judged([FIRST], [1]);
});

test('a group that is gone is made again with the next entry, and stops nobody else', async () => {
  await start();
  await together();
  await redis.client.xgroup('DESTROY', inputOf(FIRST), 'echo');
  await send(OTHERS, [1]);
  await judged(OTHERS, [1]);
  await send([FIRST], [1, 2]);
  await judged([FIRST], [1, 2]);
});

test('a stream that begins again with lower ids is read by a look, and told of from then on', async () => {
  await start(FUNDS, { ...QUICK, idleLookMs: 300 });
  await together();
  await redis.client.xadd(inputOf(FIRST), '9999999999999-1', 'n', '0');
  await judged([FIRST], [0]);
  await redis.client.flushall();
  for (let n = 1; n <= 3; n += 1) {
    await send([FIRST], [n]);
    await judged([FIRST], [1, 2, 3].slice(0, n));
  }
});

test('who stood by reads on when the reader ends', async () => {
  const first = await start();
  await together();
  const second = await start();
  await until('it to stand by', () => FUNDS.every((fund) => stateOf(second, fund) === 'standby'));
  await first.stop();
  await until('the other to read', () => FUNDS.every((fund) => stateOf(second, fund) === 'running'));
  await send(FUNDS, [1]);
  await judged(FUNDS, [1]);
});

test('who lost its lease is woken and takes nothing', async () => {
  const system = await start();
  await together();
  const key = `${FIRST}:portcullis:lease:echo`;
  const keep = setInterval(() => void redis.client.set(key, 'another', 'PX', 2_000), 100);
  try {
    await redis.client.set(key, 'another', 'PX', 2_000);
    await until('the lease to be noticed as lost', async () => (await redis.client.exists(`${key}:asked`)) === 1);
    await send([FIRST], [1]);
    await until('it to stand by', () => stateOf(system, FIRST) === 'standby');
    const [group] = (await redis.client.xinfo('GROUPS', inputOf(FIRST))) as unknown[][];
    expect(group?.[group.indexOf('last-delivered-id') + 1]).toBe('0-0');
  } finally {
    clearInterval(keep);
  }
  await judged([FIRST], [1]);
});

test('replies to reads that never arrive lose nothing and double nothing', async () => {
  await start();
  await together();
  const numbers: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const swallowed = proxy.swallowReplyTo('xreadgroup');
    await send([FIRST], [numbers.length]);
    numbers.push(numbers.length);
    await swallowed;
    await judged([FIRST], numbers);
  }
});

test('connections cut again and again lose nothing and double nothing', async () => {
  await start();
  const numbers: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    await send(FUNDS, [numbers.length]);
    numbers.push(numbers.length);
    proxy.cutAll();
  }
  await judged(FUNDS, numbers);
});
