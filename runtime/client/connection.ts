import { type Fields, fieldsOf } from '../../schemas/wire.ts';

/** What the client needs of a connection: a connection of ioredis 5 has it. */
export interface Connection {
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
}

/** An entry of a stream. */
export interface StreamEntry {
  readonly id: string;
  readonly fields: Fields;
}

/** The entries of an XREAD or XREADGROUP of one stream, oldest first; none where it waited in vain. */
export function entriesOfRead(reply: unknown): readonly StreamEntry[] {
  const [first] = listOf(reply);
  return entriesOf(listOf(first)[1]);
}

/** The entries of an XRANGE or XREVRANGE, in its order; those that were deleted meanwhile have no fields. */
export function entriesOf(reply: unknown): readonly StreamEntry[] {
  return listOf(reply).map((entry) => {
    const [id, flat] = listOf(entry);
    return { id: String(id), fields: fieldsOf(listOf(flat).map(String)) };
  });
}

/** A reply that is text, or `undefined` where there is nothing. */
export function textOf(reply: unknown): string | undefined {
  return typeof reply === 'string' ? reply : undefined;
}

function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}
