import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LaneNames } from '../../../runtime/engine/lane/identity.ts';
import { ensureGroup } from '../../../runtime/engine/lane/recovery.ts';
import { luaText } from '../../../runtime/redis/lua.ts';
import { compareStreamIds } from '../../../schemas/time.ts';
import { commitAll, delivered, emit, FINISHED, GROUP, MARK, pendingCount, SOURCE } from '../../support/commit.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const HIGHEST = '18446744073709551615-18446744073709551615';
const names = { stream: SOURCE, group: GROUP, mark: MARK, finished: FINISHED } as LaneNames;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterAll(() => redis.stop());

async function judge(ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  return await commitAll(
    redis.client,
    ids.map((id) => ({ id, effects: [emit('p:out', 'id', id)] })),
  );
}

async function readAgain(count = 100): Promise<string[]> {
  const reply = (await redis.client.xreadgroup('GROUP', GROUP, 'w1', 'COUNT', count, 'STREAMS', SOURCE, '>')) as
    | [string, [string, string[]][]][]
    | null;
  return reply?.[0]?.[1].map(([id]) => id) ?? [];
}

async function judgedIds(): Promise<string[]> {
  return (await redis.client.xrange('p:out', '-', '+')).map(([, flat]) => flat[1] ?? '');
}

async function entries(count: number): Promise<string[]> {
  return await delivered(
    redis.client,
    Array.from({ length: count }, (_, n) => ['n', String(n)]),
  );
}

const movedBack: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['XGROUP SETID 0', () => redis.client.xgroup('SETID', SOURCE, GROUP, '0')],
  [
    'destroyed and made again at 0',
    () => redis.client.multi().xgroup('DESTROY', SOURCE, GROUP).xgroup('CREATE', SOURCE, GROUP, '0').exec(),
  ],
];

describe.each(movedBack)('a group moved back (%s)', (_how, moveBack) => {
  test('has what is finished acknowledged, and not judged again', async () => {
    const ids = await entries(5);
    await judge(ids);
    await moveBack();
    const again = await readAgain();
    expect(again).toEqual(ids);
    expect(await judge(again)).toEqual(ids.map(() => 'gone'));
    expect([await pendingCount(redis.client), await judgedIds()]).toEqual([0, ids]);
    const next = await entries(1);
    expect(await judge(next)).toEqual(['done']);
  });

  test.each([1, 2, 3, 10])('has what was pending judged, once, in reads of %i', async (size) => {
    const ids = await entries(10);
    const finished = [0, 1, 4, 5, 8].map((at) => ids[at] as string);
    for (const id of finished) await judge([id]);
    await moveBack();
    for (let some = await readAgain(size); some.length > 0; some = await readAgain(size)) await judge(some);
    const left = (await redis.client.xpending(SOURCE, GROUP, '-', '+', 100)) as [string][];
    await judge(left.map(([id]) => id));
    expect((await judgedIds()).sort()).toEqual([...ids].sort());
    expect(await pendingCount(redis.client)).toBe(0);
    await moveBack();
    expect(new Set(await judge(await readAgain()))).toEqual(new Set(['gone']));
  });
});

test('whatever is finished and however often a group is moved back, each entry is judged once', async () => {
  const step = fc.record({
    read: fc.nat(6),
    order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5]),
    back: fc.constantFrom(0, 0, 1, 2),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      await redis.client.flushall();
      await redis.client.xgroup('CREATE', SOURCE, GROUP, '0', 'MKSTREAM');
      const all: string[] = [];
      for (let n = 0; n < 12; n += 1) all.push(String(await redis.client.xadd(SOURCE, '*', 'n', String(n))));
      for (const { read, order, back } of steps) {
        if (read > 0) await readAgain(read);
        const pending = ((await redis.client.xpending(SOURCE, GROUP, '-', '+', 100)) as [string][]).map(([id]) => id);
        const some = order.flatMap((at) => pending[at] ?? []);
        if (some.length > 0) await judge(some);
        if (back > 0) await movedBack[back - 1]?.[1]();
      }
      for (;;) {
        await readAgain();
        const pending = ((await redis.client.xpending(SOURCE, GROUP, '-', '+', 100)) as [string][]).map(([id]) => id);
        if (pending.length === 0) break;
        await judge(pending);
      }
      expect((await judgedIds()).sort()).toEqual([...all].sort());
    }),
    { numRuns: 150 },
  );
});

