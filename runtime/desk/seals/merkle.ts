import { createHash } from 'node:crypto';

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** The hash of a leaf (RFC 6962, 2.1): SHA-256 over a zero byte and the UTF-8 of the text. 32 bytes. */
export function leafHash(text: string): Buffer {
  return createHash('sha256').update(LEAF).update(text).digest();
}

/**
 * The root of a Merkle tree over leaf hashes in their order (RFC 6962, 2.1): a node is SHA-256 over a byte 1 and its two
 * parts, so that none can be passed off as a leaf. Level by level: one without a neighbour goes up as it is, which is the
 * same tree as cutting at the largest power of two. Of no leaf: SHA-256 of nothing.
 */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  let level = leaves;
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at] as Buffer, level[at + 1]];
      above.push(right === undefined ? left : createHash('sha256').update(NODE).update(left).update(right).digest());
    }
    level = above;
  }
  return level[0] ?? createHash('sha256').digest();
}
