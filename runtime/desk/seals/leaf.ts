import { createHash } from 'node:crypto';
import { FACTS_ENTRY, FACTS_PROBLEM, factsReference } from '../../../schemas/decision-facts.ts';
import type { Fields } from '../../../schemas/wire.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import { leafHash } from './merkle.ts';

/** Field by which a repair of the stream says which id an entry had. */
const REPAIRED_FROM = 'repaired_from';
/** Member of a line of a sealed export: what the decision says in `facts_entry`, whose facts are joined in the line. */
const SEALED_FACTS = 'sealed_facts';

/** The id under which a decision was written, also where a repair has given it another. */
export function writtenId({ id, fields }: LoggedDecision): string {
  return fields[REPAIRED_FROM] ?? id;
}

/**
 * The leaf of a decision as it is stored: its id and its fields in order, names and values, each written as
 * `<bytes>:<text>`. The facts it shares with others are in it by the SHA-256 that it holds.
 */
export function leafOf(decision: LoggedDecision): Buffer {
  let text = sized(writtenId(decision));
  const { fields } = decision;
  for (const name in fields) {
    if (name !== REPAIRED_FROM) text += sized(name) + sized(fields[name] as string);
  }
  return leafHash(text);
}

function sized(text: string): string {
  return `${Buffer.byteLength(text)}:${text}`;
}

/** The line of a sealed export: the decision joined with its facts, as `export` writes it, and what it stores of them. */
export function sealedLine(stored: LoggedDecision, joined: Fields): string {
  const line: Record<string, string> = { id: stored.id };
  for (const name in stored.fields) {
    if (name === FACTS_ENTRY) line[SEALED_FACTS] = stored.fields[name] as string;
    else line[name] = joined[name] ?? (stored.fields[name] as string);
  }
  if (joined[FACTS_PROBLEM] !== undefined) line[FACTS_PROBLEM] = joined[FACTS_PROBLEM];
  return JSON.stringify(line);
}

/** The decision as it is stored, of the members of such a line. Shared facts of another SHA-256 make another decision of it. */
export function storedDecision(members: Fields): LoggedDecision {
  const { id = '', [SEALED_FACTS]: named, [FACTS_PROBLEM]: problem } = members;
  const fields: Record<string, string> = Object.create(null);
  for (const name in members) {
    if (name === 'id' || name === FACTS_PROBLEM) continue;
    const text = members[name] as string;
    if (name === SEALED_FACTS) fields[FACTS_ENTRY] = text;
    else fields[name] = name === 'facts' && named !== undefined && problem === undefined ? ownFacts(text, named) : text;
  }
  return { id, fields };
}

/** Of joined facts those that stand in the decision itself: all before the member whose text has the SHA-256 named. */
function ownFacts(joined: string, named: string): string {
  const reference = factsReference(named);
  if (reference === undefined) return joined;
  const member = `${JSON.stringify(reference.name)}:`;
  for (let at = joined.indexOf(member); at > 0; at = joined.indexOf(member, at + 1)) {
    const shared = joined.slice(at + member.length, -1);
    if (createHash('sha256').update(shared).digest('hex') !== reference.sha256) continue;
    return at === 1 ? '{}' : `${joined.slice(0, at - 1)}}`;
  }
  return joined;
}
