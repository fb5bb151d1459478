import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafOf, sealedLine, storedDecision, writtenId } from '../../../../runtime/desk/seals/leaf.ts';
import { factsWith } from '../../../../schemas/decision-facts.ts';
import type { Fields } from '../../../../schemas/wire.ts';

const texts = fc.string({ unit: 'grapheme' });
const json = fc.json();
/** Own facts as they are stored, the name of the shared ones, and their JSON text. */
const facts = fc.record({
  own: fc.dictionary(fc.string(), fc.integer()).map((value) => JSON.stringify(value)),
  name: fc.constantFrom('book', 'exposure'),
  shared: json,
});

function stored(fields: Readonly<Record<string, string>>, id = '5-1') {
  return { id, fields: fields as Fields };
}

function withShared(before: string, { own, name, shared }: { own: string; name: string; shared: string }) {
  const sha256 = createHash('sha256').update(shared).digest('hex');
  const decision = stored({ verdict: before, facts: own, facts_entry: `${name} 7-0 ${sha256}`, timestamp: '1' });
  const joined: Record<string, string> = { ...decision.fields, facts: factsWith(own, name, shared).join('') };
  delete joined.facts_entry;
  return { decision, joined: joined as Fields };
}

const again = (line: string) => storedDecision(JSON.parse(line) as Fields);

describe('the leaf of a decision', () => {
  it('is the same of what a line of an export says of it, with and without shared facts', () => {
    fc.assert(
      fc.property(texts, facts, (before, shared) => {
        const { decision, joined } = withShared(before, shared);
        expect(leafOf(again(sealedLine(decision, joined)))).toEqual(leafOf(decision));
        const plain = stored({ verdict: before, facts: shared.own });
        expect(leafOf(again(sealedLine(plain, plain.fields)))).toEqual(leafOf(plain));
      }),
    );
  });

  it('is another one after a change of any member of the line, shared facts included', () => {
    const { decision, joined } = withShared('PASS', { own: '{"heat":0.5}', name: 'book', shared: '{"a":[1,2]}' });
    const line = JSON.parse(sealedLine(decision, joined)) as Record<string, string>;
    for (const name of Object.keys(line)) {
      const changed = { ...line, [name]: `${line[name]?.replaceAll('1', '3')} ` };
      expect({ name, same: leafOf(again(JSON.stringify(changed))).equals(leafOf(decision)) }).toEqual({
        name,
        same: false,
      });
    }
    const book = { ...line, facts: '{"heat":0.5,"book":{"a":[1,9]}}' };
    expect(leafOf(again(JSON.stringify(book)))).not.toEqual(leafOf(decision));
    expect(leafOf(again(JSON.stringify({ ...line, more: '' })))).not.toEqual(leafOf(decision));
  });

  it('tells names from values, and one field from two', () => {
    const leaves = [{ a: 'b' }, { ab: '' }, { a: '1:b' }, { a: '', b: '' }, { b: '', a: '' }].map((fields) =>
      leafOf(stored(fields)).toString('hex'),
    );
    expect(new Set(leaves).size).toBe(5);
  });

  it('of one whose facts are lost is that of what it says itself', () => {
    const { decision, joined } = withShared('PASS', { own: '{"heat":0.5}', name: 'book', shared: '{}' });
    const lost = { ...joined, facts: '{"heat":0.5}', facts_problem: 'decision.facts has no entry 7-0' };
    expect(leafOf(again(sealedLine(decision, lost)))).toEqual(leafOf(decision));
  });

  it('stays when a repair of the stream gives it another id', () => {
    const moved = stored({ a: 'b', repaired_from: '9-1' }, '5-2');
    expect(leafOf(moved)).toEqual(leafOf(stored({ a: 'b' }, '9-1')));
    expect(writtenId(moved)).toBe('9-1');
  });
});
