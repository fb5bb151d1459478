import type { Redis } from 'ioredis';
import { compareStreamIds } from '../../schemas/time.ts';

const PAGE = 1000;

/** Follows a stream and keeps what its entries say. Catching up twice at once is harmless: entries apply by id. */
export abstract class StreamView {
  lastId = '0-0';
  /** Changes whenever what the view holds changes. */
  version = 0;
  readonly #key: string;
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

  /** Reads everything that was written up to now. A key of another type is an empty stream. */
  async catchUp(redis: Redis): Promise<void> {
    for (;;) {
      const resets = this.#resets;
      const entries = await this.#page(redis);
      if (resets !== this.#resets) continue;
      for (const [id, flat] of entries) this.#apply(id, flat);
      if (entries.length < PAGE) return;
    }
  }

  #apply(id: string, flat: string[]): void {
    if (compareStreamIds(id, this.lastId) <= 0) return;
    this.take(id, flat);
    this.lastId = id;
    this.version += 1;
  }

  async #page(redis: Redis): Promise<[string, string[]][]> {
    try {
      return await redis.xrange(this.#key, `(${this.lastId}`, '+', 'COUNT', PAGE);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return [];
      throw error;
    }
  }
}
