import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PiecedText, wholeText } from '../../../handlers/contract/effects.ts';
import { packRequest } from '../../../runtime/engine/commit/compact.ts';
import type { PackedEffect, PackedMessage } from '../../../runtime/engine/commit/request.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import { commitAll, delivered, emit, hset, requestOf, send, set } from '../../support/commit.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** One write of a message, on a key of the message's own so that it can be told afterwards. */
interface Write {
  readonly to: 'emit' | 'hset' | 'set';
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** What a `set` writes instead of fields. */
  readonly value: PiecedText;
  /** Whether the source's own field, `n`, comes behind them. */
  readonly copies: boolean;
}

const name = fc.constantFrom('a', 'b', 'input_a');
const value = fc.oneof(fc.constantFrom('', '1', 'same'), fc.string({ unit: 'binary', maxLength: 5 }));
const long = fc.constantFrom('x'.repeat(256), 'y'.repeat(300));
const text: fc.Arbitrary<PiecedText> = fc.oneof(value, long, fc.array(fc.oneof(value, long), { maxLength: 3 }));
const write: fc.Arbitrary<Write> = fc.record({
  to: fc.constantFrom('emit', 'emit', 'hset', 'set' as const),
  fields: fc.uniqueArray(fc.tuple(name, fc.oneof({ arbitrary: value, weight: 3 }, long)), {
    minLength: 1,
    maxLength: 3,
    selector: ([field]) => field,
  }),
  value: text,
  copies: fc.boolean(),
});
const message = fc.record({ writes: fc.array(write, { maxLength: 3 }), facts: fc.option(text) });

function keyOf(at: number, place: number): string {
  return `p:key:${at}:${place}`;
}

function effectOf({ to, fields, value, copies }: Write, key: string): PackedEffect {
  if (to === 'set') return set(key, value);
  const effect = to === 'emit' ? emit(key, ...fields.flat()) : hset(key, ...fields.flat());
  return copies ? { ...effect, copy: { omit: [], rename: [] } } : effect;
}

async function contentOf({ to }: Write, key: string): Promise<unknown> {
  if (to === 'set') return await redis.client.get(key);
  if (to === 'emit') return (await redis.client.xrange(key, '-', '+')).map(([, flat]) => flat);
  return await redis.client.hgetall(key);
}

function expectedOf({ to, fields, value, copies }: Write, n: string): unknown {
  if (to === 'set') return wholeText(value);
  const all = copies ? [...fields, ['n', n] as const] : fields;
  return to === 'emit' ? [all.flat()] : { ...fieldsOf(all.flat()) };
}

test('whatever messages of a batch have in common, each writes exactly what it says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 12 }), async (batch) => {
      await redis.client.flushall();
      const ids = await delivered(
        redis.client,
        batch.map((_one, at) => ['n', String(at)]),
      );
      const messages = batch.map(({ writes, facts }, at): PackedMessage => {
        const effects = writes.map((one, place) => effectOf(one, keyOf(at, place)));
        const log = facts === null ? {} : { log: ['verdict', 'PASS', 'facts', facts] };
        const copies = effects.some((effect) => effect.copy !== undefined) && { copies: true };
        return { id: ids[at] as string, effects, ...log, ...copies };
      });
      expect(await commitAll(redis.client, messages)).toEqual(batch.map(() => 'done'));
      for (const [at, { writes }] of batch.entries()) {
        for (const [place, one] of writes.entries()) {
          expect(await contentOf(one, keyOf(at, place))).toEqual(expectedOf(one, String(at)));
        }
      }
      const logged = batch.flatMap(({ facts }) => (facts === null ? [] : [wholeText(facts)]));
      const log = await redis.client.xrange('p:stream:decisions', '-', '+');
      expect(log.map(([, flat]) => flat[3])).toEqual(logged);
    }),
    { numRuns: 150 },
  );
});

