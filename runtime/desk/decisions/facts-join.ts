import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import {
  FACTS_ENTRY,
  FACTS_PROBLEM,
  type FactsReference,
  factsReference,
  factsWith,
  patchedFacts,
} from '../../../schemas/decision-facts.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { streams } from '../../../schemas/keys.ts';
import { compareStreamIds, streamIdMs } from '../../../schemas/time.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { requireReadable } from '../../engine/host/schema.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { FactsStream } from './facts-stream.ts';

/** An entry of the decision log, as far as its facts go. */
interface Entry {
  readonly id: string;
  readonly fields: Fields;
}

/** A text with its hash, or why there is none. */
type Known = { readonly json: string; readonly sha256: string } | { readonly problem: string };

const NEAR_MS = 5 * MINUTE_MS;
/** Entries and texts that are kept for the next decisions; more begin anew. */
const KEPT_AT_MOST = 2_000;

/**
 * Joins decisions with the facts that they share with others: each comes out with the fields it would have if it said
 * them itself. Where the facts are missing or are not those that were judged on, it has its own facts alone, and says why.
 */
export class FactsJoin {
  readonly #stream: FactsStream;
  readonly #readable: Promise<void>;
  readonly #entries = new Map<string, Fields>();
  readonly #known = new Map<string, Known>();

  constructor(redis: Redis, portfolio: Portfolio) {
    this.#stream = new FactsStream(redis, portfolio.streamKey(streams.decisionFacts));
    this.#readable = requireReadable(redis, portfolio);
    this.#readable.catch(() => undefined);
  }

  /** The decisions as they are in the old form too; throws a `RedisProblem` where a newer release has written the log. */
  async join<D extends Entry>(decisions: readonly D[]): Promise<readonly D[]> {
    await this.#readable;
    const references = decisions.flatMap(({ fields }) => factsReference(fields[FACTS_ENTRY] ?? '') ?? []);
    if (this.#known.size + references.length > KEPT_AT_MOST) {
      this.#entries.clear();
      this.#known.clear();
    }
    await this.#read(references.map(({ id }) => id));
    const lost = references.filter((reference) => !isOf(reference, this.#known.get(reference.id)));
    if (lost.length > 0) await this.#read(await this.#stream.moved(lost.map(({ id }) => id)));
    return decisions.map((decision) => {
      const named = decision.fields[FACTS_ENTRY];
      return named === undefined ? decision : { ...decision, fields: this.#joined(decision.fields, named) };
    });
  }

  async #read(named: readonly string[]): Promise<void> {
    const ids = [...new Set(named)].filter((id) => !this.#known.has(id)).sort(compareStreamIds);
    for (const [at, id] of ids.entries()) {
      if (this.#hasChain(id)) continue;
      const fields = this.#entries.get(id) ?? (await this.#stream.entry(id));
      if (fields !== undefined) await this.#through(fields.whole ?? id, lastNear(ids, at));
    }
    for (const id of ids) this.#text(id);
  }

  /** Whether everything was read that the text of an entry is made of. */
  #hasChain(id: string): boolean {
    for (let at: string | undefined = id; at !== undefined; at = this.#baseOf(at)) {
      if (this.#known.has(at)) return true;
      if (!this.#entries.has(at)) return false;
    }
    return true;
  }

  /** The entry that a patch is of; undefined for a whole one, and for what is neither: a base is older than its patch. */
  #baseOf(id: string): string | undefined {
    const { facts, patch, base }: Partial<Fields> = this.#entries.get(id) ?? {};
    const isPatch = facts === undefined && patch !== undefined && base !== undefined && /^\d+-\d+$/.test(base);
    return isPatch && compareStreamIds(base, id) < 0 ? base : undefined;
  }

  /** Entries of other kinds come along: the next decision may name them. */
  async #through(from: string, to: string): Promise<void> {
    for await (const [id, fields] of this.#stream.entries(from, to)) this.#entries.set(id, fields);
  }

  /** The text of an entry: from the nearest one that is known or whole, patch after patch. */
  #text(id: string): Known {
    const chain: string[] = [];
    let at = id;
    let text = this.#begun(at);
    while (text === undefined) {
      chain.push(at);
      at = this.#baseOf(at) as string;
      text = this.#begun(at);
    }
    for (const one of chain.reverse()) {
      if ('json' in text) text = patched(text.json, this.#entries.get(one)?.patch ?? '', one);
      this.#known.set(one, text);
    }
    return text;
  }

  /** What an entry says by itself; undefined where it is a patch of one before it. */
  #begun(id: string): Known | undefined {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    if (this.#baseOf(id) !== undefined) return undefined;
    const facts = this.#entries.get(id)?.facts;
    const begun = facts !== undefined ? hashed(facts) : { problem: `decision.facts has no entry ${id}` };
    this.#known.set(id, begun);
    return begun;
  }

  /** What was read of these facts, under the id that a repair gave them where that is what they are. */
  #found(reference: FactsReference): Known | undefined {
    const found = this.#known.get(reference.id);
    if (isOf(reference, found)) return found;
    const now = this.#stream.nowAt(reference.id);
    const moved = now === undefined ? undefined : this.#known.get(now);
    return isOf(reference, moved) ? moved : found;
  }

  #joined(fields: Fields, named: string): Fields {
    const reference = factsReference(named);
    const found = reference && this.#found(reference);
    const joined: Record<string, string> = Object.create(null);
    const problem = problemOf(reference, found, named);
    for (const name in fields) {
      const text = fields[name] as string;
      if (name === FACTS_ENTRY) continue;
      joined[name] = text;
      if (name !== 'facts') continue;
      if (problem !== undefined) joined[FACTS_PROBLEM] = problem;
      else if (found !== undefined && 'json' in found)
        joined.facts = factsWith(text, reference?.name ?? '', found.json).join('');
    }
    return joined;
  }
}

/** The last of the ids, from one on, that are read at one go: a chain of patches is no longer than that. */
function lastNear(ids: readonly string[], at: number): string {
  const from = streamIdMs(ids[at] as string);
  return ids.findLast((id) => streamIdMs(id) - from <= NEAR_MS) as string;
}

function isOf({ sha256 }: FactsReference, found: Known | undefined): boolean {
  return found !== undefined && 'json' in found && found.sha256 === sha256;
}

function patched(before: string, patch: string, id: string): Known {
  const json = patchedFacts(before, patch);
  return json === undefined
    ? { problem: `entry ${id} of decision.facts is no patch of the one before it` }
    : hashed(json);
}

function hashed(json: string): Known {
  return { json, sha256: createHash('sha256').update(json).digest('hex') };
}

function problemOf(reference: FactsReference | undefined, found: Known | undefined, named: string): string | undefined {
  if (reference === undefined) return `expected a name, an id and a SHA-256, got ${JSON.stringify(named)}`;
  if (found === undefined) return `entry ${reference.id} of decision.facts was not read`;
  if ('problem' in found) return found.problem;
  if (found.sha256 === reference.sha256) return undefined;
  return `entry ${reference.id} of decision.facts: expected the SHA-256 ${reference.sha256}, got ${found.sha256}`;
}
