import type { Redis } from 'ioredis';
import { Unpackr } from 'msgpackr';
import { fieldsOf } from '../../../schemas/wire.ts';
import { type Change, operate, Refusal, requireOwnKey } from '../../engine/commit/operation.ts';
import type { StreamRef } from '../../engine/streams/lanes.ts';
import { beginsAfter } from '../../redis/entries-back.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { olderThan } from '../decisions/older-than.ts';

/** One dead letter: where it came from, why it is here, and what was in it. */
export interface DeadLetter {
  /** Name of the source stream, such as `harvest.proposal`. */
  readonly stream: string;
  /** Its id in the dead-letter stream. */
  readonly id: string;
  readonly sourceId: string;
  readonly group: string;
  readonly reason: string;
  readonly attempts: number;
  /** Unix seconds at which it was set aside. */
  readonly at: string;
  /** The entry's own fields, `[name, value]` in order. Bytes that are not UTF-8 show as replacement characters. */
  readonly fields: readonly (readonly [string, string])[];
}

/** What became of dead letters that were to be put back. */
export interface Replayed {
  readonly stream: string;
  readonly replayed: readonly { readonly id: string; readonly newId: string }[];
  /** Not there: never were, or somebody put them back already. */
  readonly missing: readonly string[];
  /** Too many fields for one command; they stay. */
  readonly tooLarge: readonly string[];
}

const OWN_NAMES = new Set(['dlq_id', 'dlq_group', 'dlq_reason', 'dlq_attempts', 'dlq_ts', 'dlq_packed']);
const IDS_AT_ONCE = 25;
const REPLAY = luaScript('portcullisReplay', new URL('./replay.lua', import.meta.url));
const unpackr = new Unpackr({ useRecords: false });

/** The newest dead letters of a stream, newest first; with `before`, of those older than this id. */
export async function listDeadLetters(
  redis: Redis,
  stream: StreamRef,
  limit: number,
  before?: string,
): Promise<DeadLetter[]> {
  const newest = olderThan(before);
  if (await beginsAfter(redis, stream.deadLetters, newest)) return [];
  const entries = await redis.xrevrangeBuffer(stream.deadLetters, newest, '-', 'COUNT', limit);
  return entries.map(([id, flat]) => deadLetterOf(stream.name, id, flat));
}

/** The dead letters with this id: one, or several where streams happen to share it. */
export async function findDeadLetters(redis: Redis, streams: readonly StreamRef[], id: string): Promise<DeadLetter[]> {
  requireId(id);
  const found: DeadLetter[] = [];
  for (const stream of streams) {
    const entries = await redis.xrangeBuffer(stream.deadLetters, id, id);
    for (const [entryId, flat] of entries) found.push(deadLetterOf(stream.name, entryId, flat));
  }
  return found;
}

/**
 * Puts dead letters back on their stream, their own fields exact to the byte, and takes them out of the dead letters:
 * each once, however often this is asked. They are new entries of the stream, with new ids.
 */
export async function replayDeadLetters(
  redis: Redis,
  portfolio: Portfolio,
  stream: StreamRef,
  ids: readonly string[],
  change: Change,
): Promise<Replayed> {
  for (const id of ids) requireId(id);
  requireOwnKey(portfolio, stream.key);
  const result = {
    stream: stream.name,
    replayed: [] as { id: string; newId: string }[],
    missing: [] as string[],
    tooLarge: [] as string[],
  };
  for (let i = 0; i < ids.length; i += IDS_AT_ONCE) {
    const chunk = ids.slice(i, i + IDS_AT_ONCE);
    const reply = await operate<{ replayed: string; missing: string; tooLarge: string }>(
      redis,
      portfolio,
      REPLAY,
      change,
      { keys: [stream.deadLetters, stream.key], args: [stream.name, ...chunk] },
    );
    for (const pair of words(reply.replayed)) {
      const [id = '', newId = ''] = pair.split('=');
      result.replayed.push({ id, newId });
    }
    result.missing.push(...words(reply.missing));
    result.tooLarge.push(...words(reply.tooLarge));
  }
  return result;
}

function words(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}

/** Throws a `Refusal` for what cannot be the id of a dead letter. */
export function requireId(id: string): void {
  if (!/^\d+-\d+$/.test(id))
    throw new Refusal(`expected the id of a dead letter such as 1717000000000-0, got ${JSON.stringify(id)}`);
}

function deadLetterOf(stream: string, id: Buffer, flat: readonly Buffer[]): DeadLetter {
  const about = fieldsOf(flat.map(String));
  return {
    stream,
    id: String(id),
    sourceId: about.dlq_id ?? '',
    group: about.dlq_group ?? '',
    reason: about.dlq_reason ?? '',
    attempts: Number(about.dlq_attempts ?? 0),
    at: about.dlq_ts ?? '',
    fields: ownFields(flat),
  };
}

/** The marks were appended to the entry's own fields: of a name that is there twice, the last one is the mark. */
function ownFields(flat: readonly Buffer[]): (readonly [string, string])[] {
  const left = new Set(OWN_NAMES);
  const own: [string, string][] = [];
  for (let i = flat.length - 2; i >= 0; i -= 2) {
    const name = String(flat[i]);
    if (!left.delete(name)) own.unshift([name, String(flat[i + 1])]);
    else if (name === 'dlq_packed') own.unshift(...unpacked(flat[i + 1] as Buffer));
  }
  return own;
}

function unpacked(packed: Buffer): [string, string][] {
  const flat = unpackr.unpack(packed) as string[];
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([String(flat[i]), String(flat[i + 1])]);
  return pairs;
}
