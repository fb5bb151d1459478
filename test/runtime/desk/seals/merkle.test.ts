import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash, merkleRoot } from '../../../../runtime/desk/seals/merkle.ts';

/** The tree as RFC 6962, 2.1 words it: cut at the largest power of two below the number of leaves. */
function byTheRfc(texts: readonly string[]): string {
  if (texts.length === 0) return sha256(Buffer.alloc(0)).toString('hex');
  const tree = (from: number, to: number): Buffer => {
    if (to - from === 1) return sha256(Buffer.concat([Buffer.of(0), Buffer.from(texts[from] ?? '')]));
    let left = 1;
    while (left * 2 < to - from) left *= 2;
    return sha256(Buffer.concat([Buffer.of(1), tree(from, from + left), tree(from + left, to)]));
  };
  return tree(0, texts.length).toString('hex');
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

const root = (texts: readonly string[]) => merkleRoot(texts.map(leafHash)).toString('hex');

describe('the Merkle root', () => {
  it.each([
    { leaves: 0, hash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
    { leaves: 1, hash: '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d' },
  ])('of $leaves empty leaves is the published one', ({ leaves, hash }) => {
    expect(root(Array.from({ length: leaves }, () => ''))).toBe(hash);
  });

  it('is the tree of RFC 6962, whatever the number of leaves', () => {
    for (let count = 0; count <= 70; count += 1) {
      const texts = Array.from({ length: count }, (_, at) => `leaf ${at}`);
      expect({ count, root: root(texts) }).toEqual({ count, root: byTheRfc(texts) });
    }
    fc.assert(fc.property(fc.array(fc.string(), { maxLength: 40 }), (texts) => root(texts) === byTheRfc(texts)));
  });

  it('is another one after any change, drop, addition or exchange', () => {
    const texts = fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(texts, fc.nat(), fc.string(), (all, nth, other) => {
        const at = nth % all.length;
        fc.pre(!all.includes(other));
        const found = new Set(
          [
            all,
            all.with(at, other),
            all.toSpliced(at, 1),
            all.toSpliced(at, 0, other),
            all.toSpliced(at, 0, all[at] ?? ''),
            all.toReversed(),
          ].map(root),
        );
        expect(found.size).toBe(6);
      }),
    );
  });

  it('of two leaves is that of no single leaf', () => {
    const [left, right] = [leafHash('a'), leafHash('b')];
    expect(merkleRoot([left, right])).not.toEqual(leafHash(Buffer.concat([left, right]).toString('latin1')));
  });
});
