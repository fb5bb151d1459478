import type { PackedMessage, PackedText } from './request.ts';

/** What parts of one kind look like: what its first says, and the members and fields (from 1) that rows say instead. */
interface PackedShape {
  readonly kind: Kind;
  readonly part: Readonly<Record<string, unknown>>;
  readonly members: readonly string[];
  readonly at: readonly number[];
}

/**
 * Messages with what they have in common said once. A row is the id of a message, then for each of its parts the
 * number of its shape (from 1) and what that shape leaves open. A list in it is a text in pieces, a number in that
 * list one of `texts` (from 1).
 */
export interface CompactMessages {
  readonly shapes: readonly PackedShape[];
  readonly texts: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

type Kind = 'message' | 'log' | 'effect';

/** A message itself, its decision-log entry or one of its effects. */
interface Part {
  readonly kind: Kind;
  readonly members: Members;
  readonly fields: readonly PackedText[];
}

type Members = Readonly<Record<string, unknown>>;

/** Members in which messages of one shape may differ; they agree in all others. */
const OPEN = new Set(['key', 'value', 'score', 'member', 'below', 'newer', 'unless', 'dedupe', 'token', 'nextToken']);
const APART = new Set(['id', 'effects', 'log', 'fields']);
/** Shapes that are compared, of those seen at the same place in other messages, before a new one is made. */
const COMPARED_AT_MOST = 8;
/** Pieces of a text from this length on are said once. */
const LONG = 1_000;

/** Says once what messages have in common; the commit script puts each together again as it was. */
export function compact(messages: readonly PackedMessage[]): CompactMessages {
  const shapes: Shape[] = [];
  const places: Shape[][] = [];
  const all = messages.map(partsOf);
  const shaped = all.map((parts) =>
    parts.map((part, place) => {
      const known = places[place] ?? [];
      places[place] = known;
      let shape = known.find((one) => one.takes(part));
      if (shape === undefined) {
        shape = new Shape(shapes.length + 1, part);
        shapes.push(shape);
        if (known.unshift(shape) > COMPARED_AT_MOST) known.pop();
      }
      return shape;
    }),
  );
  const texts = new Map<string, number>();
  const rows = messages.map((message, at) => {
    const row: unknown[] = [message.id];
    for (const [place, part] of (all[at] ?? []).entries()) shaped[at]?.[place]?.write(part, row, texts);
    return row;
  });
  return { shapes: shapes.map((shape) => shape.packed()), texts: [...texts.keys()], rows };
}

const NONE: readonly PackedText[] = [];

function partsOf(message: PackedMessage): Part[] {
  const parts: Part[] = [{ kind: 'message', members: message as unknown as Members, fields: NONE }];
  if (message.log !== undefined) parts.push({ kind: 'log', members: {}, fields: message.log });
  for (const effect of message.effects) {
    parts.push({ kind: 'effect', members: effect as unknown as Members, fields: effect.fields ?? NONE });
  }
  return parts;
}

class Shape {
  readonly #number: number;
  readonly #first: Part;
  readonly #names: readonly string[];
  readonly #agreed: readonly string[];
  readonly #mayDiffer: readonly string[];
  /** Those besides the agreed ones, which have to be there and may say something else. */
  readonly #mayBeElse: readonly string[];
  readonly #openMembers = new Set<string>();
  readonly #openFields: boolean[];

  constructor(number: number, first: Part) {
    const names = Object.keys(first.members);
    this.#number = number;
    this.#first = first;
    this.#names = names;
    this.#agreed = names.filter((name) => !OPEN.has(name) && !APART.has(name));
    this.#mayDiffer = names.filter((name) => OPEN.has(name));
    this.#mayBeElse = names.filter((name) => OPEN.has(name) || APART.has(name));
    this.#openFields = first.fields.map((text) => typeof text !== 'string');
  }

  /** Whether a part is of this shape; then what it says differently is left open. */
  takes({ kind, members, fields }: Part): boolean {
    const first = this.#first;
    if (kind !== first.kind || fields.length !== first.fields.length) return false;
    if (Object.keys(members).length !== this.#names.length) return false;
    for (const name of this.#agreed) if (members[name] !== first.members[name]) return false;
    for (const name of this.#mayBeElse) if (members[name] === undefined) return false;
    for (const name of this.#mayDiffer) if (members[name] !== first.members[name]) this.#openMembers.add(name);
    for (let i = 0; i < fields.length; i += 1) if (fields[i] !== first.fields[i]) this.#openFields[i] = true;
    return true;
  }

  /** Adds the number of this shape and what it leaves open to the row of a part that it took. */
  write({ members, fields }: Part, row: unknown[], texts: Map<string, number>): void {
    row.push(this.#number);
    for (const name of this.#openMembers) row.push(members[name]);
    for (let i = 0; i < fields.length; i += 1) if (this.#openFields[i] === true) row.push(inPieces(fields[i], texts));
  }

  /** The shape, once it took all its parts. */
  packed(): PackedShape {
    const part: Record<string, unknown> = {};
    for (const name of [...this.#agreed, ...this.#mayDiffer]) {
      if (!this.#openMembers.has(name)) part[name] = this.#first.members[name];
    }
    const { kind, fields } = this.#first;
    if (fields !== NONE) part.fields = fields.map((text, i) => (this.#openFields[i] === true ? '' : text));
    const at = this.#openFields.flatMap((open, i) => (open ? [i + 1] : []));
    return { kind, part, members: [...this.#openMembers], at };
  }
}

function inPieces(text: PackedText | undefined, texts: Map<string, number>): unknown {
  if (typeof text !== 'object') return text;
  return text.map((piece) => (piece.length < LONG ? piece : numberOf(piece, texts)));
}

function numberOf(piece: string, texts: Map<string, number>): number {
  const known = texts.get(piece);
  if (known !== undefined) return known;
  texts.set(piece, texts.size + 1);
  return texts.size;
}
