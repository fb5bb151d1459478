import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldsOf, identifierProblem, overLimit, parseBoolean } from '../../schemas/wire.ts';

describe('the fields of an entry', () => {
  it('are the pairs of the reply, the last of a name given twice', () => {
    expect({ ...fieldsOf(['a', '1', 'b', '2', 'a', '3']) }).toEqual({ a: '3', b: '2' });
  });

  it('keep a field that is named like a part of every object', () => {
    const fields = fieldsOf(['__proto__', 'x', 'constructor', 'y']);
    expect(Object.entries(fields)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(fields.toString).toBeUndefined();
  });

  it('leave out a name without a value', () => {
    expect(Object.keys(fieldsOf(['a', '1', 'b']))).toEqual(['a']);
  });
});

describe('a boolean on the wire', () => {
  it.each(['true', 'True', 'TRUE', '1', 'yes', ' true '])('%j is true', (text) => {
    expect(parseBoolean(text)).toBe(true);
  });

  it.each(['false', 'False', 'FALSE', '0', 'no', ''])('%j is false', (text) => {
    expect(parseBoolean(text)).toBe(false);
  });

  it.each([undefined, 'tRUE', 'maybe', '2', 'on', 'null'])('%j is none', (text) => {
    expect(parseBoolean(text)).toBeUndefined();
  });
});

describe('the size of an entry', () => {
  const limit = 256 * 1024;
  const read = (bytes: Uint8Array) => Buffer.from(bytes).toString();

  it.each([
    ['ASCII at the limit', ['n', 'x'.repeat(limit - 1)], undefined],
    ['ASCII one over it', ['n', 'x'.repeat(limit)], 'over_limit: 262145 bytes, at most 262144'],
    ['three bytes a letter at the limit', ['n', `${'€'.repeat(limit / 3 - 1)}xxx`], undefined],
    [
      'three bytes a letter, one over it',
      ['n', `${'€'.repeat(limit / 3)}x`],
      'over_limit: 262145 bytes, at most 262144',
    ],
    ['a third of it in bytes that are no UTF-8', ['', read(new Uint8Array(87_381).fill(0xff))], undefined],
    ['one such byte more', ['', read(new Uint8Array(87_382).fill(0xff))], 'over_limit: 262146 bytes, at most 262144'],
  ])('%s', (_what, flat, problem) => {
    expect(overLimit(flat)).toBe(problem);
  });

  it('is never counted smaller than it was written, whatever its bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const pieces = fc.constantFrom([0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xc3], [0xed, 0xa0, 0x80], [0xff]);
    const broken = fc.array(pieces, { maxLength: 100 }).map((list) => Uint8Array.from(list.flat()));
    fc.assert(
      fc.property(fc.oneof(bytes, broken), (written) => {
        const counted = Buffer.byteLength(read(written));
        expect(counted).toBeGreaterThanOrEqual(written.length);
        expect(counted).toBeLessThanOrEqual(3 * written.length);
      }),
    );
  });
});

describe('an identifier', () => {
  it.each(['BTCUSDT', '8188151ac8e76b73', 'a', 'a-b_c.d/e|f~', 'x'.repeat(128)])('%j can be used', (text) => {
    expect(identifierProblem(text)).toBeUndefined();
  });

  it.each([
    [undefined, 'missing'],
    ['', 'empty'],
    ['x'.repeat(129), 'over 128 bytes'],
    ['BTC USDT', 'not printable ASCII'],
    ['BTC:USDT', 'not printable ASCII'],
    ['{BTC', 'not printable ASCII'],
    ['BTC}', 'not printable ASCII'],
    ['BTC\n', 'not printable ASCII'],
    ['BTC\u007f', 'not printable ASCII'],
    ['₿', 'not printable ASCII'],
    ['\u0000', 'not printable ASCII'],
  ])('%j cannot: %s', (text, problem) => {
    expect(identifierProblem(text)).toContain(problem);
  });

  it('that can be used is 1 to 128 bytes and holds nothing that a key is built with', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 140 }), (text) => {
        if (identifierProblem(text) !== undefined) return;
        expect(Buffer.byteLength(text)).toBeGreaterThanOrEqual(1);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(128);
        expect(text).not.toMatch(/[\s:{}]/);
      }),
    );
  });
});
