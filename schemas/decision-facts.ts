import { z } from 'zod';
import { parseJson } from './json.ts';

/** Field of a decision in the log that names the facts it shares with others: `name id sha256` (contract §6). */
export const FACTS_ENTRY = 'facts_entry';
/** Field that a reader puts in its place where those facts cannot be joined: why. */
export const FACTS_PROBLEM = 'facts_problem';

/** Where the facts are that a decision shares with others. */
export interface FactsReference {
  /** Member of the decision's facts that they are. */
  readonly name: string;
  /** Id of their entry in `decision.facts`. */
  readonly id: string;
  /** SHA-256 of their JSON text, in hexadecimal. */
  readonly sha256: string;
}

/** The reference that a decision holds, or `undefined` when it is none. */
export function factsReference(text: string): FactsReference | undefined {
  const [, name, id, sha256] = /^(\S+) (\d+-\d+) ([0-9a-f]{64})$/.exec(text) ?? [];
  return name === undefined || id === undefined || sha256 === undefined ? undefined : { name, id, sha256 };
}

/** The pieces of a decision's facts with one more member, its last: `own` is the JSON object of the others. */
export function factsWith(own: string, name: string, json: string): readonly [string, string, string] {
  return [`${own === '{}' ? '{' : `${own.slice(0, -1)},`}${JSON.stringify(name)}:`, json, '}'];
}

/** A text is itself; a pair is a stretch of the text before: from, to (excluded), in UTF-16 units. */
type Stretch = string | [from: number, to: number];

const Patch = z.array(z.union([z.string(), z.tuple([z.int().nonnegative(), z.int().nonnegative()])]));
/** Before each object of a list, the comma before it included, and behind the last. */
const BETWEEN = /(?<!,)(?=\{)|(?=,\{)|(?<=\})/;

/** What makes one JSON text of another: the objects in it that are new, and where the others stood. JSON text. */
export function factsPatch(before: string, after: string): string {
  const known = new Map<string, number>();
  let at = 0;
  for (const piece of before.split(BETWEEN)) {
    if (!known.has(piece)) known.set(piece, at);
    at += piece.length;
  }
  const stretches: Stretch[] = [];
  for (const piece of after.split(BETWEEN)) {
    const from = known.get(piece);
    const last = stretches.at(-1);
    if (Array.isArray(last) && before.startsWith(piece, last[1])) last[1] += piece.length;
    else if (from !== undefined) stretches.push([from, from + piece.length]);
    else if (typeof last === 'string') stretches[stretches.length - 1] = last + piece;
    else stretches.push(piece);
  }
  return JSON.stringify(stretches);
}

/** The text that a patch makes of the one before it, or `undefined` when it is no patch of that text. */
export function patchedFacts(before: string, patch: string): string | undefined {
  const stretches = Patch.safeParse(parseJson(patch)).data;
  if (stretches === undefined) return undefined;
  let text = '';
  for (const stretch of stretches) {
    if (typeof stretch === 'string') text += stretch;
    else if (stretch[0] > stretch[1] || stretch[1] > before.length) return undefined;
    else text += before.slice(...stretch);
  }
  return text;
}
