import type { Redis } from 'ioredis';
import { compareStreamIds } from '../../../schemas/time.ts';
import { isWrongType } from '../../redis/problem.ts';

const PAGE = 1000;

/** A stream by its whole name, and the id up to which it is known. */
export interface StreamPosition {
  readonly key: string;
  readonly after: string;
}

/** Entries of a stream from a position on, and whether there may be more behind them. */
export interface StreamPage {
  readonly entries: readonly (readonly [id: string, flat: string[]])[];
  readonly more: boolean;
  /** The key is of another type: what the stream says is not known. */
  readonly unreadable?: boolean;
  /** When it was read, Unix ms by the clock that judgments are made by; undefined where nobody asked for the time. */
  readonly atMs?: number;
}

/** A look at a key of another type. */
export const UNREADABLE: StreamPage = { entries: [], more: false, unreadable: true };

/** Reads a page of each stream. */
export type ReadPages = (positions: readonly StreamPosition[]) => Promise<readonly StreamPage[]>;

/** Follows a stream and keeps what its entries say. Catching up twice at once is harmless: entries apply by id. */
export abstract class StreamView {
  lastId = '0-0';
  /** Changes whenever what the view holds changes. */
  version = 0;
  /** Unix ms of the last look that succeeded, where the stream cannot be read now: 0 where none ever did; undefined while it can. */
  unreadSinceMs: number | undefined;
  readonly #key: string;
  #readMs: number | undefined;
  #resets = 0;

  constructor(key: string) {
    this.#key = key;
  }

  /** Takes one entry in; called in stream order, possibly more than once for an entry. */
  protected abstract take(id: string, flat: readonly string[]): void;

  /** Forgets everything; the next catch-up starts at the beginning. */
  reset(): void {
    this.lastId = '0-0';
    this.version += 1;
    this.#resets += 1;
  }

  /** From where the view is to be read on. */
  get position(): StreamPosition {
    return { key: this.#key, after: this.lastId };
  }

  /** Reads everything that was written up to now. A key of another type has no entries, and is noted. */
  async catchUp(redis: Redis): Promise<void> {
    for (;;) {
      const take = this.taker();
      if (!take(await pageOf(redis, this.position))) return;
    }
  }

  /** Takes in a page that is read from `position` on from now; answers whether the view has to be read on after it. */
  taker(): (page: StreamPage) => boolean {
    const resets = this.#resets;
    return ({ entries, more, unreadable, atMs }) => {
      if (resets !== this.#resets) return true;
      this.#looked(unreadable === true, atMs);
      for (const [id, flat] of entries) this.#apply(id, flat);
      return more;
    };
  }

  #looked(unreadable: boolean, atMs: number | undefined): void {
    if (unreadable !== (this.unreadSinceMs !== undefined)) {
      this.unreadSinceMs = unreadable ? (this.#readMs ?? 0) : undefined;
      this.version += 1;
    }
    if (!unreadable && atMs !== undefined) this.#readMs = atMs;
  }

  #apply(id: string, flat: string[]): void {
    if (compareStreamIds(id, this.lastId) <= 0) return;
    this.take(id, flat);
    this.lastId = id;
    this.version += 1;
  }
}

async function pageOf(redis: Redis, { key, after }: StreamPosition): Promise<StreamPage> {
  try {
    const entries = await redis.xrange(key, `(${after}`, '+', 'COUNT', PAGE);
    return { entries, more: entries.length === PAGE };
  } catch (error) {
    if (isWrongType(error)) return UNREADABLE;
    throw error;
  }
}

/** Reads a page of each stream with a command of its own. */
export function pagesOf(redis: Redis): ReadPages {
  return (positions) => Promise.all(positions.map((position) => pageOf(redis, position)));
}
