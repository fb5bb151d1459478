import { z } from 'zod';
import { parseJson } from '../../../schemas/json.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { isSealLine, membersOf } from '../decisions/decision-file.ts';
import { markOf } from './ledger-key.ts';

/** A line of a sealed export before the decisions of a range: the seal as the ledger has it, and what its root is made of. */
const SealLine = z.object({
  portfolio: z.string(),
  /** Fields of the entry of the ledger. */
  entry: z.record(z.string(), z.string()),
  /** For each decision of the range that was there its id and leaf hash, in order. */
  leaves: z.array(z.string().regex(/^\d+-\d+ [0-9a-f]{64}$/)),
});
export type SealLine = z.output<typeof SealLine>;

/** The last line: what the file is, so that nothing can be cut off at an end. */
const EndLine = z.object({
  portfolio: z.string(),
  /** Numbers of the first and the last seal; 0 without any. */
  first: z.int().nonnegative(),
  last: z.int().nonnegative(),
  /** Hash of the last seal; empty without any. */
  head: z.string(),
  /** Decisions of the file, and those of them that no seal covers. */
  decisions: z.int().nonnegative(),
  unsealed: z.int().nonnegative(),
  /** Whether retention had taken the front of the first range: what is left of it cannot be held to its seal. */
  trimmed: z.boolean(),
  /** Decisions whose shared facts were lost when it was written: `facts_problem` in their lines; left out for none. */
  factless: z.int().nonnegative().optional(),
  /** Up to when decisions were asked for, Unix ms. */
  until: z.number(),
  /** Mark of the key over all of it, where one is set. */
  mac: z.string().optional(),
});
export type EndLine = z.output<typeof EndLine>;

/** The text of a seal's line. */
export function sealLineText(line: SealLine): string {
  return JSON.stringify({ seal: line });
}

/** The text of the last line, with the mark of a key where there is one. */
export function endLineText(end: Omit<EndLine, 'mac'>, key: string | undefined): string {
  const mac = key === undefined ? {} : { mac: markOf(key, endValues(end)) };
  return JSON.stringify({ sealed: { ...end, ...mac } });
}

/** What the mark of the last line is over. */
export function endValues(end: Omit<EndLine, 'mac'>): readonly (string | number)[] {
  const { portfolio, first, last, head, decisions, unsealed, trimmed, factless = 0, until } = end;
  const lost = factless === 0 ? [] : [factless];
  return [portfolio, first, last, head, decisions, unsealed, trimmed ? 1 : 0, until, ...lost];
}

/** What a line of a sealed export says; undefined for a line that is none. */
export type ExportLine =
  | { readonly seal: SealLine }
  | { readonly end: EndLine }
  | { readonly members: Fields }
  | undefined;

const Lines = z.union([z.strictObject({ seal: SealLine }), z.strictObject({ sealed: EndLine })]);

/** Reads a line of a sealed export. */
export function exportLine(line: string): ExportLine {
  if (isSealLine(line)) {
    const found = Lines.safeParse(parseJson(line)).data;
    if (found === undefined) return undefined;
    return 'seal' in found ? { seal: found.seal } : { end: found.sealed };
  }
  const members = membersOf(line);
  return members !== undefined && /^\d+-\d+$/.test(members.id ?? '') ? { members } : undefined;
}
