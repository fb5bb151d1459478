import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { PiecedText } from '../../handlers/contract/effects.ts';
import { type CommitRequest, type CommitResult, commit } from '../../runtime/engine/commit/commit.ts';
import { packRequest } from '../../runtime/engine/commit/compact.ts';
import type { PackedEffect, PackedMessage } from '../../runtime/engine/commit/request.ts';

/** The stream, group and decision log of tests that speak to the commit script itself. */
export const SOURCE = 'p:stream:in';
export const GROUP = 'g';
const DECISIONS = 'p:stream:decisions';
export const TOKEN = 'p:token';
export const MARK = 'p:mark';
export const FINISHED = 'p:finished';

/** A commit request of a worker `w1`, with what a test says differently. */
export function requestOf(
  messages: readonly PackedMessage[],
  different: Partial<CommitRequest> & { worker?: string } = {},
): CommitRequest {
  const { worker = 'w1', ...rest } = different;
  return {
    stream: SOURCE,
    group: GROUP,
    nonce: randomUUID(),
    last: `p:commit:${worker}`,
    after: false,
    mark: MARK,
    finished: FINISHED,
    decisions: DECISIONS,
    planIndex: 'p:plan_index',
    commits: 'p:commits',
    token: TOKEN,
    serial: false,
    watch: false,
    clock: false,
    judgedMs: false,
    validUntil: false,
    guards: [],
    facts: false,
    messages,
    ...rest,
  };
}

/** Sends a request, as a lane would. */
export async function send(redis: Redis, request: CommitRequest): Promise<CommitResult[]> {
  return await commit(redis, request, packRequest(request));
}

/** Sends a request of these messages and returns the status of each. */
export async function commitAll(
  redis: Redis,
  messages: readonly PackedMessage[],
  different: Partial<CommitRequest> & { worker?: string } = {},
): Promise<string[]> {
  return (await send(redis, requestOf(messages, different))).map((result) => result.status);
}

/** Writes entries to the source stream and has them delivered to `consumer`; returns their ids. */
export async function delivered(
  redis: Redis,
  entries: readonly (readonly (string | Buffer)[])[],
  consumer = 'w1',
): Promise<string[]> {
  await redis.xgroup('CREATE', SOURCE, GROUP, '0', 'MKSTREAM').catch(() => undefined);
  const ids: string[] = [];
  for (const fields of entries) ids.push(String(await redis.xadd(SOURCE, '*', ...fields)));
  if (entries.length > 0) {
    await redis.xreadgroup('GROUP', GROUP, consumer, 'COUNT', entries.length, 'STREAMS', SOURCE, '>');
  }
  return ids;
}

/** One delivered entry of the field `n`. */
export async function one(redis: Redis, consumer = 'w1'): Promise<string> {
  return (await delivered(redis, [['n', '1']], consumer))[0] as string;
}

/** How many entries of the source stream are delivered and not acknowledged. */
export async function pendingCount(redis: Redis): Promise<number> {
  return Number(((await redis.xpending(SOURCE, GROUP)) as [number])[0]);
}

/** An effect that puts an entry on a stream. */
export function emit(key: string, ...fields: string[]): PackedEffect {
  return { op: 'emit', key, type: 'stream', fields };
}

/** An effect that sets a string. */
export function set(key: string, value: PiecedText): PackedEffect {
  return { op: 'set', key, type: 'string', value };
}

/** An effect that writes fields of a hash. */
export function hset(key: string, ...fields: string[]): PackedEffect {
  return { op: 'hset', key, type: 'hash', fields };
}
