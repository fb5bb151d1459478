import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { release } from '../../redis/release.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

const TURN_SEC = 60;

/** The right to play on the demo's prefix: one process at a time has it, and loses it a minute after it last kept it. */
export class Turn {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #holder = randomUUID();

  constructor(redis: Redis, portfolio: Portfolio) {
    this.#redis = redis;
    this.#key = portfolio.key(runtimeKeys.demoTurn);
  }

  /** The key that says whose turn it is. */
  get key(): string {
    return this.#key;
  }

  /** Takes the turn, or throws when another demo plays on this Redis. */
  async take(): Promise<void> {
    if ((await this.#redis.set(this.#key, this.#holder, 'EX', TURN_SEC, 'NX')) === 'OK') return;
    throw new Error(
      'expected no other demo on this Redis, got one that is playing: wait for its end ' +
        `(at most ${TURN_SEC} s if it was killed), or set REDIS_URL to another Redis`,
    );
  }

  /** Keeps the turn for another minute. */
  async keep(): Promise<void> {
    await this.#redis.expire(this.#key, TURN_SEC);
  }

  /** Gives the turn back. */
  async release(): Promise<void> {
    await release(this.#redis, this.#key, this.#holder);
  }
}