test('a duplicate between others is the only one that the decision log calls so', async () => {
  await redis.client.flushall();
  const ids = await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
    ['n', '3'],
  ]);
  await redis.client.set('p:dedupe:2', '1');
  const messages = ids.map(
    (id, at): PackedMessage => ({
      id,
      effects: [emit('p:out', 'n', String(at))],
      log: ['verdict', 'PASS', 'source_id', id],
      dedupe: { key: `p:dedupe:${at + 1}`, ttl: 60 },
    }),
  );
  expect(await commitAll(redis.client, messages)).toEqual(['done', 'duplicate', 'done']);
  const log = await redis.client.xrange('p:stream:decisions', '-', '+');
  expect(log.map(([, flat]) => flat[1])).toEqual(['PASS', 'DUPLICATE', 'PASS']);
});

test('a best effort that fails for one message is tried for the next', async () => {
  await redis.client.flushall();
  const ids = await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
  ]);
  await redis.client.lpush('p:live:0', 'no hash');
  const messages = ids.map(
    (id, at): PackedMessage => ({ id, effects: [{ ...hset(`p:live:${at}`, 'n', '1'), best: 1 }] }),
  );
  expect(await send(redis.client, requestOf(messages))).toEqual([
    { status: 'done', failedBestEfforts: [1] },
    { status: 'done', failedBestEfforts: [] },
  ]);
  expect(await redis.client.hgetall('p:live:1')).toEqual({ n: '1' });
});

test('the log says how many best efforts of a decision could not be made, and nothing where all were', async () => {
  await redis.client.flushall();
  const ids = await delivered(redis.client, [
    ['n', '1'],
    ['n', '2'],
    ['n', '3'],
  ]);
  await redis.client.lpush('p:live:0', 'no hash');
  const messages = ids.map(
    (id, at): PackedMessage => ({
      id,
      effects: [0, 1].map((n) => ({ ...hset(`p:live:${at === 0 ? 0 : n + 1}`, 'n', '1'), best: n + 1 })),
      log: ['verdict', 'PASS', 'source_id', id],
      dedupe: { key: `p:dedupe:${Math.min(at, 1)}`, ttl: 60 },
    }),
  );
  expect(await commitAll(redis.client, messages)).toEqual(['done', 'done', 'duplicate']);
  const log = await redis.client.xrange('p:stream:decisions', '-', '+');
  expect(log.map(([, flat]) => flat.slice(4))).toEqual([
    ['outputs', '', 'unwritten', '2'],
    ['outputs', ''],
    ['outputs', ''],
  ]);
});

test('long texts are each written as they are, however many others come between', async () => {
  await redis.client.flushall();
  const texts = Array.from({ length: 40 }, (_, at) => `${at % 10}`.repeat(400));
  const ids = await delivered(
    redis.client,
    texts.map((_text, at) => ['n', String(at)]),
  );
  const messages = ids.map((id, at): PackedMessage => ({ id, effects: [set(`p:own:${at}`, texts[at] as string)] }));
  expect(new Set(await commitAll(redis.client, messages))).toEqual(new Set(['done']));
  expect(await redis.client.mget(texts.map((_text, at) => `p:own:${at}`))).toEqual(texts);
});

test('what all messages of a batch have in common is sent once, what the writes of a message have in common too', () => {
  const facts = 'f'.repeat(5_000);
  const about = (at: number): PackedMessage => {
    const checks = String(at).padEnd(1_000, 'c');
    return {
      id: `1-${at}`,
      effects: [
        emit('p:stream:out', 'plan_id', String(at), 'mode', 'shadow', 'checks', checks),
        set(`p:permit:${at}`, ['{"checks":', checks, '}']),
      ],
      log: ['verdict', 'PASS', 'checks', checks, 'facts', [`{"n":${at},"book":`, facts, '}']],
    };
  };
  const bytesOf = (count: number) =>
    packRequest(requestOf(Array.from({ length: count }, (_, at) => about(at)))).reduce(
      (sum, { length }) => sum + length,
      0,
    );
  expect(bytesOf(50) - bytesOf(1)).toBeLessThan(49 * 1_100);
});
