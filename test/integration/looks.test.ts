import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ask, type LookAnswer, Looks } from '../../runtime/redis/looks.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { connectTo } from '../support/system.ts';

test('a server that answers nothing is not asked again and again, and what fails then is heard', async () => {
  const redis = await startRedis();
  const client = connectTo(redis.url);
  const heard: unknown[] = [];
  const unheard = (error: unknown) => heard.push(error);
  process.on('unhandledRejection', unheard);
  const told: number[] = [];
  const looks = new Looks(client);
  const stop = looks.every(10, { asks: [['GET', 'key']], told: async () => void told.push(1) });
  await until('a look', () => told.length > 0);
  redis.process.kill('SIGSTOP');
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 10);
  await until('some turns', () => turns > 20);
  clearInterval(timer);
  client.disconnect();
  await stop();
  await new Promise(setImmediate);
  process.off('unhandledRejection', unheard);
  redis.process.kill('SIGCONT');
  await redis.stop();
  expect(heard).toEqual([]);
});

/** What a key may hold, and how it comes to. */
const HELD: Readonly<Record<string, readonly (readonly string[])[]>> = {
  nothing: [],
  empty: [['SET', '']],
  text: [['SET', 'x']],
  nul: [['SET', '\0$1:x']],
  longer: [['SET', 'x*1:']],
  hash: [['HSET', 'mode', 'shadow', 'version', '7']],
  'another hash': [['HSET', 'mode', '', 'version', 'shadow']],
  set: [['SADD', 'x']],
  stream: [['XADD', '1-1', 'mode', 'shadow']],
  'longer stream': [
    ['XADD', '1-1', 'mode', 'shadow'],
    ['XADD', '2-1', 'mode', 'shadow'],
  ],
};
const KEYS = ['a', 'b'];
const ASKS = KEYS.flatMap((key): Ask[] => [
  ['GET', key],
  ['HMGET', key, 'mode', 'version'],
  ['HGETALL', key],
  ['SMEMBERS', key],
  ['XLEN', key],
  ['XREVRANGE', key, '+', '-', 'COUNT', '1'],
]);

let shared: TestRedis;
beforeAll(async () => {
  shared = await startRedis();
});
afterAll(() => shared.stop());

async function hold(held: readonly string[]): Promise<void> {
  const multi = shared.client.multi();
  for (const [at, key] of KEYS.entries()) {
    multi.del(key);
    for (const [command = '', ...args] of HELD[held[at] ?? ''] ?? []) multi.call(command, key, ...args);
  }
  await multi.exec();
}

/** As single commands answer. */
async function plainly(): Promise<LookAnswer[]> {
  return await Promise.all(
    ASKS.map(async ([command, key, ...more]) => {
      try {
        return { value: await shared.client.call(command, key, ...more), problem: '' };
      } catch (error) {
        return { value: null, problem: (error as Error).message };
      }
    }),
  );
}

test('whatever keys come to hold is told as single commands answer it', async () => {
  const looks = new Looks(shared.client);
  let last: readonly LookAnswer[] = [];
  const stop = looks.every(2, {
    asks: ASKS,
    told: async (answers) => {
      last = answers;
    },
  });
  const state = fc.array(fc.constantFrom(...Object.keys(HELD)), { minLength: KEYS.length, maxLength: KEYS.length });
  await fc.assert(
    fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 4 }), async (states) => {
      for (const held of states) {
        await hold(held);
        const expected = JSON.stringify(await plainly());
        await until(`${held} to be told`, () => JSON.stringify(last) === expected);
        expect(JSON.stringify(await looks.ask(ASKS))).toBe(expected);
      }
    }),
    { numRuns: 60 },
  );
  await stop();
});

test('where nothing has changed Redis answers nothing, and the very same list is told, also after one that threw', async () => {
  await hold(['text', 'hash']);
  const told: (readonly LookAnswer[])[] = [];
  const looks = new Looks(shared.client);
  const stop = looks.every(5, {
    asks: ASKS,
    told: async (answers) => {
      told.push(answers);
      if (told.length === 1) throw new Error('not now');
    },
  });
  await until('some looks', () => told.length >= 4);
  expect(new Set(told).size).toBe(1);
  await hold(['text', 'another hash']);
  await until('the change', () => told.at(-1) !== told[0]);
  await stop();
  expect(told.at(-1)?.map(({ value }) => value)).toEqual((await plainly()).map(({ value }) => value));
});
