import type { Redis } from 'ioredis';
import { compareStreamIds } from '../../../schemas/time.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';

const PAGE = 500;

/** The entries of `decision.facts`, as they are read; a key of another type has none, nor does an id that no stream can have. */
export class FactsStream {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #moved = new Map<string, string>();
  #lookedAt = '0-0';

  constructor(redis: Redis, key: string) {
    this.#redis = redis;
    this.#key = key;
  }

  /** The entry of an id. */
  async entry(id: string): Promise<Fields | undefined> {
    const [entry] = await this.#range(id, id);
    return entry === undefined ? undefined : fieldsOf(entry[1]);
  }

  /** The entries from one id to another, both included, oldest first. */
  async *entries(from: string, to: string): AsyncGenerator<readonly [id: string, fields: Fields]> {
    let start = from;
    for (;;) {
      const page = await this.#range(start, to);
      for (const [id, flat] of page) yield [id, fieldsOf(flat)];
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      start = `(${last[0]}`;
    }
  }

  /**
   * The ids that entries of these ids have now, of those that a repair has moved. It moves an entry below its id, so
   * that only what is older is looked through, and each entry once.
   */
  async moved(ids: readonly string[]): Promise<readonly string[]> {
    for (const to of [...new Set(ids)].sort(compareStreamIds)) {
      if (compareStreamIds(to, this.#lookedAt) <= 0) continue;
      for await (const [id, { repaired_from: from }] of this.entries(this.#lookedAt, to)) {
        if (from !== undefined) this.#moved.set(from, id);
        this.#lookedAt = id;
      }
    }
    return ids.flatMap((id) => this.#moved.get(id) ?? []);
  }

  /** The id that a moved entry has now, of those that were asked for. */
  nowAt(id: string): string | undefined {
    return this.#moved.get(id);
  }

  async #range(from: string, to: string): Promise<[string, string[]][]> {
    try {
      return await this.#redis.xrange(this.#key, from, to, 'COUNT', PAGE);
    } catch (error) {
      if (error instanceof Error && /WRONGTYPE|Invalid stream ID/.test(error.message)) return [];
      throw error;
    }
  }
}