describe('ids ahead of the clock', () => {
  test('never move the low-water mark past it, and are remembered one by one', async () => {
    const [first] = await entries(1);
    await judge([first as string]);
    await redis.client.xadd(SOURCE, '9999999999999-0', 'n', 'ahead');
    await redis.client.xadd(SOURCE, '*', 'n', 'behind it');
    const ahead = await readAgain();
    expect(await judge(ahead)).toEqual(['done', 'done']);
    expect(await redis.client.hgetall(MARK)).toEqual({ top: first, min: '' });
    await redis.client.xgroup('DESTROY', SOURCE, GROUP);
    expect(await ensureGroup(redis.client, names)).toBe('created');
    expect(await judge(await readAgain())).toEqual(['gone', 'gone']);
  });

  test.each([HIGHEST, '9999999999999-0'])(
    'a mark of before at %s hides nothing once the stream is new',
    async (top) => {
      await redis.client.hset(MARK, { top, min: '' });
      await redis.client.xadd(SOURCE, '*', 'n', '1');
      expect(await ensureGroup(redis.client, names)).toBe('created');
      expect(await judge(await readAgain())).toEqual(['done']);
      expect(compareStreamIds((await redis.client.hget(MARK, 'top')) ?? '', top)).toBeLessThan(0);
    },
  );

  test.each([HIGHEST, '9999999999999-0'])('nor where the stream is not there yet (%s)', async (top) => {
    await redis.client.hset(MARK, { top, min: '' });
    expect(await ensureGroup(redis.client, names)).toBe('created');
    await redis.client.xadd(SOURCE, '*', 'n', '1');
    expect(await judge(await readAgain())).toEqual(['done']);
  });
});

describe('an output stream whose ids are used up', () => {
  test('is refused before the entry is acknowledged, and nothing is written', async () => {
    const ids = await entries(2);
    await redis.client.xadd('p:full', HIGHEST, 'a', '1');
    const messages = ids.map((id) => ({ id, effects: [emit('p:out', 'id', id), emit('p:full', 'id', id)] }));
    expect(await commitAll(redis.client, messages)).toEqual(['full', 'full']);
    expect([await pendingCount(redis.client), await redis.client.exists('p:out')]).toEqual([2, 0]);
  });

  test.each([
    ['18446744073709551615-0', 'full'],
    ['18446744073709551614-18446744073709551615', 'done'],
  ])('is one whose last millisecond has begun (%s: %s)', async (last, result) => {
    const ids = await entries(2);
    await redis.client.xadd('p:full', last, 'a', '1');
    expect(
      (
        await commitAll(
          redis.client,
          ids.map((id) => ({ id, effects: [emit('p:full', 'id', id)] })),
        )
      )[0],
    ).toBe(result);
  });

  test('may be the decision log', async () => {
    const [id = ''] = await entries(1);
    await redis.client.xadd('p:stream:decisions', HIGHEST, 'a', '1');
    expect(await commitAll(redis.client, [{ id, effects: [], log: ['verdict', 'X'] }])).toEqual(['full']);
    expect(await pendingCount(redis.client)).toBe(1);
  });
});

test('Lua orders ids as they are ordered everywhere else', async () => {
  const part = fc.oneof(
    fc.bigInt({ min: 0n, max: 18446744073709551615n }),
    fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
    fc.bigInt({ min: 0n, max: 12n }),
  );
  const order = luaText(new URL('../../../runtime/engine/commit/id-order.lua', import.meta.url));
  const script = `${order}\nreturn newer(ARGV[1], ARGV[2]) and 1 or 0`;
  await fc.assert(
    fc.asyncProperty(part, part, part, part, async (ams, aseq, bms, bseq) => {
      const [a, b] = [`${ams}-${aseq}`, `${bms}-${bseq}`];
      expect(await redis.client.eval(script, 0, a, b)).toBe(compareStreamIds(a, b) > 0 ? 1 : 0);
    }),
    { numRuns: 500 },
  );
});
