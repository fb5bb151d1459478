import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareStreamIds,
  isFresh,
  isYounger,
  parseTimeMs,
  streamIdMs,
  timeOf,
  toEpochSeconds,
} from '../../schemas/time.ts';
import { fieldsOf } from '../../schemas/wire.ts';

describe('a time on the wire', () => {
  it.each([
    ['1771294976', 1_771_294_976_000],
    ['1771294976.5', 1_771_294_976_500],
    ['1771294976212', 1_771_294_976_212],
    ['100000000000', 100_000_000_000_000],
    ['100000000001', 100_000_000_001],
    ['0', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseTimeMs(text)).toBe(ms);
  });

  it.each([undefined, '', '-1', 'now', '2026-02-17T05:06:00', 'NaN'])('%j is none', (text) => {
    expect(parseTimeMs(text)).toBeUndefined();
  });

  it('of an entry is its timestamp, else its ts_epoch, and never its ts', () => {
    expect(timeOf(fieldsOf(['timestamp', '10', 'ts_epoch', '20', 'ts', '30']))).toBe(10_000);
    expect(timeOf(fieldsOf(['timestamp', 'x', 'ts_epoch', '20']))).toBe(20_000);
    expect(timeOf(fieldsOf(['ts', '30']))).toBeUndefined();
  });

  it('is written in whole seconds', () => {
    expect(toEpochSeconds(1_771_294_976_999)).toBe('1771294976');
  });
});

describe('an age', () => {
  const now = 1_000_000;

  it.each([
    [0, true],
    [30_000, true],
    [30_001, false],
    [-5_000, true],
    [-5_001, false],
  ])('of %d ms against 30 s is fresh: %s', (age, fresh) => {
    expect(isFresh(now - age, now, 30_000)).toBe(fresh);
  });

  it.each([
    [29_999, true],
    [30_000, false],
    [-5_000, true],
    [-5_001, false],
  ])('of %d ms is younger than 30 s: %s', (age, younger) => {
    expect(isYounger(now - age, now, 30_000)).toBe(younger);
  });
});

describe('a stream id', () => {
  it('tells its milliseconds', () => {
    expect(streamIdMs('1771294976212-7')).toBe(1_771_294_976_212);
  });

  it.each([
    ['1-1', '1-1', 0],
    ['1-1', '1-2', -1],
    ['2-0', '1-9', 1],
    ['9-0', '10-0', -1],
    ['5-9', '5-10', -1],
    ['1-9007199254740993', '1-9007199254740992', 1],
    ['18446744073709551615-0', '18446744073709551614-1', 1],
  ])('%s against %s: %d', (a, b, order) => {
    expect(Math.sign(compareStreamIds(a, b))).toBe(order);
  });

  it('has the order of its two numbers', () => {
    const part = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(part, part, part, part, (aMs, aSeq, bMs, bSeq) => {
        const order = aMs === bMs ? aSeq - bSeq : aMs - bMs;
        const expected = order < 0n ? -1 : order > 0n ? 1 : 0;
        expect(Math.sign(compareStreamIds(`${aMs}-${aSeq}`, `${bMs}-${bSeq}`))).toBe(expected);
      }),
    );
  });
});
