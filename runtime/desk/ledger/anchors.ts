import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../../schemas/json.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { isMarked, markOf } from '../seals/ledger-key.ts';

/** The newest entry of a ledger at one moment, as it is kept outside Redis. */
export const Anchor = z.object({
  /** Unix seconds by Redis's clock. */
  at: z.number(),
  /** Prefix under which the ledger is. */
  portfolio: z.string(),
  /** Number of the newest entry; 0 without any. */
  seq: z.int().nonnegative(),
  /** Its hash; empty without any. */
  hash: z.string(),
  /** Its SHA-256; not of an entry of an older release. */
  sha256: z.string().optional(),
  /** HMAC-SHA-256 over prefix, time, number and hash, hexadecimal, where a key is set: nobody without the key can write one. */
  mac: z.string().optional(),
  /** The newest seal of decisions, where there is one: its number, its hash, and its Merkle root. */
  seals: z.object({ seal: z.int().positive(), hash: z.string(), root: z.string() }).optional(),
  /** The same over all of it, where there is more than that. */
  full_mac: z.string().optional(),
});
export type Anchor = z.output<typeof Anchor>;

/** What was kept of a ledger outside Redis, and what is wrong with that, in words. */
export interface Anchors {
  readonly kept: readonly Anchor[];
  readonly problems: readonly string[];
  readonly path: string;
  /** The key that they were held to, if any. */
  readonly key: string | undefined;
}

/** The file of the data folder that keeps the heads of a portfolio's ledger, a JSON line each. */
export function anchorPath(folder: string, { outputPrefix }: Pick<Portfolio, 'outputPrefix'>): string {
  return join(folder, `ledger-${encodeURIComponent(outputPrefix)}.jsonl`);
}

/** An anchor with the mark of a key; as it is without one. */
export function marked(anchor: Unmarked, key: string | undefined): Anchor {
  if (key === undefined) return anchor;
  const mac = markOf(key, headValues(anchor));
  return hasMore(anchor) ? { ...anchor, mac, full_mac: markOf(key, allValues(anchor)) } : { ...anchor, mac };
}

/** An anchor before it is marked. */
export type Unmarked = Omit<Anchor, 'mac' | 'full_mac'>;

/** Whether it says what older releases do not know, and do not mark. */
function hasMore({ sha256, seals }: Unmarked): boolean {
  return sha256 !== undefined || seals !== undefined;
}

function headValues({ at, portfolio, seq, hash }: Unmarked): readonly (string | number)[] {
  return [portfolio, at, seq, hash];
}

function allValues(anchor: Unmarked): readonly (string | number)[] {
  const { seal, hash, root } = anchor.seals ?? { seal: 0, hash: '', root: '' };
  return [...headValues(anchor), anchor.sha256 ?? '', seal, hash, root];
}

/**
 * The anchors of a file; none where there is no file. Lines that are no anchor of this ledger, or, with a key, do not
 * have its mark, are problems: somebody changed the file.
 */
export function readAnchors(
  path: string,
  portfolio: Pick<Portfolio, 'outputPrefix'>,
  key: string | undefined,
): Anchors {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { path, key, kept: [], problems: missing ? [] : [`${path} cannot be read: ${(error as Error).message}`] };
  }
  const kept: Anchor[] = [];
  const problems: string[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const anchor = Anchor.safeParse(parseJson(line)).data;
    const problem = problemOf(anchor, portfolio, key);
    if (problem !== undefined) problems.push(`${path}, line ${at + 1}: ${problem}`);
    else if (anchor !== undefined) kept.push(anchor);
  }
  return { path, key, kept, problems };
}

type Mark = readonly [mark: string | undefined, values: readonly (string | number)[]];

function problemOf(
  anchor: Anchor | undefined,
  { outputPrefix }: Pick<Portfolio, 'outputPrefix'>,
  key: string | undefined,
): string | undefined {
  if (anchor === undefined) return 'expected the head of a ledger, got something else: the file was changed';
  if (anchor.portfolio !== outputPrefix) return `expected a head of ${outputPrefix}, got one of ${anchor.portfolio}`;
  if (key === undefined) return undefined;
  const more: readonly Mark[] = hasMore(anchor) ? [[anchor.full_mac, allValues(anchor)]] : [];
  const marks: readonly Mark[] = [[anchor.mac, headValues(anchor)], ...more];
  if (marks.some(([mark]) => mark === undefined)) {
    return 'expected the mark of LEDGER_KEY_FILE, got none: it is from before, or not ours';
  }
  if (marks.every(([mark = '', values]) => isMarked(mark, key, values))) return undefined;
  return 'has another mark than LEDGER_KEY_FILE gives: the line was changed, or the key was';
}
