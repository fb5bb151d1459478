import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonMembers, toJson } from '../../schemas/json.ts';
import { round10 } from '../../schemas/number.ts';

describe('JSON as written on the wire', () => {
  it.each([
    [0.00000001, '0.00000001'],
    [1e21, '1000000000000000000000'],
    [0.1 + 0.2, '0.3'],
    [-0, '0'],
    [Number.NaN, 'null'],
    [Number.POSITIVE_INFINITY, 'null'],
  ])('writes the number %s as %s', (value, text) => {
    expect(toJson(value)).toBe(text);
  });

  it('leaves out members that are undefined and keeps those that are null', () => {
    expect(toJson({ symbol: 'BTCUSDT', drawdown: undefined, budget_usd: null })).toBe(
      '{"symbol":"BTCUSDT","budget_usd":null}',
    );
  });

  it('reads back as what was written, numbers at 10 digits', () => {
    const figure = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(fc.string(), fc.array(figure), fc.boolean(), (name, figures, flag) => {
        const plain = figures.map((value) => round10(value) + 0);
        expect(JSON.parse(toJson({ name, figures, flag }))).toEqual({ name, figures: plain, flag });
      }),
    );
  });

  it('writes every text and every name as JSON.stringify does', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());
    const broken = fc.constantFrom('\uD800', 'a"b', 'a\\b', '\u007F', '\u2028', '\n', '__proto__');
    fc.assert(
      fc.property(fc.oneof(text, broken), (value) => {
        expect(toJson(value)).toBe(JSON.stringify(value));
        expect(toJson({ [`${value}!`]: value })).toBe(JSON.stringify({ [`${value}!`]: value }));
      }),
    );
  });

  it('joins the members of objects to one', () => {
    const [switches, mark] = [{ kill_on: false, rev: 3 }, { market_mark: null }];
    expect(`{${jsonMembers(switches)},${jsonMembers(mark)}}`).toBe(toJson({ ...switches, ...mark }));
  });
});
