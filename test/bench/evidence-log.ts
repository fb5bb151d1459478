import type { Redis } from 'ioredis';
import type { Portfolio } from '../../runtime/settings/portfolio.ts';
import { runtimeKeys, streams } from '../../schemas/keys.ts';

const PAGE = 1_000;

/** Where the entries of a log are put: one each `stepMs` from `startMs` on, Unix ms, its inputs at the same moments. */
export interface Spread {
  /** Whole name of the stream that the decisions are about. */
  readonly inputs: string;
  readonly startMs: number;
  readonly stepMs: number;
}

/**
 * Gives the decisions that were made in a burst the moments that they would have at an even pace: ids of the log, of what
 * they are about, and of the index of plans; all else stays.
 */
export async function spreadLog(
  redis: Redis,
  portfolio: Portfolio,
  { inputs, startMs, stepMs }: Spread,
): Promise<void> {
  const idAt = (at: number) => `${startMs + at * stepMs}-0`;
  const moved = new Map<string, string>();
  await moveEntries(redis, inputs, (id, flat, at) => {
    moved.set(id, idAt(at));
    return { id: idAt(at), flat };
  });
  const newOf = (id: string) => moved.get(id) ?? id;
  const decisions = new Map<string, string>();
  await moveEntries(redis, portfolio.streamKey(streams.decisions), (id, flat, at) => {
    decisions.set(id, idAt(at));
    return { id: idAt(at), flat: replaced(flat, { source_id: newOf }) };
  });
  const decisionOf = (id: string) => decisions.get(id) ?? id;
  await moveEntries(redis, portfolio.key(runtimeKeys.planIndex), (_id, flat) => {
    const to = decisionOf(flat[flat.indexOf('to') + 1] ?? '');
    return { id: to, flat: replaced(flat, { from: decisionOf, to: decisionOf }) };
  });
}

type Move = (
  id: string,
  flat: readonly string[],
  at: number,
) => { readonly id: string; readonly flat: readonly string[] };

async function moveEntries(redis: Redis, stream: string, move: Move): Promise<void> {
  const target = `${stream}:moved`;
  let [from, at] = ['-', 0];
  for (;;) {
    const page = await redis.xrange(stream, from, '+', 'COUNT', PAGE);
    const last = page.at(-1);
    if (last === undefined) break;
    const pipeline = redis.pipeline();
    for (const [id, flat] of page) {
      const entry = move(id, flat, at);
      pipeline.xadd(target, entry.id, ...entry.flat);
      at += 1;
    }
    await pipeline.exec();
    from = `(${last[0]}`;
  }
  await redis.rename(target, stream);
}

function replaced(flat: readonly string[], by: Readonly<Record<string, (value: string) => string>>): string[] {
  return flat.map((value, at) => (at % 2 === 1 ? (by[flat[at - 1] ?? '']?.(value) ?? value) : value));
}
