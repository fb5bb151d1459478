import { createHash } from 'node:crypto';
import type { Decision, PiecedText } from '../../../handlers/contract/effects.ts';
import { factsPatch, factsWith } from '../../../schemas/decision-facts.ts';

/** Facts that many decisions rest on: an entry of their own in the log of facts, which decisions name (contract §6). */
export interface SharedFacts {
  /** Handler and name; of each kind the newest entry alone is named. */
  readonly kind: string;
  /** Member of a decision's facts that they are. */
  readonly name: string;
  /** SHA-256 of `json`, in hexadecimal. */
  readonly sha256: string;
  readonly json: string;
  /** What a log says in place of the entry, until the commit script knows its id. */
  readonly named: string;
  /** What makes these facts of those before them; undefined where saying them whole is not much longer. */
  readonly patch?: { readonly base: string; readonly text: string };
}

/** All facts of a decision: its own with what it shares with others as their last member. */
export function wholeFacts({ facts = '{}', sharedFacts }: Decision): PiecedText {
  return sharedFacts === undefined ? facts : factsWith(facts, sharedFacts.name, sharedFacts.json);
}

/** A patch is worth it up to this share of the whole. */
const WORTH = 0.5;

/** Makes entries of the facts that decisions of a lane share; each knows what is new since the one before it. */
export class SharedFactsWriter {
  readonly #newest = new Map<string, SharedFacts>();

  /** The facts that a decision of a handler shares with others; undefined where it shares none. */
  of(handler: string, { sharedFacts }: Decision): SharedFacts | undefined {
    if (sharedFacts === undefined) return undefined;
    const { name, json } = sharedFacts;
    const kind = `${handler}.${name}`;
    const newest = this.#newest.get(kind);
    if (newest?.json === json) return newest;
    const facts = factsOf(kind, name, json, newest);
    this.#newest.set(kind, facts);
    return facts;
  }
}

function factsOf(kind: string, name: string, json: string, before: SharedFacts | undefined): SharedFacts {
  const sha256 = createHash('sha256').update(json).digest('hex');
  const facts = { kind, name, sha256, json, named: `${name} ${sha256}` };
  if (before === undefined) return facts;
  const text = factsPatch(before.json, json);
  return text.length > json.length * WORTH ? facts : { ...facts, patch: { base: before.sha256, text } };
}
