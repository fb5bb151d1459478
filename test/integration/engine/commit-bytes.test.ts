import { Unpackr } from 'msgpackr';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { deadLetter } from '../../../runtime/engine/commit/dead-letter.ts';
import type { PackedEffect } from '../../../runtime/engine/commit/request.ts';
import { commitAll, delivered, emit, hset, SOURCE } from '../../support/commit.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

/** Bytes that are no UTF-8: read and written again by the client they would come back changed. */
const BYTES = Buffer.from([0xff, 0xfe, 0x00, 0x80]);

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterAll(() => redis.stop());

function hex(flat: readonly Buffer[] | undefined): string[] {
  return (flat ?? []).map((part) => part.toString('hex'));
}

async function onlyEntry(stream: string): Promise<Buffer[]> {
  return (await redis.client.xrangeBuffer(stream, '-', '+'))[0]?.[1] as Buffer[];
}

async function commitOne(entry: readonly (string | Buffer)[], effect: PackedEffect): Promise<string> {
  const [id] = (await delivered(redis.client, [entry])) as [string];
  expect(await commitAll(redis.client, [{ id, copies: true, effects: [effect] }])).toEqual(['done']);
  return id;
}

test('fields of the source are copied to the byte', async () => {
  await commitOne(['raw', BYTES], { ...emit('p:out', 'mine', '1'), copy: { omit: [], rename: [] } });
  expect(hex(await onlyEntry('p:out'))).toEqual(
    hex([Buffer.from('mine'), Buffer.from('1'), Buffer.from('raw'), BYTES]),
  );
});

test('fields are left out, kept under another name, or passed on', async () => {
  const source = ['action', 'FULL_CLOSE', 'reason', 'R=4', 'note', BYTES, '__proto__', 'kept'];
  await commitOne(source, { ...emit('p:out', 'reason', 'warm'), copy: { omit: ['action'], rename: ['reason'] } });
  const expected = ['reason', 'warm', 'input_reason', 'R=4', 'note', BYTES, '__proto__', 'kept'];
  expect(hex(await onlyEntry('p:out'))).toEqual(hex(expected.map((part) => Buffer.from(part))));
});

test('a hash takes the fields of the source to the byte too', async () => {
  await commitOne(['raw', BYTES, '__proto__', 'p'], { ...hset('p:live', 'f', 'v'), copy: { omit: [], rename: [] } });
  expect((await redis.client.hgetBuffer('p:live', 'raw'))?.equals(BYTES)).toBe(true);
  expect(await redis.client.hget('p:live', '__proto__')).toBe('p');
  expect(await redis.client.hlen('p:live')).toBe(3);
});

const about = (id: string) => ({
  id,
  group: 'g',
  reason: 'invalid_message: plan_id',
  attempts: 1,
  nowMs: 1_700_000_000_500,
});

test('a dead letter keeps the entry whole and says why, from where and since when', async () => {
  const [id] = (await delivered(redis.client, [['raw', BYTES, 'dup', '1', 'dup', '2']])) as [string];
  await commitAll(redis.client, [{ id, copies: true, effects: [deadLetter(`${SOURCE}.dlq`, about(id))] }]);
  const [raw, value, ...rest] = await onlyEntry(`${SOURCE}.dlq`);
  expect(hex([raw as Buffer, value as Buffer])).toEqual(hex([Buffer.from('raw'), BYTES]));
  expect(rest.map(String)).toEqual([
    'dup',
    '1',
    'dup',
    '2',
    'dlq_id',
    id,
    'dlq_group',
    'g',
    'dlq_reason',
    'invalid_message: plan_id',
    'dlq_attempts',
    '1',
    'dlq_ts',
    '1700000000',
  ]);
});

test.each([1_000, 1_001, 5_000])('a dead letter of %i fields keeps them all', async (count) => {
  const fields = Array.from({ length: count }, (_, n) => [`f${n}`, n === 7 ? BYTES : `v${n}`]).flat();
  const [id] = (await delivered(redis.client, [fields])) as [string];
  const effects = [deadLetter(`${SOURCE}.dlq`, about(id))];
  expect(await commitAll(redis.client, [{ id, copies: true, effects }])).toEqual(['done']);
  const written = await onlyEntry(`${SOURCE}.dlq`);
  const own = written.slice(0, -10);
  const kept = count > 1_000 ? unpacked(own) : own;
  expect(hex(kept)).toEqual(hex(fields.map((part) => Buffer.from(part))));
  expect(written.slice(-10).map(String)).toContain('dlq_reason');
});

function unpacked([name, value]: readonly Buffer[]): Buffer[] {
  expect(String(name)).toBe('dlq_packed');
  return rawStrings(value as Buffer);
}

/** The strings of a msgpack list as bytes: the decoder's own strings would not keep what is no UTF-8. */
function rawStrings(packed: Buffer): Buffer[] {
  const strings = new Unpackr({ useRecords: false }).unpack(packed) as string[];
  let at = packed[0] === 0xdd ? 5 : packed[0] === 0xdc ? 3 : 1;
  return strings.map(() => {
    const head = packed[at] as number;
    const size =
      head >= 0xa0 && head <= 0xbf ? { skip: 1, length: head & 0x1f } : { skip: 2, length: packed[at + 1] as number };
    at += size.skip + size.length;
    return packed.subarray(at - size.length, at);
  });
}
