import { Packr } from 'msgpackr';
import type { PiecedText } from '../../../handlers/contract/effects.ts';
import { FACTS_ENTRY } from '../../../schemas/decision-facts.ts';
import type { CommitRequest, FactsRequest } from './commit.ts';
import type { PackedMessage } from './request.ts';

/** What segments of one kind look like: what its first says, and the members and fields (from 1) that rows say instead. */
interface PackedShape {
  readonly kind: Kind;
  /** Of a log besides: `places`, where the script finds what it reads or rewrites. */
  readonly part: Readonly<Record<string, unknown>>;
  readonly members: readonly string[];
  readonly at: readonly number[];
}

/**
 * Messages with what they have in common said once. A row is the id of a message, then for each of its segments the
 * number of its shape (from 1) and what that shape leaves open. A list in it is a text in pieces; a number, in such a
 * list too, stands for one of `texts` by the place it has among the arguments of the script.
 */
interface CompactMessages {
  readonly shapes: readonly PackedShape[];
  readonly texts: Texts;
  readonly rows: readonly (readonly unknown[])[];
}

type Kind = 'message' | 'log' | 'effect';

/** A message itself, its decision-log entry or one of its effects. */
interface Segment {
  readonly kind: Kind;
  readonly members: Members;
  /** How many members there are. */
  readonly count: number;
  readonly fields: readonly PiecedText[];
}

type Members = Readonly<Record<string, unknown>>;

/** Members in which messages of one shape may differ; they agree in all others. */
const OPEN = new Set(['key', 'value', 'score', 'member', 'below', 'newer', 'unless', 'dedupe', 'token', 'nextToken']);
const APART = new Set(['id', 'effects', 'log', 'fields', 'shared']);
/** Fields of a log whose values the commit script reads or rewrites. */
const PLACED: readonly PiecedText[] = ['verdict', 'plan_id', FACTS_ENTRY];
/** Shapes that are compared, of those seen at the same place in other messages, before a new one is made. */
const COMPARED_AT_MOST = 8;
/** Texts, and pieces of one, from this length on are said once. */
const LONG = 256;
/** `ARGV[1]` is the request itself. */
const FIRST_TEXT = 2;
/** Texts that are looked through, those used last, for one that is said again: telling it by its hash costs more. */
const COMPARED_TEXTS = 8;

const packr = new Packr({ useRecords: false });

/** A request as the script takes it. */
export type PackedRequest = readonly [request: Buffer, ...texts: string[]];

/** The request as the script takes it: long texts beside the rest, since its Lua hashes what is inside of another once more. */
export function packRequest({ messages, facts, ...request }: CommitRequest): PackedRequest {
  const { texts, ...compacted } = compact(messages);
  const packed = { ...request, ...compacted, facts: facts && { ...facts, shared: packedFacts(facts.shared, texts) } };
  return [packr.pack(packed), ...texts.all];
}

