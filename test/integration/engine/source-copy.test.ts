import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EffectPacker, type PackedEffect } from '../../../runtime/engine/commit/request.ts';
import { exactly } from '../../../runtime/engine/commit/source-copy.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { commitAll, delivered, SOURCE } from '../../support/commit.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const portfolio = portfolioOf('p');
const name = fc.constantFrom('action', 'reason', 'note', '__proto__', '7');
const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }).map(Buffer.from), fc.uint8Array({ maxLength: 8 }));
const entry = fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 6 });
const copy = fc.record({ omit: fc.subarray(['action', 'note']), rename: fc.subarray(['reason', 'note', '__proto__']) });

/** The entry that an effect with the fields of the source leaves, in hexadecimal. */
async function written(id: string, effect: PackedEffect): Promise<string[]> {
  expect(await commitAll(redis.client, [{ id, copies: true, effects: [effect] }])).toEqual(['done']);
  const entries = (await redis.client.xrangeBuffer(effect.key, '-', '+')) as [Buffer, Buffer[]][];
  return entries.flatMap(([, flat]) => flat).map((bytes) => bytes.toString('hex'));
}

test('fields of the source that are known exactly are written as Redis copies them, byte by byte', async () => {
  const sent = { true: 0, false: 0 };
  await fc.assert(
    fc.asyncProperty(entry, copy, async (fields, source) => {
      await redis.client.flushall();
      const flat = fields.flatMap(([field, bytes]) => [field, Buffer.from(bytes)]);
      const [first, second] = (await delivered(redis.client, [flat, flat])) as [string, string];
      const read = (await redis.client.xrange(SOURCE, first, first))[0]?.[1];
      const known = exactly(read ?? []);
      const pack = (stream: string, own?: readonly string[]) =>
        new EffectPacker(portfolio, 0, own).pack([{ do: 'emit', stream, fields: { mine: '1' }, source }])[0];
      const [packed, inRedis] = [pack('sent', known) as PackedEffect, pack('copied') as PackedEffect];
      sent[`${packed.copy === undefined}`] += 1;
      expect(await written(first, packed)).toEqual(await written(second, inRedis));
    }),
    { numRuns: 150 },
  );
  expect(Math.min(sent.true, sent.false)).toBeGreaterThan(10);
});
