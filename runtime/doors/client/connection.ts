import { type Fields, fieldsOf } from '../../../schemas/wire.ts';

const SHOWN_CHARACTERS = 120;

/** What the client needs of a connection: one of ioredis 5 or 6 has it. Replies are text, not bytes. */
export interface Connection {
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
}

/** A connection answers in a shape that no tested client has: what it says cannot be told, and is not read as nothing. */
export class UnknownReply extends Error {}

/** An entry of a stream. */
export interface StreamEntry {
  readonly id: string;
  readonly fields: Fields;
}

/** The connection, where it looks like one. Throws `UnknownReply` for anything else. */
export function asConnection(redis: Connection): Connection {
  if (typeof redis?.call === 'function') return redis;
  throw unknown('a connection of ioredis 5 or 6 (call(command, ...args))', redis);
}

/**
 * The entries of an XREAD or XREADGROUP of one stream, oldest first; none where it waited in vain. RESP2 (ioredis 5) has
 * them as `[[stream, entries]]`, RESP3 (ioredis 6) as `[stream, entries]` or, where it maps replies, `{ stream: entries }`.
 * Throws `UnknownReply` for any other shape.
 */
export function entriesOfRead(reply: unknown, stream: string): readonly StreamEntry[] {
  if (reply === null) return [];
  const [name, entries, ...others] = pairOf(reply);
  if (name === stream && others.length === 0) return entriesOf(entries);
  throw unknown(`entries of ${stream}, read by ioredis 5 or 6`, reply);
}

/** The entries of an XRANGE or XREVRANGE, in its order; those that were deleted meanwhile have no fields. Throws `UnknownReply`. */
export function entriesOf(reply: unknown): readonly StreamEntry[] {
  if (!Array.isArray(reply)) throw unknown('a list of entries [id, [name, value, …]]', reply);
  return reply.map(entryOf);
}

/** A reply that is text, or `undefined` where there is nothing. Throws `UnknownReply` for one that is neither text nor null. */
export function textOf(reply: unknown): string | undefined {
  if (reply === null) return undefined;
  if (typeof reply === 'string') return reply;
  throw unknown('text or null', reply);
}

/** The id of an added entry. Throws `UnknownReply` for what is none. */
export function idOf(reply: unknown): string {
  if (typeof reply === 'string' && /^\d+-\d+$/.test(reply)) return reply;
  throw unknown('the id of an entry', reply);
}

function pairOf(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply.length === 1 && Array.isArray(reply[0]) ? reply[0] : reply;
  return typeof reply === 'object' && reply !== null ? Object.entries(reply).flat() : [];
}

function entryOf(entry: unknown): StreamEntry {
  const [id, flat] = Array.isArray(entry) && entry.length === 2 ? entry : [];
  const fields: unknown = flat ?? [];
  if (typeof id === 'string' && isFlat(fields)) return { id, fields: fieldsOf(fields) };
  throw unknown('an entry [id, [name, value, …]]', entry);
}

function isFlat(fields: unknown): fields is readonly string[] {
  return Array.isArray(fields) && fields.length % 2 === 0 && fields.every((text) => typeof text === 'string');
}

function unknown(expected: string, got: unknown): UnknownReply {
  const text = JSON.stringify(got) ?? String(got);
  return new UnknownReply(`expected ${expected}, got ${text.slice(0, SHOWN_CHARACTERS)}`);
}
