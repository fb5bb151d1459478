import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candleIntervalMs, candleIntervals, formatCandle, parseCandle, parseCandles } from '../../schemas/candle.ts';
import { fieldsOf } from '../../schemas/wire.ts';

describe('a candle of the store', () => {
  it.each([
    ['whole', '100', '2,3,1,2.5,10', { openMs: 100, open: 2, high: 3, low: 1, close: 2.5, volume: 10 }],
    ['without a volume', '100', '2,3,1,2.5,', { openMs: 100, open: 2, high: 3, low: 1, close: 2.5, volume: undefined }],
    [
      'without its volume field',
      '100',
      '2,3,1,2',
      { openMs: 100, open: 2, high: 3, low: 1, close: 2, volume: undefined },
    ],
    ['with a volume of 0', '100', '2,3,1,2,0', { openMs: 100, open: 2, high: 3, low: 1, close: 2, volume: 0 }],
    ['with one price', '0', '1,1,1,1,0', { openMs: 0, open: 1, high: 1, low: 1, close: 1, volume: 0 }],
  ])('is read %s', (_words, name, text, candle) => {
    expect(parseCandle(name, text)).toEqual(candle);
  });

  it.each([
    ['a time that is none', 'x', '1,1,1,1,1'],
    ['half a millisecond', '1.5', '1,1,1,1,1'],
    ['too few parts', '1', '1,1,1'],
    ['too many parts', '1', '1,1,1,1,1,1'],
    ['an empty price', '1', '1,,1,1,1'],
    ['a price of 0', '1', '0,1,0,1,1'],
    ['a low above the close', '1', '2,3,1.5,1,1'],
    ['a high below the open', '1', '2,1.5,1,1,1'],
    ['a volume below 0', '1', '2,3,1,2,-1'],
    ['an exponent', '1', '2,3e0,1,2,1'],
    ['a hexadecimal price', '1', '0x2,3,1,2,1'],
    ['a price of two points', '1', '2.0.0,3,1,2,1'],
    ['blanks', '1', ' 2,3,1,2,1'],
    ['an endless price', '1', `${'9'.repeat(400)},${'9'.repeat(400)},1,2,1`],
    ['a time with a sign', '-1', '1,1,1,1,1'],
    ['a time past whole numbers', '99999999999999999', '1,1,1,1,1'],
    ['nothing', '1', ''],
    ['JSON', '1', '{"open":1}'],
  ])('is none with %s', (_words, name, text) => {
    expect(parseCandle(name, text)).toBeUndefined();
  });

  it('is read as it was written', () => {
    const price = fc.integer({ min: 1, max: 1e9 }).map((units) => units / 1e4);
    fc.assert(
      fc.property(price, price, price, price, fc.option(price, { nil: undefined }), (open, close, a, b, volume) => {
        const [low, high] = [Math.min(open, close, a), Math.max(open, close, b)];
        const candle = { openMs: 60_000, open, high, low, close, volume };
        expect(parseCandle('60000', formatCandle(candle))).toEqual(candle);
      }),
    );
  });

  it('is written without an exponent', () => {
    expect(formatCandle({ open: 1e-7, high: 2e-7, low: 1e-8, close: 1e-7, volume: 1e21 })).toBe(
      '0.0000001,0.0000002,0.00000001,0.0000001,1000000000000000000000',
    );
  });
});

it('a store gives its candles in order of time and counts what is none', () => {
  const store = fieldsOf(['300', '1,1,1,1,', '100', '2,2,2,2,', 'x', '1,1,1,1,', '200', 'broken']);
  const { candles, unusable } = parseCandles(store);
  expect(candles.map(({ openMs }) => openMs)).toEqual([100, 300]);
  expect(unusable).toBe(2);
});

it('the lengths of candles rise and divide a day', () => {
  const lengths = candleIntervals.map((name) => candleIntervalMs[name]);
  expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
  expect(lengths.filter((length) => 86_400_000 % length !== 0)).toEqual([]);
});
