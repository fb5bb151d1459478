import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../../../../runtime/doors/page/styles/colours.css', import.meta.url), 'utf8');
const colours = new Map(
  [...css.matchAll(/--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [
    name ?? '',
    { light: light ?? '', dark: dark ?? '' },
  ]),
);

/** Text, and the surfaces it stands on. */
const TEXTS: readonly (readonly [text: string, surfaces: readonly string[]])[] = [
  ['text', ['ground', 'surface', 'raised', 'good-soft', 'warn-soft', 'bad-soft']],
  ['muted', ['ground', 'surface', 'raised', 'bad-soft']],
  ['accent', ['ground', 'surface', 'raised']],
  ['on-accent', ['accent']],
  ['on-bad', ['bad']],
  ['surface', ['good']],
  ['good', ['ground', 'surface', 'raised', 'good-soft']],
  ['warn', ['ground', 'surface', 'raised', 'warn-soft']],
  ['bad', ['ground', 'surface', 'raised', 'bad-soft']],
  ['cold', ['surface', 'cold-soft']],
  ['warm', ['surface', 'warm-soft']],
  ['hot', ['surface', 'hot-soft']],
];
/** Shapes that mean something without a word in them. */
const SHAPES: readonly (readonly [shape: string, surfaces: readonly string[]])[] = [
  ['edge', ['surface', 'ground']],
  ['cluster', ['surface']],
  ['accent', ['track']],
  ['warn', ['track']],
  ['bad', ['track']],
];

/** The contrast of two colours, 1 to 21 (WCAG 2.2, contrast ratio). */
function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function pairs(of: typeof TEXTS): readonly (readonly [string, string, 'light' | 'dark'])[] {
  return of.flatMap(([name, surfaces]) =>
    surfaces.flatMap((surface) => (['light', 'dark'] as const).map((theme) => [name, surface, theme] as const)),
  );
}

function contrastOf(name: string, surface: string, theme: 'light' | 'dark'): number {
  return contrast(colours.get(name)?.[theme] ?? '', colours.get(surface)?.[theme] ?? '');
}

describe('contrast', () => {
  it('is measured as WCAG does', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 10);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });

  it.each(pairs(TEXTS))('of %s on %s, %s, is enough for text', (name, surface, theme) => {
    expect(contrastOf(name, surface, theme)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(pairs(SHAPES))('of %s on %s, %s, is enough for a shape', (name, surface, theme) => {
    expect(contrastOf(name, surface, theme)).toBeGreaterThanOrEqual(3);
  });
});
