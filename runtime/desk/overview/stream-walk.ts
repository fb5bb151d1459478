import type { Redis } from 'ioredis';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { entriesBack } from '../../redis/entries-back.ts';
import { isWrongType } from '../../redis/problem.ts';
import { olderThan } from '../decisions/older-than.ts';

/** Entries of one reply. */
const PAGE = 500;

/** An entry of a stream. */
export interface WalkedEntry {
  readonly id: string;
  readonly fields: Fields;
}

/**
 * Walks a stream so that no entry is taken twice: first what is new, then further back, a page at a time and as far as
 * there is time. What it did not come to, it comes to when it is called again.
 */
export class StreamWalk {
  readonly #key: string;
  readonly #take: (entry: WalkedEntry) => number;
  #newest: string | undefined;
  #oldest = '+';
  #oldestMs = Infinity;
  #isAtStart = false;
  #isBehind = false;

  /** `take` takes an entry and says when it was, Unix ms. */
  constructor(key: string, take: (entry: WalkedEntry) => number) {
    this.#key = key;
    this.#take = take;
  }

  /** When the oldest entry taken was, Unix ms; infinite before the first. */
  get oldestMs(): number {
    return this.#oldestMs;
  }

  /** Whether there is more to be taken since a moment, Unix ms. */
  isShortOf(sinceMs: number): boolean {
    return this.#isBehind || (!this.#isAtStart && this.#oldestMs > sinceMs);
  }

  /** Takes what is new, then what is older down to `sinceMs`, until it is `endMs` by `performance.now()`. A key that is no stream has no entries. */
  async walk(redis: Redis, sinceMs: number, endMs: number): Promise<void> {
    try {
      if (this.#newest !== undefined) await this.#forward(redis, endMs);
      while (!this.#isAtStart && this.#oldestMs > sinceMs && performance.now() < endMs) await this.#back(redis);
    } catch (error) {
      if (!isWrongType(error)) throw error;
      this.#isAtStart = true;
    }
  }

  async #forward(redis: Redis, endMs: number): Promise<void> {
    do {
      const page = await redis.xrange(this.#key, `(${this.#newest}`, '+', 'COUNT', PAGE);
      for (const [id, flat] of page) {
        this.#take({ id, fields: fieldsOf(flat) });
        this.#newest = id;
      }
      this.#isBehind = page.length === PAGE;
    } while (this.#isBehind && performance.now() < endMs);
  }

  async #back(redis: Redis): Promise<void> {
    const from = this.#oldest === '+' ? '+' : olderThan(this.#oldest);
    const page = await entriesBack(redis, this.#key, { newest: from, count: PAGE });
    for (const [id, flat] of page) {
      this.#newest ??= id;
      this.#oldestMs = Math.min(this.#oldestMs, this.#take({ id, fields: fieldsOf(flat) }));
      this.#oldest = id;
    }
    this.#newest ??= '0-0';
    this.#isAtStart = page.length < PAGE;
  }
}
