import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FileCheck, verifyFile } from '../../../../runtime/desk/seals/file-check.ts';
import { sealedExport } from '../../../support/sealed-log.ts';

const KEY = 'a key of more than thirty-two characters';
const NOTHING: FileCheck = { key: undefined, head: undefined, keptOf: () => ({ kept: [], problems: [] }) };
/** Three ranges: lines 1, 5 and 9 are seals, decisions 1 to 3, 4 to 6, 7 to 9, then two unsealed ones and the end. */
const made = sealedExport({ ranges: [3, 3, 3], unsealed: 2 });
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealed-'));
  file = join(folder, 'export.jsonl');
});
afterAll(async () => rm(folder, { recursive: true }));

async function verify(lines: readonly string[], check: Partial<FileCheck> = {}) {
  await writeFile(file, `${lines.join('\n')}\n`);
  return await verifyFile(file, { ...NOTHING, ...check });
}

const problems = async (lines: readonly string[], check?: Partial<FileCheck>) => (await verify(lines, check)).problems;
const edited = (line = '') => line.replace('"PASS"', '"BLOCK"');
const swapped = (lines: readonly string[], one: number, other: number) =>
  lines.with(one - 1, lines[other - 1] ?? '').with(other - 1, lines[one - 1] ?? '');

describe('a sealed export', () => {
  it('as it was written is whole, compressed too, and says what no seal covers', async () => {
    expect(await verify(made)).toMatchObject({
      whole: true,
      decisions: 11,
      unsealed: 2,
      seals: 3,
      newest: 3,
      trimmed: 0,
    });
    await writeFile(file, gzipSync(`${made.join('\n')}\n`));
    expect(await verifyFile(file, NOTHING)).toMatchObject({ whole: true, decisions: 11 });
    expect(await verify(sealedExport({ ranges: [] }))).toMatchObject({ whole: true, decisions: 0, isSealed: true });
    expect(await verify(['{"id":"1-0","verdict":"PASS"}'])).toMatchObject({ isSealed: false });
  });

  it.each([
    { what: 'a decision edited', lines: made.with(6, edited(made[6])), said: ['line 7: decision 5-0 was changed'] },
    {
      what: 'two beside each other edited',
      lines: made.with(5, edited(made[5])).with(6, edited(made[6])),
      said: ['line 6: decision 4-0 was changed', 'line 7: decision 5-0 was changed'],
    },
    {
      what: 'one dropped',
      lines: made.toSpliced(6, 1),
      said: ['decision 5-0 is gone: it is one of the 3 of seal 2', 'the export had 11 decisions, the file has 10'],
    },
    {
      what: 'one put in',
      lines: made.toSpliced(6, 0, '{"id":"4-5","verdict":"PASS"}'),
      said: ['line 7: decision 4-5 was added to seal 2', 'the export had 11 decisions, the file has 12'],
    },
    {
      what: 'one put in twice',
      lines: made.toSpliced(6, 0, made[5] ?? ''),
      said: ['line 7: decision 4-0 is there twice: it was added', 'the export had 11 decisions, the file has 12'],
    },
    { what: 'two exchanged', lines: swapped(made, 6, 7), said: ['line 7: decision 4-0 is out of order'] },
    {
      what: 'two of different ranges exchanged',
      lines: swapped(made, 2, 7),
      said: [
        'decision 1-0 is gone: it is one of the 3 of seal 1',
        'line 2: decision 5-0 was added, or is out of order: it is in no range',
        'line 7: decision 1-0 was changed',
      ],
    },
    {
      what: 'two ranges exchanged',
      lines: [...made.slice(0, 4), ...made.slice(8, 12), ...made.slice(4, 8), ...made.slice(12)],
      said: ['line 5: expected seal 2, got 3: seals between them are gone'],
    },
    {
      what: 'cut off at the front',
      lines: made.slice(4),
      said: ['the export began with 1, the file with 2: it was cut off'],
    },
    {
      what: 'cut off at the end',
      lines: made.slice(0, 8),
      said: ['the end of the export is missing: the file was cut off'],
    },
    {
      what: 'a range taken from the end',
      lines: made.toSpliced(8, 4),
      said: ['the export ended with 3, the file with 2: it was cut off', 'the export had 11 decisions, the file has 8'],
    },
    {
      what: 'all deleted',
      lines: made.slice(-1),
      said: ['the export began with 1, the file with none: it was cut off'],
    },
    {
      what: 'something behind its end',
      lines: [...made, '{"id":"99-0"}'],
      said: ['line 16 stands behind the end of the export'],
    },
    {
      what: 'a line that is none',
      lines: made.with(6, '{"id":5}'),
      said: ['line 7: expected a line of export --seal, got something else'],
    },
  ])('with $what is found, and named', async ({ lines, said }) => {
    const found = await problems(lines);
    for (const one of said) expect(found).toContain(one);
  });

  it('with a leaf made to fit its decision does not fit its root, nor a root made to fit the next seal', async () => {
    const other = sealedExport({ ranges: [3, 3, 3], unsealed: 2, verdictOf: (n) => (n === 5 ? 'BLOCK' : 'PASS') });
    const leaf = JSON.parse(made[4] ?? '') as { seal: { leaves: string[] } };
    leaf.seal.leaves = (JSON.parse(other[4] ?? '') as typeof leaf).seal.leaves;
    const withLeaf = made.with(4, JSON.stringify(leaf)).with(6, other[6] ?? '');
    expect(await problems(withLeaf)).toEqual(['line 5: seal 2 was made of other decisions than those listed in it']);
    const withSeal = made.with(4, other[4] ?? '').with(6, other[6] ?? '');
    expect(await problems(withSeal)).toEqual([
      'line 9: seal 3 does not follow the one before it: that one was altered or exchanged',
    ]);
  });

  it('made anew as a whole is found by a hash, a kept head or the key, and by nothing else', async () => {
    const honest = sealedExport({ ranges: [3, 3], key: KEY });
    const { head } = await verify(honest, { key: KEY });
    const anew = sealedExport({ ranges: [3, 3], verdictOf: (n) => (n === 2 ? 'BLOCK' : 'PASS') });
    expect(await problems(honest, { key: KEY, head })).toEqual([]);
    expect(await problems(anew)).toEqual([]);
    expect(await problems(anew, { head })).toEqual([`no seal of the file has the hash ${head}`]);
    const keptOf = () => ({ kept: [{ at: 1, seal: 2, hash: head }], problems: [] });
    expect(await verify(honest, { keptOf })).toMatchObject({ whole: true, held: 1 });
    expect(await problems(anew, { keptOf })).toEqual([
      'seal 2 is another one than was kept at 1970-01-01T00:00:01.000Z: it was written anew',
    ]);
    expect(await problems(anew, { key: KEY })).toEqual([
      'the last line has no mark of LEDGER_KEY_FILE',
      'of 2 seals none has the mark of LEDGER_KEY_FILE: they were written without it, or rewritten',
    ]);
    const otherKey = sealedExport({ ranges: [3, 3], key: `${KEY}!` });
    expect((await problems(otherKey, { key: KEY }))[0]).toContain('has another mark than LEDGER_KEY_FILE gives');
  });

  it('without its newest ranges, and with an end that fits, is found by a head that was kept before its end', async () => {
    const keptOf = () => ({ kept: [{ at: 9, seal: 3, hash: 'x' }], problems: ['a line of the heads was changed'] });
    expect(await problems(sealedExport({ ranges: [3, 3] }), { keptOf })).toEqual([
      'a line of the heads was changed',
      'seal 3 was there at 1970-01-01T00:00:09.000Z, and the file ends with 2: it was cut off',
    ]);
    expect(
      await problems(sealedExport({ ranges: [3, 3] }), {
        keptOf: () => ({ kept: [{ at: 11, seal: 3, hash: 'x' }], problems: [] }),
      }),
    ).toEqual([]);
  });

  it('of any size is found with any change of its sealed part', async () => {
    const ranges = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    const way = fc.constantFrom('edit', 'drop', 'insert', 'swap', 'cut');
    await fc.assert(
      fc.asyncProperty(ranges, way, fc.nat(), fc.nat(), async (sizes, how, one, other) => {
        const lines = sealedExport({ ranges: sizes });
        const [at, with_] = [one % (lines.length - 1), other % (lines.length - 1)];
        const tampered = {
          edit: () => lines.with(at, (lines[at] ?? '').replace(/PASS|"count":"\d+"/, '"')),
          drop: () => lines.toSpliced(at, 1),
          insert: () => lines.toSpliced(at, 0, lines[with_] ?? ''),
          swap: () => swapped(lines, at + 1, with_ + 1),
          cut: () => lines.slice(0, at + 1),
        }[how]();
        const isSame = tampered.join('\n') === lines.join('\n');
        expect((await problems(tampered)).length > 0).toBe(!isSame);
      }),
      { numRuns: 150 },
    );
  });
});
