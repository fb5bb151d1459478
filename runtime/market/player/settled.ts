import type { ChainableCommander, Redis } from 'ioredis';
import { compareStreamIds } from '../../../schemas/time.ts';
import { fieldsOf } from '../../../schemas/wire.ts';

const PATIENCE_MS = 30_000;
const POLL_MS = 1;

/** The newest entry of a stream that must have been judged; `key` is its whole name. */
export interface Awaited {
  readonly key: string;
  readonly id: string;
}

/**
 * Resolves when every group of these streams has been given the entry and has nothing pending.
 * Throws after half a minute without it, with what `problems` says.
 */
export async function settled(
  redis: Redis,
  awaited: readonly Awaited[],
  problems: () => readonly string[],
): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  let open = awaited;
  for (;;) {
    open = await stillOpen(redis, open);
    if (open.length === 0) return;
    if (Date.now() > deadline) throw new Error(unanswered(open, problems()));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The replies of a pipeline; throws the first error among them. */
export async function repliesOf(pipeline: ChainableCommander): Promise<readonly unknown[]> {
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}

async function stillOpen(redis: Redis, awaited: readonly Awaited[]): Promise<readonly Awaited[]> {
  const pipeline = redis.pipeline();
  for (const { key } of awaited) pipeline.call('XINFO', 'GROUPS', key);
  const replies = (await repliesOf(pipeline)) as (string | number | null)[][][];
  return awaited.filter(({ id }, at) => !allPast(replies[at] ?? [], id));
}

function allPast(groups: readonly (string | number | null)[][], id: string): boolean {
  if (groups.length === 0) return false;
  return groups.every((flat) => {
    const group = fieldsOf(flat.map(String));
    return group.pending === '0' && compareStreamIds(group['last-delivered-id'] ?? '0-0', id) >= 0;
  });
}

function unanswered(open: readonly Awaited[], problems: readonly string[]): string {
  const entries = open.map(({ key, id }) => `${key} ${id}`).join(', ');
  const why = problems.length === 0 ? 'no gate reports a problem' : problems.join('; ');
  return `expected the gates to judge ${entries} within ${PATIENCE_MS / 1000} s, got no answer (${why})`;
}
