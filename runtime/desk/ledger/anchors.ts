import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../../schemas/json.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

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
  /** HMAC-SHA-256 over the rest, hexadecimal, where a key is set: nobody without the key can write one. */
  mac: z.string().optional(),
});
export type Anchor = z.output<typeof Anchor>;

/** What was kept of a ledger outside Redis, and what is wrong with that, in words. */
export interface Anchors {
  readonly kept: readonly Anchor[];
  readonly problems: readonly string[];
  readonly path: string;
}

/** Characters that a key has at least. */
const SHORTEST_KEY = 32;

/** The file of the data folder that keeps the heads of a portfolio's ledger, a JSON line each. */
export function anchorPath(folder: string, { outputPrefix }: Pick<Portfolio, 'outputPrefix'>): string {
  return join(folder, `ledger-${encodeURIComponent(outputPrefix)}.jsonl`);
}

/** The key of a file, blanks around it cut off; throws an `Error` that says what was expected. */
export function readLedgerKey(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Error(`LEDGER_KEY_FILE: expected a file that can be read, got ${path}: ${(error as Error).message}`);
  }
  if (text.length >= SHORTEST_KEY) return text;
  throw new Error(
    `LEDGER_KEY_FILE: expected a key of ${SHORTEST_KEY} characters or more in ${path}, got ${text.length}: openssl rand -hex 32 makes one`,
  );
}

/** An anchor with the mark of a key; as it is without one. */
export function marked(anchor: Omit<Anchor, 'mac'>, key: string | undefined): Anchor {
  return key === undefined ? anchor : { ...anchor, mac: macOf(anchor, key) };
}

function macOf({ at, portfolio, seq, hash }: Omit<Anchor, 'mac'>, key: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([portfolio, at, seq, hash]))
    .digest('hex');
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
    return { path, kept: [], problems: missing ? [] : [`${path} cannot be read: ${(error as Error).message}`] };
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
  return { path, kept, problems };
}

function problemOf(
  anchor: Anchor | undefined,
  { outputPrefix }: Pick<Portfolio, 'outputPrefix'>,
  key: string | undefined,
): string | undefined {
  if (anchor === undefined) return 'expected the head of a ledger, got something else: the file was changed';
  if (anchor.portfolio !== outputPrefix) return `expected a head of ${outputPrefix}, got one of ${anchor.portfolio}`;
  if (key === undefined) return undefined;
  if (anchor.mac === undefined) return 'expected the mark of LEDGER_KEY_FILE, got none: it is from before, or not ours';
  const [wanted, found] = [Buffer.from(macOf(anchor, key)), Buffer.from(anchor.mac)];
  if (wanted.length === found.length && timingSafeEqual(wanted, found)) return undefined;
  return 'has another mark than LEDGER_KEY_FILE gives: the line was changed, or the key was';
}
