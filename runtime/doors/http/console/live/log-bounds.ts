import type { Redis } from 'ioredis';
import { compareStreamIds } from '../../../../../schemas/time.ts';
import { fieldsOf } from '../../../../../schemas/wire.ts';

/** The ends of a stream, as far as they matter to somebody who reads on from an id. */
export interface LogBounds {
  /** The id that was given last; `0-0` where no stream is there. */
  readonly newestId: string;
  /** Whether everything that was written after an id can still be read. */
  keepsAllAfter(id: string): boolean;
}

const BEGINNING = '0-0';
const ABSENT: LogBounds = { newestId: BEGINNING, keepsAllAfter: (id) => id === BEGINNING };

/** The bounds of a stream now; a key of another type holds no entry. */
export async function logBounds(redis: Redis, key: string): Promise<LogBounds> {
  if ((await redis.type(key)) !== 'stream') return ABSENT;
  const { length, ...told } = fieldsOf((await redis.xinfo('STREAM', key)) as string[]);
  const [oldest] = await redis.xrange(key, '-', '+', 'COUNT', 1);
  const newestId = told['last-generated-id'] ?? BEGINNING;
  const isWhole = Number(told['entries-added']) === Number(length);
  const keepsAllAfter = (id: string) => {
    const order = compareStreamIds(id, newestId);
    if (order >= 0 || isWhole) return order <= 0;
    return oldest !== undefined && compareStreamIds(oldest[0], id) <= 0;
  };
  return { newestId, keepsAllAfter };
}
