import { CalibratedExit } from '../../../schemas/calibrated.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { type Connection, entriesOfRead, type StreamEntry } from './connection.ts';

const BLOCK_MS = 500;
const COUNT = 50;

/** Who follows a stream, and until when. */
export interface FollowOptions {
  /** Consumer group of this program alone: two groups get every entry, two consumers of one group share them. */
  readonly group: string;
  readonly consumer: string;
  /** Where a group that is new begins: `new` entries only (the default), or `all` that the stream still has. */
  readonly from?: 'new' | 'all';
  /** Ends the following, within half a second. */
  readonly signal: AbortSignal;
}

/** An exit that the heat gate passed on, with all fields of its entry. */
export type FollowedExit = CalibratedExit & { readonly id: string; readonly fields: Fields };

/**
 * Hands every exit of a stream to `act`, oldest first, and acknowledges it when that is done. What `act` throws ends
 * the following; the entry stays pending and is the first of the next start. The connection is held while it waits.
 */
export async function followExits(
  redis: Connection,
  stream: string,
  options: FollowOptions,
  act: (exit: FollowedExit) => Promise<void> | void,
): Promise<void> {
  await ensureGroup(redis, stream, options);
  for (let after: string | undefined = '0'; !options.signal.aborted; ) {
    const entries: readonly StreamEntry[] = await read(redis, stream, options, after);
    for (const { id, fields } of entries) {
      if (options.signal.aborted) return;
      const wasTrimmed = Object.keys(fields).length === 0;
      if (!wasTrimmed) await act({ ...exitOf(id, fields), id, fields });
      await redis.call('XACK', stream, options.group, id);
    }
    if (after !== undefined) after = entries.at(-1)?.id;
  }
}

/** This consumer's own entries that it never acknowledged come first, then what is new (`after` undefined). */
async function read(redis: Connection, stream: string, options: FollowOptions, after: string | undefined) {
  const group = ['GROUP', options.group, options.consumer, 'COUNT', COUNT];
  const wait = after === undefined ? ['BLOCK', BLOCK_MS] : [];
  const reply = await redis.call('XREADGROUP', ...group, ...wait, 'STREAMS', stream, after ?? '>');
  return entriesOfRead(reply, stream);
}

async function ensureGroup(redis: Connection, stream: string, { group, from }: FollowOptions): Promise<void> {
  try {
    await redis.call('XGROUP', 'CREATE', stream, group, from === 'all' ? '0' : '$', 'MKSTREAM');
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error;
  }
}

function exitOf(id: string, fields: Fields): CalibratedExit {
  const parsed = CalibratedExit.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`entry ${id} is no calibrated exit: ${issue?.path.join('.')}: ${issue?.message}`);
}
