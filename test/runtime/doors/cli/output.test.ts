import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table } from '../../../../runtime/doors/cli/output.ts';

describe('a table', () => {
  it('cuts what is very long, and says that something is left out', () => {
    const [, row = ''] = table(['A', 'B'], [['x'.repeat(10_000), 'y']]).split('\n');
    expect(row).toBe(`${'x'.repeat(199)}…  y`);
  });

  it('leaves what fits as it is, and cuts the widest columns where it does not', () => {
    const rows = [['short', 'a'.repeat(40), 'b'.repeat(40)]];
    expect(table(['A', 'B', 'C'], rows, 89).split('\n')[1]).toBe(`short  ${'a'.repeat(40)}  ${'b'.repeat(40)}`);
    const [, cut = ''] = table(['A', 'B', 'C'], rows, 70).split('\n');
    expect(cut.length).toBeLessThanOrEqual(70);
    expect(cut).toMatch(/^short {2}a+…? {2}b+…?$/);
  });

  it('is never wider than it may be, but for its headings and ten characters a column', () => {
    const texts = fc.array(fc.array(fc.string({ maxLength: 80 }), { minLength: 4, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 60, max: 200 }), (rows, within) => {
        const plain = rows.map((row) => row.map((text) => text.replaceAll(/[^ -~]/g, '')));
        for (const line of table(['ONE', 'TWO', 'THREE', 'FOUR'], plain, within).split('\n')) {
          expect(line.length).toBeLessThanOrEqual(within);
        }
      }),
    );
  });
});
