import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNumber } from '../../schemas/number.ts';
import { limitOf, symbolLimitsSetting, symbolsSetting } from '../../schemas/symbol-setting.ts';
import { identifierProblem } from '../../schemas/wire.ts';

const symbol = fc.oneof(
  fc.constantFrom('BTCUSDT', 'ETHUSDT', '1000PEPEUSDT', 'BTCUSDT_260327', 'A-B.C/D'),
  fc.stringMatching(/^[A-Z0-9]{1,12}$/),
);
const limit = fc.oneof(fc.constantFrom(0, 0.001, 5, 1e9), fc.double({ min: 0, max: 1e6, noNaN: true }));
const blanks = fc.constantFrom('', ' ', '  ');
const pairs = fc.uniqueArray(fc.tuple(fc.oneof(symbol, fc.constant('*')), limit, blanks), {
  selector: ([name]) => name,
  minLength: 1,
  maxLength: 8,
});

describe('a map of limits', () => {
  it('gives each symbol its own limit, all others that of *, in any order and with any blanks', () => {
    fc.assert(
      fc.property(pairs, symbol, (list, other) => {
        const text = list
          .map(([name, value, gap]) => `${gap}${name}${gap}:${gap}${formatNumber(value)}${gap}`)
          .join(',');
        const limits = symbolLimitsSetting().parse(text);
        const known = new Map(list.map(([name, value]) => [name, Number(formatNumber(value))]));
        for (const name of [...known.keys(), other])
          expect(limitOf(limits, name)).toBe(known.get(name) ?? known.get('*'));
        expect(symbolLimitsSetting().safeParse(`${text},${list[0]?.[0]}:1`).success).toBe(false);
      }),
    );
  });

  it('is refused or finite, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-Z*:,.0-9eE+-]{0,20}$/)), (text) => {
        const parsed = symbolLimitsSetting().safeParse(text);
        if (!parsed.success) {
          expect(parsed.error.issues[0]?.message).toMatch(/^expected .*, got "/s);
          return;
        }
        for (const [name, value] of parsed.data) {
          expect(Number.isFinite(value) && value >= 0).toBe(true);
          expect(identifierProblem(name)).toBeUndefined();
        }
        expect(parsed.data.size).toBe(text.split(',').length);
      }),
    );
  });

  const PAIR = 'expected a symbol and a number of at least 0, as BTCUSDT:2 or *:5';
  it.each([
    ['', `${PAIR}, got ""`],
    ['5', `${PAIR}, got "5"`],
    ['BTCUSDT', `${PAIR}, got "BTCUSDT"`],
    ['BTCUSDT:', `${PAIR}, got "BTCUSDT:"`],
    ['BTCUSDT:-1', `${PAIR}, got "BTCUSDT:-1"`],
    ['BTCUSDT:1e999', `${PAIR}, got "BTCUSDT:1e999"`],
    ['BTCUSDT:0x10', `${PAIR}, got "BTCUSDT:0x10"`],
    ['BTCUSDT:1:2', `${PAIR}, got "BTCUSDT:1:2"`],
    ['BTCUSDT:2;ETHUSDT:3', `${PAIR}, got "BTCUSDT:2;ETHUSDT:3"`],
    [':2', 'expected a symbol in capitals, as BTCUSDT, got ":2"'],
    ['**:2', 'expected a symbol in capitals, as BTCUSDT, got "**:2"'],
    ['btcusdt:2', 'expected a symbol in capitals, as BTCUSDT, got "btcusdt:2"'],
    ['*:1,BTCUSDT:2, *:3', 'expected each symbol once, got "*:3"'],
    ['BTCUSDT:2,BTCUSDT:2', 'expected each symbol once, got "BTCUSDT:2"'],
  ])('cannot be %j', (text, message) => {
    expect(
      symbolLimitsSetting()
        .safeParse(text)
        .error?.issues.map((issue) => issue.message),
    ).toEqual([message]);
  });
});

describe('a list of symbols', () => {
  it('has those that it names, in any order and with any blanks', () => {
    const list = fc.uniqueArray(symbol, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(list, blanks, (names, gap) => {
        const text = names.map((name) => `${gap}${name}${gap}`).join(',');
        expect([...symbolsSetting().parse(text)]).toEqual(names);
        expect(symbolsSetting().safeParse(`${text},${names[0]}`).success).toBe(false);
      }),
    );
  });
});
