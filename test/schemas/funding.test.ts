import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatFunding, parseFunding } from '../../schemas/funding.ts';

const AT = 1_620_000_000_000;
const Rate = fc.record({
  atMs: fc.integer({ min: 1, max: 4e12 }),
  rate: fc.double({ min: -1, max: 1, noNaN: true }).map((rate) => rate + 0),
  mark: fc.option(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { nil: undefined }),
});

test('what is kept is read back, in order of time, between its bounds', () => {
  fc.assert(
    fc.property(fc.uniqueArray(Rate, { selector: ({ atMs }) => atMs }), (rates) => {
      const fields = Object.fromEntries(rates.map((rate) => [String(rate.atMs), formatFunding(rate)]));
      const sorted = [...rates].sort((a, b) => a.atMs - b.atMs);
      const kept = parseFunding({ ...fields, from: '5', next: '9' });
      expect(kept).toMatchObject({ fromMs: 5, nextMs: 9 });
      expect(kept.rates.map(({ atMs }) => atMs)).toEqual(sorted.map(({ atMs }) => atMs));
      for (const [at, { rate, mark }] of kept.rates.entries()) {
        expect(rate).toBeCloseTo(sorted[at]?.rate ?? Number.NaN, 9);
        expect(mark === undefined).toBe(sorted[at]?.mark === undefined);
        if (mark !== undefined) expect(mark).toBeCloseTo(sorted[at]?.mark ?? Number.NaN, 9);
      }
    }),
  );
});

test.each([
  ['x', '0.0001,100'],
  [String(AT), ''],
  [String(AT), 'NaN,100'],
  [String(AT), '0.0001,0'],
  [String(AT), '0.0001,x'],
  ['-5', '0.0001,'],
])('a field %o of %o is no payment, and what is whole is not known beside it', (name, text) => {
  const good = { [String(AT + 1)]: '-0.001,' };
  expect(parseFunding({ ...good, from: '1', next: String(2 * AT), [name]: text })).toEqual({
    rates: [{ atMs: AT + 1, rate: -0.001, mark: undefined }],
    fromMs: undefined,
    nextMs: undefined,
  });
});

test('nothing is whole without both bounds', () => {
  expect(parseFunding({})).toEqual({ rates: [], fromMs: undefined, nextMs: undefined });
  expect(parseFunding({ from: '1', next: 'soon' })).toMatchObject({ fromMs: 1, nextMs: undefined });
});
