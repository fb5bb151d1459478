import { createHash } from 'node:crypto';

/** An entry of the ledger as Redis gives it. */
export type LedgerFlat = [id: string, flat: string[]];

/** These entries as a chain of their own, numbered and with hashes that fit; `sha1Only` as older releases wrote them. */
export function chained(list: readonly LedgerFlat[], { sha1Only = false } = {}): LedgerFlat[] {
  let before = { hash: '', sha256: '' };
  return list.map(([id, flat], at) => {
    const own = flat.slice(0, flat.lastIndexOf('seq'));
    const texts = [...own, 'seq', String(at + 1), 'prev', before.hash];
    let sha256 = '';
    if (!sha1Only) {
      texts.push('prev_sha256', before.sha256);
      sha256 = digest('sha256', texts);
      texts.push('sha256', sha256);
    }
    before = { hash: digest('sha1', texts), sha256 };
    return [id, [...texts, 'hash', before.hash]];
  });
}

function digest(algorithm: 'sha1' | 'sha256', texts: readonly string[]): string {
  const text = texts.map((one) => `${Buffer.byteLength(one)}:${one}`).join('');
  return createHash(algorithm).update(text).digest('hex');
}
