import { endLineText, sealLineText } from '../../runtime/desk/seals/export-lines.ts';
import { leafOf, sealedLine } from '../../runtime/desk/seals/leaf.ts';
import { merkleRoot } from '../../runtime/desk/seals/merkle.ts';
import { sealEntry, sealHash } from '../../runtime/desk/seals/seal.ts';
import { type Fields, fieldsOf } from '../../schemas/wire.ts';

/** What a sealed export is made of in a test without Redis: so many decisions in each range, and so many behind them. */
export interface MadeExport {
  readonly ranges: readonly number[];
  readonly unsealed?: number;
  readonly key?: string;
  /** Verdict of each decision, by its number from 1. */
  readonly verdictOf?: (number: number) => string;
}

/** The lines of a sealed export of portfolio `p`, whose decision `n` has the id `n-0`. */
export function sealedExport({ ranges, unsealed = 0, key, verdictOf = () => 'PASS' }: MadeExport): string[] {
  const lines: string[] = [];
  let number = 0;
  const next = () => {
    number += 1;
    const fields = { verdict: verdictOf(number), facts: `{"n":${number}}`, timestamp: '1' } as Fields;
    return { id: `${number}-0`, fields };
  };
  let before = '';
  for (const [at, count] of ranges.entries()) {
    const decisions = Array.from({ length: count }, next);
    const hashes = decisions.map(leafOf);
    const [from = '', to = ''] = [decisions[0]?.id, decisions.at(-1)?.id];
    const range = { seal: at + 1, from, to, count, root: merkleRoot(hashes).toString('hex'), before };
    const fields = sealEntry(range, { portfolio: 'p', head: 'h', key, at: 1 });
    before = sealHash(range);
    const entry = fieldsOf([...fields, 'seq', String(at + 1), 'prev', 'h', 'hash', 'x']);
    const leaves = decisions.map(({ id }, nth) => `${id} ${hashes[nth]?.toString('hex')}`);
    lines.push(sealLineText({ portfolio: 'p', entry, leaves }));
    lines.push(...decisions.map((one) => sealedLine(one, one.fields)));
  }
  const rest = Array.from({ length: unsealed }, next);
  lines.push(...rest.map((one) => sealedLine(one, one.fields)));
  const end = { portfolio: 'p', first: Math.min(1, ranges.length), last: ranges.length, head: before };
  lines.push(endLineText({ ...end, decisions: number, unsealed, trimmed: false, until: 10_000 }, key));
  return lines;
}
