import { expect, it } from 'vitest';
import { counted, noun, percent, percentTo } from '../../schemas/figure-text.ts';

it.each([
  [percent(0.125), '12.5 %'],
  [percent(0.12), '12 %'],
  [percent(0.123_456), '12.35 %'],
  [percent(0.123_456, { digits: 1 }), '12.3 %'],
  [percent(0.999_99, { digits: 2, whole: Math.floor }), '99.99 %'],
  [percent(0.999_99), '100 %'],
  [percentTo(1, 0.12), '12.0 %'],
  [percentTo(3, 0.000_01), '0.001 %'],
])('a share is written as %s', (written, text) => {
  expect(written).toBe(text);
});

it.each([
  [counted(1, 'permit'), '1 permit'],
  [counted(0, 'permit'), '0 permits'],
  [counted(2, 'entry', 'entries'), '2 entries'],
  [noun(1, 'is', 'are'), 'is'],
])('a count is written as %s', (written, text) => {
  expect(written).toBe(text);
});
