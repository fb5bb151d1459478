import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelled, table, wrapped } from '../../../../runtime/doors/cli/output.ts';
import { toned, untoned } from '../../../../runtime/doors/cli/style.ts';

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

  it('goes on below in its last column, word by word, and nothing of it is lost', () => {
    const words = 'a reason of several words, longer than what is left of the line';
    const lines = table(['GATE', 'REASON'], [['governor', words]], 40)
      .trimEnd()
      .split('\n');
    expect(lines.slice(1)).toEqual([
      'governor  a reason of several words,',
      '          longer than what is left of',
      '          the line',
    ]);
    expect(table(['GATE', 'REASON'], [['governor', words]]).split('\n')[1]).toBe(`governor  ${words}`);
  });

  it('has the states of its rows in colour, with the widths of the words', () => {
    const text = table(['GATE', 'VERDICT', 'SYMBOL'], [['governor', 'BLOCK', 'BLOCK']]);
    expect(text).toContain(`governor  ${toned('bad', 'BLOCK')}    BLOCK\n`);
    expect(untoned(text)).toBe('GATE      VERDICT  SYMBOL\ngovernor  BLOCK    BLOCK\n');
  });
});

describe('words behind an indent', () => {
  it('break at the last blank that fits, and not where they just fit', () => {
    expect(wrapped('aaaaa bbbbb ccccc ddddd', 4, 27)).toBe('aaaaa bbbbb ccccc ddddd');
    expect(wrapped('aaaaa bbbbb ccccc ddddd', 4, 26)).toBe('aaaaa bbbbb ccccc\n    ddddd');
    expect(wrapped('aaaaa bbbbb ccccc ddddd', 4)).toBe('aaaaa bbbbb ccccc ddddd');
  });

  it('count without their colours', () => {
    expect(untoned(labelled('Heat', `${toned('bad', 'HOT')} now and then`, 40, 'bad'))).toBe(
      'Heat           HOT now and then\n',
    );
  });

  it('are never wider than they may be, but for one long word, and are all there', () => {
    const word = fc.stringMatching(/^[a-z]{1,30}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 40, max: 120 }), (words, within) => {
        const lines = labelled('Label', words.join(' '), within).trimEnd().split('\n');
        for (const line of lines) {
          const isOneWord = !line.slice(15).includes(' ');
          expect(line.length <= within || isOneWord).toBe(true);
        }
        expect(lines.map((line) => line.slice(15)).join(' ')).toBe(words.join(' '));
      }),
    );
  });
});
