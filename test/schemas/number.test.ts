import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNumber, parseNumber, round10 } from '../../schemas/number.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe('a number on the wire', () => {
  it.each([
    ['0', 0],
    ['-12.5', -12.5],
    ['  42\n', 42],
    ['1e3', 1000],
    ['2.94E-1', 0.294],
    ['0.2941666667', 0.2941666667],
    ['.5', 0.5],
    ['946857.0', 946857],
    ['1.7976931348623157e308', Number.MAX_VALUE],
  ])('%j is %d', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it.each([
    '',
    ' ',
    'abc',
    'NaN',
    'nan',
    'Infinity',
    '-Infinity',
    'inf',
    '0x10',
    '1e400',
    '-1e400',
    '1,5',
    '1 2',
    '1_000',
    '12px',
    '--1',
    'e5',
    '.',
    'true',
    'null',
    '\u0661',
  ])('%j is no number', (text) => {
    expect(parseNumber(text)).toBeUndefined();
  });

  it('that is absent is no number', () => {
    expect(parseNumber(undefined)).toBeUndefined();
    expect(parseNumber(null)).toBeUndefined();
  });

  it('of a quarter of a million digits that is none is refused within the time of a test', () => {
    expect(parseNumber(`${'1'.repeat(250_000)}x`)).toBeUndefined();
  });

  it('never throws, and is finite when it is a number, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), finite.map(String)), (text) => {
        const value = parseNumber(text);
        expect(value === undefined || Number.isFinite(value)).toBe(true);
      }),
    );
  });
});

describe('a number written to the wire', () => {
  it.each([
    [882.5 / 3000, '0.2941666667'],
    [0.1 + 0.2, '0.3'],
    [1e-7, '0.0000001'],
    [4e-11, '0'],
    [5e-11, '0.0000000001'],
    [-4e-11, '0'],
    [-0, '0'],
    [100, '100'],
    [1348, '1348'],
    [-12.5, '-12.5'],
    [1e21, '1000000000000000000000'],
    [1234567.0123456789, '1234567.0123456789'],
    [1.005, '1.005'],
  ])('%d is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it.each([Number.NaN, Infinity, -Infinity])('refuses %d', (value) => {
    expect(() => formatNumber(value)).toThrow('expected a finite number');
  });

  it('is a plain decimal of at most 10 digits after the point, without trailing zeros', () => {
    fc.assert(
      fc.property(finite, (value) => {
        expect(formatNumber(value)).toMatch(/^(0|-?(0|[1-9]\d*)(\.\d{0,9}[1-9])?)$/);
      }),
    );
  });

  it('reads back as the figure that was judged', () => {
    fc.assert(
      fc.property(fc.oneof(finite, fc.double({ min: -1e7, max: 1e7, noNaN: true })), (value) => {
        const judged = round10(value);
        expect(parseNumber(formatNumber(judged))).toBe(judged);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('rounding to 10 digits', () => {
  it('moves a figure once, never twice', () => {
    fc.assert(
      fc.property(fc.oneof(finite, fc.double({ min: -1e7, max: 1e7, noNaN: true })), (value) => {
        expect(round10(round10(value))).toBe(round10(value));
      }),
      { numRuns: 5000 },
    );
  });

  it('moves a figure by at most half a digit, and what a number of that size can tell', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e5, max: 1e5, noNaN: true }), (value) => {
        expect(Math.abs(round10(value) - value)).toBeLessThanOrEqual(0.8e-10);
      }),
    );
  });
});