function packedFacts(shared: FactsRequest['shared'], texts: Texts): Record<string, unknown> {
  const entries = Object.entries(shared).map(([named, { kind, name, sha256, json, patch }]) => {
    return [named, { kind, name, sha256, json: said(json, texts), patch: patch ?? false }] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * Says once what messages have in common; the commit script puts each together again as it was. Own and no compression,
 * because Lua in Redis has nothing to undo one.
 */
function compact(messages: readonly PackedMessage[]): CompactMessages {
  const shapes: Shape[] = [];
  const places: Shape[][] = [];
  const all = messages.map(segmentsOf);
  const shaped = all.map((segments) =>
    segments.map((segment, place) => {
      const known = places[place] ?? [];
      places[place] = known;
      let shape = known.find((one) => one.takes(segment));
      if (shape === undefined) {
        shape = new Shape(shapes.length + 1, segment);
        shapes.push(shape);
        if (known.unshift(shape) > COMPARED_AT_MOST) known.pop();
      }
      return shape;
    }),
  );
  const texts = new Texts();
  const rows = messages.map((message, at) => {
    const row: unknown[] = [message.id];
    const segments = all[at] ?? [];
    for (let place = 0; place < segments.length; place += 1) {
      shaped[at]?.[place]?.write(segments[place] as Segment, row, texts);
    }
    return row;
  });
  return { shapes: shapes.map((shape) => shape.packed()), texts, rows };
}

const NONE: readonly PiecedText[] = [];

function segmentsOf(message: PackedMessage): Segment[] {
  const segments = [segmentOf('message', message as unknown as Members, NONE)];
  if (message.log !== undefined) segments.push(segmentOf('log', {}, message.log));
  for (const effect of message.effects) {
    segments.push(segmentOf('effect', effect as unknown as Members, effect.fields ?? NONE));
  }
  return segments;
}

/** Its members are counted once, however many shapes it is compared with. */
function segmentOf(kind: Kind, members: Members, fields: readonly PiecedText[]): Segment {
  return { kind, members, count: Object.keys(members).length, fields };
}

class Shape {
  readonly #number: number;
  readonly #first: Segment;
  readonly #names: readonly string[];
  readonly #agreed: readonly string[];
  readonly #mayDiffer: readonly string[];
  /** Those besides the agreed ones, which have to be there and may say something else. */
  readonly #mayBeElse: readonly string[];
  readonly #openMembers = new Set<string>();
  readonly #openFields: boolean[];

  constructor(number: number, first: Segment) {
    const names = Object.keys(first.members);
    this.#number = number;
    this.#first = first;
    this.#names = names;
    this.#agreed = names.filter((name) => !OPEN.has(name) && !APART.has(name));
    this.#mayDiffer = names.filter((name) => OPEN.has(name));
    this.#mayBeElse = names.filter((name) => OPEN.has(name) || APART.has(name));
    this.#openFields = first.fields.map((text) => typeof text !== 'string');
  }

  /** Whether a segment is of this shape; then what it says differently is left open. */
  takes({ kind, members, count, fields }: Segment): boolean {
    const first = this.#first;
    if (kind !== first.kind || fields.length !== first.fields.length) return false;
    if (count !== this.#names.length) return false;
    for (const name of this.#agreed) if (members[name] !== first.members[name]) return false;
    for (const name of this.#mayBeElse) if (members[name] === undefined) return false;
    if (kind === 'log' && !sameNames(fields, first.fields)) return false;
    for (const name of this.#mayDiffer) if (members[name] !== first.members[name]) this.#openMembers.add(name);
    for (let i = 0; i < fields.length; i += 1) if (fields[i] !== first.fields[i]) this.#openFields[i] = true;
    return true;
  }

  /** Adds the number of this shape and what it leaves open to the row of a segment that it took. */
  write({ members, fields }: Segment, row: unknown[], texts: Texts): void {
    row.push(this.#number);
    for (const name of this.#openMembers)
      row.push(name === 'value' ? inPieces(members.value as PiecedText, texts) : members[name]);
    for (let i = 0; i < fields.length; i += 1) if (this.#openFields[i] === true) row.push(inPieces(fields[i], texts));
  }

  /** The shape, once it took all its segments. */
  packed(): PackedShape {
    const part: Record<string, unknown> = {};
    for (const name of [...this.#agreed, ...this.#mayDiffer]) {
      if (!this.#openMembers.has(name)) part[name] = this.#first.members[name];
    }
    const { kind, fields } = this.#first;
    if (kind === 'log') part.places = placesIn(fields);
    if (fields !== NONE) part.fields = fields.map((text, i) => (this.#openFields[i] === true ? '' : text));
    const at = this.#openFields.flatMap((open, i) => (open ? [i + 1] : []));
    return { kind, part, members: [...this.#openMembers], at };
  }
}

function sameNames(fields: readonly PiecedText[], others: readonly PiecedText[]): boolean {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] !== others[i]) return false;
  return true;
}

/** Where (from 1) the values of the placed fields are in a log. */
function placesIn(fields: readonly PiecedText[]): Readonly<Record<string, number>> {
  const places: Record<string, number> = {};
  for (let i = 0; i < fields.length; i += 2) if (PLACED.includes(fields[i] ?? '')) places[String(fields[i])] = i + 2;
  return places;
}

function inPieces(text: PiecedText | undefined, texts: Texts): unknown {
  if (typeof text !== 'object') return said(text ?? '', texts);
  return text.map((piece) => said(piece, texts));
}

function said(piece: string, texts: Texts): string | number {
  return piece.length < LONG ? piece : texts.numberOf(piece);
}

/** The long texts of a batch, each said once unless many others came between. */
class Texts {
  readonly all: string[] = [];
  /** Places in `all`, the one used last first. */
  readonly #recent: number[] = [];

  numberOf(text: string): number {
    const place = this.#recent.findIndex((at) => this.all[at] === text);
    const at = place < 0 ? this.all.push(text) - 1 : (this.#recent[place] as number);
    if (place >= 0) this.#recent.splice(place, 1);
    if (this.#recent.unshift(at) > COMPARED_TEXTS) this.#recent.pop();
    return at + FIRST_TEXT;
  }
}
